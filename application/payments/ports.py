"""What the use cases of payments need from outside: somebody who takes money and gives it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from application.payments.views import PaymentView, RefundView
from application.shared.page import Page, Position
from domain.payments.method import PaymentMethod
from domain.payments.payment import CaptureMethod, NextAction, Payment
from domain.payments.refund import Refund
from domain.shared.errors import DomainError
from domain.shared.ids import OrderId, PaymentId, RefundId
from domain.shared.money import Money


class ProviderUnavailable(Exception):
    """The provider did not answer, or not so that one could understand it. What was asked may have been done."""


class ProviderNotConfigured(Exception):
    """A payment or refund is due, and the provider that took the payment is not configured."""

    def __init__(self, method: PaymentMethod) -> None:
        super().__init__(f"Payments of {method} are not settled: the provider is not configured.")


class Outcome(StrEnum):
    """The state of a payment or a refund at its provider.

    SUCCEEDED (captured or refunded), DECLINED and VOIDED are final. REQUIRES_ACTION: the customer has to
    authenticate. AUTHORIZED: the amount is reserved, and waits for a capture or a void. PENDING: the provider decides
    later, and reports it in an event or when asked. UNKNOWN: the provider has never received the request, so nothing
    was done; only `find_...` and `void` return it.
    """

    SUCCEEDED = "succeeded"
    AUTHORIZED = "authorized"
    REQUIRES_ACTION = "requires_action"
    VOIDED = "voided"
    DECLINED = "declined"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAnswer:
    """The answer of a provider about a payment or a refund.

    `reference` is the provider's id of it, which is set at least once it has succeeded. `amount` is the money that
    was moved, set when it has succeeded. `failure` is a stable code such as `card_declined`, set when the request was
    declined; never free text. `authorized_until` is when an authorization ends, if the provider says so.
    """

    outcome: Outcome
    reference: str | None = None
    amount: Money | None = None
    failure: str | None = None
    authorized_until: datetime | None = None
    next_action: NextAction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """A payment as it is sent to its provider. `id` is the shop's, and the provider's idempotency key.

    `reference` is the provider's id of it, where an earlier answer or event has told it.
    """

    id: PaymentId
    order_id: OrderId
    amount: Money
    requested_at: datetime
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """A refund as the provider of its payment is told of it. `id` is ours, and the provider's idempotency key."""

    id: RefundId
    payment_id: PaymentId
    payment_reference: str
    amount: Money
    requested_at: datetime
    reference: str | None = None


class PaymentGateway(Protocol):
    """A provider of payments. Never call it with a unit of work open.

    Every call ends within seconds, by itself. All raise ProviderUnavailable.
    """

    async def pay(self, payment: PaymentRequest, token: str | None) -> ProviderAnswer:
        """Capture or authorize the amount, by `capture_method`, with the card that `token` stands for.

        A repetition with the same id returns the present state, and moves no more money.
        """
        ...

    async def find_payment(self, payment: PaymentRequest) -> ProviderAnswer:
        """Return the state of a payment, and change nothing."""
        ...

    async def capture(self, payment: PaymentRequest, amount: Money) -> ProviderAnswer:
        """Capture `amount` of an authorized payment, and release the rest. Return the state after that.

        A repetition captures no more. AUTHORIZED with a `failure` says that the capture was rejected.
        """
        ...

    async def void(self, payment: PaymentRequest) -> ProviderAnswer:
        """End a payment of which nothing was captured. Return the state after that, which may be SUCCEEDED."""
        ...

    async def refund(self, refund: RefundRequest) -> ProviderAnswer:
        """Give money back. Asked again with the same id, the provider gives nothing more."""
        ...

    async def find_refund(self, refund: RefundRequest) -> ProviderAnswer:
        """Say what has become of a refund, without giving anything."""
        ...


PaymentGateways = Mapping[PaymentMethod, PaymentGateway]
"""The providers that this shop has an account with."""


