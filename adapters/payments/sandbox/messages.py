"""Serialize and parse the sandbox provider's messages to the shop."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from adapters.payments.sandbox.store import SandboxCharge, SandboxMessage, SandboxRefund
from application.payments.provider_ports import ProviderEvent, ProviderEventKind
from domain.payments.payment import PaymentMethod
from domain.shared.errors import DomainError, ValidationFailed
from domain.shared.ids import PaymentId, RefundId
from domain.shared.money import Money


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _Amount(_Wire):
    amount: int
    currency: str


class _Data(_Wire):
    payment_id: UUID | None = None
    refund_id: UUID | None = None
    reference: str
    payment_reference: str | None = None
    amount: _Amount
    failure: str | None = None
    authorized_until: AwareDatetime | None = None


class _Body(_Wire):
    """A message body with the three members that Standard Webhooks recommends."""

    type: ProviderEventKind
    timestamp: AwareDatetime
    data: _Data


def message_about(
    reported: SandboxCharge | SandboxRefund, message_id: UUID, *, at: datetime
) -> SandboxMessage:
    """Return the message about a change of a charge or refund.

    The message is due at the time of the change.
    """
    amount, authorized_until = reported.amount, None
    payment_id = refund_id = charge_reference = None
    if isinstance(reported, SandboxCharge):
        payment_id, charge_reference = reported.payment_id, reported.reference
        if reported.captured is not None:
            kind, amount = ProviderEventKind.CAPTURED, reported.captured
        elif reported.voided_at is not None:
            kind = ProviderEventKind.VOIDED
        elif reported.failure:
            kind = ProviderEventKind.FAILED
        elif reported.is_manual:
            kind, authorized_until = ProviderEventKind.AUTHORIZED, reported.authorized_until
        else:
            kind = ProviderEventKind.CAPTURED
    else:
        refund_id = reported.id
        kind = ProviderEventKind.REFUND_FAILED if reported.failure else ProviderEventKind.REFUNDED
    body = _Body(
        type=kind,
        timestamp=at,
        data=_Data(
            payment_id=payment_id,
            refund_id=refund_id,
            reference=reported.reference,
            amount=_Amount(amount=amount.amount, currency=amount.currency),
            failure=reported.failure,
            authorized_until=authorized_until,
        ),
    )
    return SandboxMessage(
        id=message_id,
        body=body.model_dump_json(exclude_none=True),
        due_at=at,
        charge_reference=charge_reference,
    )


def dispute_of(charge: SandboxCharge, message_id: UUID, *, at: datetime) -> SandboxMessage:
    """Return the message that reports the customer's dispute of a charge."""
    body = _Body(
        type=ProviderEventKind.DISPUTE_OPENED,
        timestamp=at,
        data=_Data(
            payment_id=charge.payment_id,
            reference=charge.reference,
            amount=_Amount(amount=charge.amount.amount, currency=charge.amount.currency),
        ),
    )
    return SandboxMessage(id=message_id, body=body.model_dump_json(exclude_none=True), due_at=at)


def event_of(message_id: str, body: bytes) -> ProviderEvent:
    """Parse a verified message.

    Raises ValidationFailed for a message that the sandbox cannot have sent.
    """
    try:
        read = _Body.model_validate_json(body)
        return ProviderEvent(
            provider=PaymentMethod.SANDBOX,
            event_id=message_id,
            kind=read.type,
            payment_id=PaymentId(read.data.payment_id) if read.data.payment_id else None,
            refund_id=RefundId(read.data.refund_id) if read.data.refund_id else None,
            reference=read.data.reference,
            payment_reference=read.data.payment_reference,
            amount=Money(read.data.amount.amount, read.data.amount.currency),
            failure=read.data.failure,
            authorized_until=read.data.authorized_until,
            occurred_at=read.timestamp,
        )
    except (ValidationError, DomainError):
        raise ValidationFailed("The message is not one that the sandbox sends.") from None
