"""Ports of payments."""

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
    """The provider did not answer, or not in a valid way. The request may have been carried out."""


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
    """A refund as it is sent to the provider. `id` is the shop's, and the provider's idempotency key."""

    id: RefundId
    payment_id: PaymentId
    payment_reference: str
    amount: Money
    requested_at: datetime
    reference: str | None = None


class PaymentGateway(Protocol):
    """A provider of payments. Never call it with a unit of work open.

    Every call ends within seconds. All raise ProviderUnavailable.
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
        """Refund money. A repetition with the same id refunds nothing more."""
        ...

    async def find_refund(self, refund: RefundRequest) -> ProviderAnswer:
        """Return the state of a refund, and change nothing."""
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
    """An event that a provider reports, in a message whose signature was verified.

    Events can arrive late, repeatedly and in any order. `event_id` is unique per provider and identifies a repetition.

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
        """Return the payments of an order, oldest first. They do not change while the order is locked."""
        ...

    async def find(self, payment_id: PaymentId) -> Payment | None:
        """Return a payment without a lock. It must not be saved."""
        ...

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Payment | None:
        """Return the payment with this provider reference, without a lock."""
        ...

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Payment]:
        """Return payments with a due inquiry, locked. Payments that another transaction has locked are skipped."""
        ...


class RefundRepository(Protocol):
    """Refunds are added and saved while their order is locked, or after `due_inquiries` has locked them."""

    async def add(self, refunds: Sequence[Refund]) -> None: ...

    async def save(self, refunds: Sequence[Refund]) -> None: ...

    async def of_order(self, order_id: OrderId) -> Sequence[Refund]:
        """Return the refunds of an order, oldest first. They do not change while the order is locked."""
        ...

    async def find(self, refund_id: RefundId) -> Refund | None:
        """Return a refund without a lock. It must not be saved."""
        ...

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Refund | None:
        """Return the refund with this provider reference, without a lock."""
        ...

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Refund]:
        """Return refunds to send or to query, locked. Refunds that another transaction has locked are skipped."""
        ...


class ProviderEventRecords(Protocol):
    async def record_once(self, event: ProviderEvent, *, now: datetime) -> bool:
        """Record the event. Return whether it is the first of its provider with this id.

        Waits for another unit of work that records the same event.
        """
        ...


class PaymentQueries(Protocol):
    """Reads of payments and refunds, outside of a unit of work."""

    async def payment(self, order_id: OrderId, payment_id: PaymentId) -> PaymentView | None: ...

    async def payments(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[PaymentView]:
        """Return the payments of an order, oldest first."""
        ...

    async def refund(self, order_id: OrderId, refund_id: RefundId) -> RefundView | None: ...

    async def unsettled(self) -> Mapping[PaymentMethod, int]:
        """Count the open payments and refunds of each provider."""
        ...

    async def refunds(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[RefundView]:
        """Return the refunds of an order, oldest first."""
        ...


class InvalidSignature(DomainError):
    """The signature of a provider's message is missing, wrong or too old."""

    code = "invalid_signature"

    def __init__(self) -> None:
        super().__init__("The message does not bear a valid signature, or was signed too long ago.")


@dataclass(frozen=True, slots=True)
class UnverifiedMessage:
    """A message as it was received, not yet verified. `headers` have lower-case names."""

    headers: Mapping[str, str]
    body: bytes


class ProviderWebhookParser(Protocol):
    """The parser of a provider's webhooks."""

    async def open(self, message: UnverifiedMessage) -> ProviderEvent | None:
        """Verify and parse a message, and return its event, or None if it is irrelevant.

        Raises InvalidSignature, and ValidationFailed for a signed message that cannot be parsed.
        """
        ...


ProviderInboxes = Mapping[PaymentMethod, ProviderWebhookParser]
"""The webhook parsers of the configured providers."""
