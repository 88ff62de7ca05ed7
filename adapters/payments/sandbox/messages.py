"""What the sandbox tells the shop, written and read."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from adapters.payments.sandbox.store import SandboxCharge, SandboxMessage, SandboxRefund
from application.payments.ports import ProviderEvent, ProviderEventKind
from domain.payments.method import PaymentMethod
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
    amount: _Amount
    failure: str | None = None


class _Body(_Wire):
    """The three members that Standard Webhooks recommends."""

    type: ProviderEventKind
    timestamp: AwareDatetime
    data: _Data


def message_about(told: SandboxCharge | SandboxRefund, message_id: UUID) -> SandboxMessage:
    """Write down that a charge or a refund was decided, to be told from that moment on."""
    if isinstance(told, SandboxCharge):
        kind = ProviderEventKind.FAILED if told.failure else ProviderEventKind.CAPTURED
        return _message(message_id, kind, told, told.decides_at, payment_id=told.payment_id)
    kind = ProviderEventKind.REFUND_FAILED if told.failure else ProviderEventKind.REFUNDED
    return _message(message_id, kind, told, told.decided_at, refund_id=told.id)


def _message(
    message_id: UUID,
    kind: ProviderEventKind,
    told: SandboxCharge | SandboxRefund,
    at: datetime,
    *,
    payment_id: PaymentId | None = None,
    refund_id: RefundId | None = None,
) -> SandboxMessage:
    body = _Body(
        type=kind,
        timestamp=at,
        data=_Data(
            payment_id=payment_id,
            refund_id=refund_id,
            reference=told.reference,
            amount=_Amount(amount=told.amount.amount, currency=told.amount.currency),
            failure=told.failure,
        ),
    )
    return SandboxMessage(id=message_id, body=body.model_dump_json(exclude_none=True), due_at=at)


def event_of(message_id: str, body: bytes) -> ProviderEvent:
    """Read what a verified message says. Raises ValidationFailed if it is not one of the sandbox's."""
    try:
        read = _Body.model_validate_json(body)
        return ProviderEvent(
            provider=PaymentMethod.SANDBOX,
            event_id=message_id,
            kind=read.type,
            payment_id=PaymentId(read.data.payment_id) if read.data.payment_id else None,
            refund_id=RefundId(read.data.refund_id) if read.data.refund_id else None,
            reference=read.data.reference,
            amount=Money(read.data.amount.amount, read.data.amount.currency),
            failure=read.data.failure,
            occurred_at=read.timestamp,
        )
    except (ValidationError, DomainError):
        raise ValidationFailed("The message is not one that the sandbox sends.") from None
