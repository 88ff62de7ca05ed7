"""What the use cases of payments need from outside: somebody who takes money and gives it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from application.payments.views import PaymentView, RefundView
from application.shared.page import Page, Position
from domain.payments.method import PaymentMethod
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.errors import DomainError
from domain.shared.ids import OrderId, PaymentId, RefundId
from domain.shared.money import Money


class ProviderUnavailable(Exception):
    """The provider did not answer, or not so that one could understand it. What was asked may have been done."""


class Outcome(StrEnum):
    """What has become of a payment or a refund, as its provider says.

    SUCCEEDED and DECLINED are final. PENDING: the provider decides later and says so in an event, or when asked.
    UNKNOWN: the provider has never heard of it, so it was not done; only an answer to `find_...` says so.
    """

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAnswer:
    """What a provider says of a payment or a refund.

    `reference` is the provider's own name for it, which it has at least once it has succeeded. `amount` is what was moved: given when it has
    succeeded. `failure` is a stable code such as `card_declined`: given when it was declined; never free text.
    """

    outcome: Outcome
    reference: str | None = None
    amount: Money | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """A payment as its provider is told of it. `id` is ours, and the provider's idempotency key.

    `reference` is the provider's name for it, where an earlier answer or event has told it.
    """

    id: PaymentId
    order_id: OrderId
    amount: Money
    requested_at: datetime
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

    async def capture(self, payment: PaymentRequest, token: str | None) -> ProviderAnswer:
        """Take the money, with what the client's `token` stands for.

        Asked again with the same id, the provider answers as it did first, and takes nothing more.
        """
        ...

    async def find_payment(self, payment: PaymentRequest) -> ProviderAnswer:
        """Say what has become of a payment, without taking anything."""
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
    FAILED = "failed"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEvent:
    """Something that a provider says has happened, in a message whose signature has been verified.

    Messages come late, twice, and in any order: `event_id`, unique at its provider, tells a repeat.

    `payment_id` (CAPTURED, FAILED) or `refund_id` (REFUNDED, REFUND_FAILED) is ours where the provider hands it
    back; otherwise `reference` has to do, which is the provider's name of the payment or of the refund. A CAPTURED
    with another reference than the payment's first is a second charge for one payment: it will be given back.

    `amount` is what was moved, or was to be. `failure` is a stable code such as `card_declined`.
    """

    provider: PaymentMethod
    event_id: str
    kind: ProviderEventKind
    payment_id: PaymentId | None = None
    refund_id: RefundId | None = None
    reference: str | None = None
    amount: Money
    failure: str | None = None
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
