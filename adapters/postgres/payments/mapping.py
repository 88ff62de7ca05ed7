from datetime import datetime
from uuid import UUID

from adapters.postgres.core.rows import PaymentRow, RefundRow
from adapters.postgres.core.unnest import columns_of
from application.payments.provider_ports import ProviderEvent
from domain.payments.payment import (
    CaptureMethod,
    DisputeStatus,
    Payment,
    PaymentMethod,
    PaymentOperation,
    PaymentOrigin,
    PaymentStatus,
)
from domain.payments.refund import Refund, RefundChannel, RefundedLine, RefundOrigin, RefundStatus
from domain.shared.ids import LineId, OrderId, PaymentId, RefundId
from domain.shared.money import Money

PAYMENT_COLUMNS = columns_of(PaymentRow, without={"predates_sole_payment"})


def payment_values(payment: Payment) -> dict[str, object]:
    return {
        "id": payment.id,
        "order_id": payment.order_id,
        "method": payment.method,
        "capture_method": payment.capture_method,
        "status": payment.status,
        "currency": payment.amount.currency,
        "amount": payment.amount.amount,
        "captured": payment.captured.amount,
        "returned": payment.returned.amount,
        "reference": payment.reference,
        "failure": payment.failure,
        "origin": payment.origin,
        "requested_at": payment.requested_at,
        "action_until": payment.action_until,
        "authorized_until": payment.authorized_until,
        "is_ending_announced": payment.is_ending_announced,
        "decided_at": payment.decided_at,
        "requested": payment.requested,
        "requested_amount": payment.requested_amount.amount if payment.requested_amount else None,
        "dispute": payment.dispute,
        "inquire_at": payment.inquire_at,
        "inquiries": payment.inquiries,
    }


def payment_from(row: PaymentRow) -> Payment:
    return Payment(
        id=PaymentId(row.id),
        order_id=OrderId(row.order_id),
        method=PaymentMethod(row.method),
        capture_method=CaptureMethod(row.capture_method),
        status=PaymentStatus(row.status),
        amount=Money(row.amount, row.currency),
        captured=Money(row.captured, row.currency),
        returned=Money(row.returned, row.currency),
        reference=row.reference,
        failure=row.failure,
        origin=PaymentOrigin(row.origin),
        requested_at=row.requested_at,
        action_until=row.action_until,
        authorized_until=row.authorized_until,
        is_ending_announced=row.is_ending_announced,
        decided_at=row.decided_at,
        requested=PaymentOperation(row.requested) if row.requested else None,
        dispute=DisputeStatus(row.dispute) if row.dispute else None,
        requested_amount=None if row.requested_amount is None else Money(row.requested_amount, row.currency),
        inquire_at=row.inquire_at,
        inquiries=row.inquiries,
    )


def refund_values(refund: Refund) -> dict[str, object]:
    return {
        "id": refund.id,
        "order_id": refund.order_id,
        "payment_id": refund.payment_id,
        "method": refund.method,
        "status": refund.status,
        "currency": refund.amount.currency,
        "amount": refund.amount.amount,
        "lines": [{"line_id": str(line.line_id), "quantity": line.quantity} for line in refund.lines],
        "reason": refund.reason,
        "channel": refund.channel,
        "origin": refund.origin,
        "reference": refund.reference,
        "failure": refund.failure,
        "requested_at": refund.requested_at,
        "decided_at": refund.decided_at,
        "inquire_at": refund.inquire_at,
        "inquiries": refund.inquiries,
    }


def refund_from(row: RefundRow) -> Refund:
    return Refund(
        id=RefundId(row.id),
        order_id=OrderId(row.order_id),
        payment_id=PaymentId(row.payment_id),
        method=PaymentMethod(row.method),
        status=RefundStatus(row.status),
        amount=Money(row.amount, row.currency),
        lines=tuple(RefundedLine(LineId(UUID(line["line_id"])), line["quantity"]) for line in row.lines),
        reason=row.reason,
        channel=RefundChannel(row.channel),
        origin=RefundOrigin(row.origin),
        reference=row.reference,
        failure=row.failure,
        requested_at=row.requested_at,
        decided_at=row.decided_at,
        inquire_at=row.inquire_at,
        inquiries=row.inquiries,
    )


def provider_event_values(event: ProviderEvent, received_at: datetime) -> dict[str, object]:
    return {
        "provider": event.provider,
        "event_id": event.event_id,
        "kind": event.kind,
        "payment_id": event.payment_id,
        "refund_id": event.refund_id,
        "reference": event.reference,
        "currency": event.amount.currency,
        "amount": event.amount.amount,
        "failure": event.failure,
        "occurred_at": event.occurred_at,
        "received_at": received_at,
    }
