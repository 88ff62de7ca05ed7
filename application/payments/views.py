"""Views of payments and refunds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.payments.payment import (
    CaptureMethod,
    DisputeStatus,
    NextAction,
    Payment,
    PaymentMethod,
    PaymentOrigin,
    PaymentStatus,
)
from domain.payments.refund import Refund, RefundChannel, RefundedLine, RefundOrigin, RefundStatus
from domain.shared.ids import OrderId, PaymentId, RefundId
from domain.shared.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """A payment. `captured` is the captured money.

    `failure` is a stable code such as `card_declined`. `reference` is the provider's id of the payment.
    `next_action` is set only for the customer, and never stored.
    """

    id: PaymentId
    order_id: OrderId
    method: PaymentMethod
    status: PaymentStatus
    amount: Money
    captured: Money
    failure: str | None
    requested_at: datetime
    decided_at: datetime | None
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    authorized_until: datetime | None = None
    reference: str | None = None
    dispute: DisputeStatus | None = None
    origin: PaymentOrigin = PaymentOrigin.SHOP
    next_action: NextAction | None = None

    @classmethod
    def of(cls, payment: Payment) -> Self:
        return cls(
            id=payment.id,
            order_id=payment.order_id,
            method=payment.method,
            status=payment.status,
            amount=payment.amount,
            captured=payment.captured,
            failure=payment.failure,
            requested_at=payment.requested_at,
            decided_at=payment.decided_at,
            capture_method=payment.capture_method,
            authorized_until=payment.authorized_until,
            reference=payment.reference,
            dispute=payment.dispute,
            origin=payment.origin,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundView:
    """A refund. `lines` is empty if an amount was requested."""

    id: RefundId
    order_id: OrderId
    payment_id: PaymentId
    status: RefundStatus
    amount: Money
    lines: tuple[RefundedLine, ...]
    reason: str
    failure: str | None
    requested_at: datetime
    decided_at: datetime | None
    channel: RefundChannel = RefundChannel.ORIGINAL
    origin: RefundOrigin = RefundOrigin.SHOP

    @classmethod
    def of(cls, refund: Refund) -> Self:
        return cls(
            id=refund.id,
            order_id=refund.order_id,
            payment_id=refund.payment_id,
            status=refund.status,
            amount=refund.amount,
            lines=refund.lines,
            reason=refund.reason,
            failure=refund.failure,
            requested_at=refund.requested_at,
            decided_at=refund.decided_at,
            channel=refund.channel,
            origin=refund.origin,
        )