class ProviderEventKind(StrEnum):
    CAPTURED = "captured"
    AUTHORIZED = "authorized"
    REQUIRES_ACTION = "requires_action"
    VOIDED = "voided"
    FAILED = "failed"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """Something that a provider says has happened, in a message whose signature has been verified.

    Messages come late, twice, and in any order: `event_id`, unique at its provider, tells a repeat.

    `payment_id` (of events of payments) or `refund_id` (REFUNDED, REFUND_FAILED) is ours where the provider hands it
    back; otherwise `reference` has to do, which is the provider's name of the payment or of the refund. A CAPTURED
    with another reference than the payment's first is a second charge for one payment: it will be given back.

    `payment_reference` is the provider's id of the payment of a refund: it finds the payment of a refund that was
    made at the provider. A dispute is found by its payment.

    `amount` is what was moved, or was to be. `failure` is a stable code such as `card_declined`.
    """

    provider: PaymentMethod
    event_id: str
    kind: ProviderEventKind
    payment_id: PaymentId | None = None
    refund_id: RefundId | None = None
    reference: str | None = None
    payment_reference: str | None = None
    amount: Money
    failure: str | None = None
    authorized_until: datetime | None = None
    occurred_at: datetime


class PaymentRepository(Protocol):
    """Payments are added and saved while their order is locked, or after `due_inquiries` has locked them."""

    async def add(self, payments: Sequence[Payment]) -> None: ...

    async def save(self, payments: Sequence[Payment]) -> None: ...

    async def of_order(self, order_id: OrderId) -> Sequence[Payment]:
        """Return the payments of an order, the first first. They stay as they are while it is locked."""
        ...

    async def find(self, payment_id: PaymentId) -> Payment | None:
        """Return a payment, unlocked: for looking, not for changing."""
        ...

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Payment | None:
        """Return the payment that its provider knows by this name, unlocked."""
        ...

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Payment]:
        """Return payments that are to be asked for, locked. What somebody else has locked is passed over."""
        ...


class RefundRepository(Protocol):
    """Refunds are added and saved while their order is locked, or after `due_inquiries` has locked them."""

    async def add(self, refunds: Sequence[Refund]) -> None: ...

    async def save(self, refunds: Sequence[Refund]) -> None: ...

    async def of_order(self, order_id: OrderId) -> Sequence[Refund]:
        """Return the refunds of an order, the first first. They stay as they are while it is locked."""
        ...

    async def find(self, refund_id: RefundId) -> Refund | None:
        """Return a refund, unlocked: for looking, not for changing."""
        ...

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Refund | None:
        """Return the refund that its provider knows by this name, unlocked."""
        ...

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Refund]:
        """Return refunds that are to be sent or asked for, locked. What somebody else has locked is passed over."""
        ...


class ProviderEventRecords(Protocol):
    async def record_once(self, event: ProviderEvent, *, now: datetime) -> bool:
        """Note the event, and tell whether it is the first of its provider with this id.

        A twin that another unit of work is noting is waited for.
        """
        ...


class PaymentQueries(Protocol):
    """Reads of payments and refunds, outside of any unit of work."""

    async def payment(self, order_id: OrderId, payment_id: PaymentId) -> PaymentView | None: ...

    async def payments(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[PaymentView]:
        """Return the payments of an order, the first first."""
        ...

    async def refund(self, order_id: OrderId, refund_id: RefundId) -> RefundView | None: ...

    async def unsettled(self) -> Mapping[PaymentMethod, int]:
        """Count, per provider, the payments and refunds that the provider has to be asked about."""
        ...

    async def refunds(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[RefundView]:
        """Return the refunds of an order, the first first."""
        ...


class InvalidSignature(DomainError):
    """A message says that it is a provider's, and does not bear its signature, or is too old to be believed."""

    code = "invalid_signature"

    def __init__(self) -> None:
        super().__init__("The message does not bear a valid signature, or was signed too long ago.")


@dataclass(frozen=True, slots=True)
class UnverifiedMessage:
    """A message as it came, of which nothing is to be believed yet. `headers` go by their lower-case names."""

    headers: Mapping[str, str]
    body: bytes


class ProviderWebhookParser(Protocol):
    """Where a provider's messages arrive."""

    async def open(self, message: UnverifiedMessage) -> ProviderEvent | None:
        """Return what the message says, or None where that is nothing that a shop takes note of.

        Raises InvalidSignature, and ValidationFailed for a message of the provider that cannot be understood.
        """
        ...


ProviderInboxes = Mapping[PaymentMethod, ProviderWebhookParser]
"""The inboxes of the providers that this shop has an account with."""
