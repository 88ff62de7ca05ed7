"""Ports to the providers of payments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from domain.payments.payment import CaptureMethod, NextAction, PaymentMethod
from domain.shared.errors import DomainError
from domain.shared.ids import OrderId, PaymentId, RefundId
from domain.shared.money import Money


class ProviderUnavailable(Exception):
    """The provider gave no answer or an invalid answer. The request may have been carried out."""


class ProviderNotConfigured(Exception):
    """A payment or refund cannot be settled because its provider is not configured."""

    def __init__(self, method: PaymentMethod) -> None:
        super().__init__(f"Payments of {method} are not settled: the provider is not configured.")


class Outcome(StrEnum):
    """The state of a payment or a refund at its provider.

    SUCCEEDED (captured or refunded), DECLINED and VOIDED are final. REQUIRES_ACTION: the customer has to
    authenticate. AUTHORIZED: the amount is reserved, and waits for a capture or a void. PENDING: the provider
    decides later, and reports the decision in an event or in the answer to a query. UNKNOWN: the provider has
    never received the request, so no money has moved. Only `find_...` and `void` return UNKNOWN.
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
    """A provider's answer about a payment or a refund.

    `reference` is the provider's id of the payment or refund. `reference` is always set after a success.
    `amount` is the captured or refunded money, and is set only after a success. `failure` is a stable code such
    as `card_declined`, never free text. `failure` is set only if the request was declined. `authorized_until` is
    the time at which an authorization ends, if the provider reports this time.
    """

    outcome: Outcome
    reference: str | None = None
    amount: Money | None = None
    failure: str | None = None
    authorized_until: datetime | None = None
    next_action: NextAction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """A payment as it is sent to its provider.

    `id` is the shop's id and serves as the idempotency key. `reference` is the provider's id of the payment,
    if the provider has reported it before.
    """

    id: PaymentId
    order_id: OrderId
    amount: Money
    requested_at: datetime
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """A refund as it is sent to its provider.

    `id` is the shop's id and serves as the idempotency key.
    """

    id: RefundId
    payment_id: PaymentId
    payment_reference: str
    amount: Money
    requested_at: datetime
    reference: str | None = None


class PaymentGateway(Protocol):
    """A provider of payments. Never call it while a unit of work is open.

    Every call ends within seconds. All calls can raise ProviderUnavailable.
    """

    async def pay(self, payment: PaymentRequest, token: str | None) -> ProviderAnswer:
        """Capture or authorize the amount with the card that `token` identifies.

        `capture_method` selects the operation. A repeated call with the same payment id returns the current
        state and moves no money.
        """
        ...

    async def find_payment(self, payment: PaymentRequest) -> ProviderAnswer:
        """Return the state of a payment. The call changes nothing."""
        ...

    async def capture(self, payment: PaymentRequest, amount: Money) -> ProviderAnswer:
        """Capture `amount` of an authorized payment, and release the remaining amount.

        Returns the new state.

        A repeated call does not capture the money again. If the capture is rejected, the new state is
        AUTHORIZED with a `failure`.
        """
        ...

    async def renew(self, payment: PaymentRequest) -> ProviderAnswer:
        """Extend an authorization if the provider permits it. Return the new state.

        The authorization was renewed only if `authorized_until` is later than before the call.
        """
        ...

    async def void(self, payment: PaymentRequest) -> ProviderAnswer:
        """End a payment before any money is captured. Return the new state.

        If the payment is already captured, it stays captured and the state is SUCCEEDED.
        """
        ...

    async def refund(self, refund: RefundRequest) -> ProviderAnswer:
        """Refund money. A repeated call with the same refund id refunds nothing more."""
        ...

    async def find_refund(self, refund: RefundRequest) -> ProviderAnswer:
        """Return the state of a refund. The call changes nothing."""
        ...


PaymentGateways = Mapping[PaymentMethod, PaymentGateway]
"""The gateways of the configured providers."""


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
    """An event that a provider reports in a message with a verified signature.

    Events can arrive late, repeatedly and in any sequence. `event_id` is unique per provider and identifies repeated
    events.

    `payment_id` is the shop's id of the payment in events of payments. `refund_id` is the shop's id of the
    refund in REFUNDED and REFUND_FAILED. Both are None if the provider does not return the shop's id.

    `reference` is the provider's id of the payment or refund. The shop searches by this id if the provider does
    not return the shop's id.

    A provider can report two charges for one payment, in two CAPTURED events with different references. The
    second charge is refunded.

    `payment_reference` is the provider's id of the payment to which a refund or dispute belongs. If a refund
    was made at the provider, the shop finds the payment by this id.

    `amount` is the money of the reported operation, whether the operation succeeded or failed. `failure` is a
    stable code such as `card_declined`.
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


class InvalidSignature(DomainError):
    """The signature of a provider's message is missing, wrong or too old."""

    code = "invalid_signature"

    def __init__(self) -> None:
        super().__init__("The message does not bear a valid signature, or was signed too long ago.")


@dataclass(frozen=True, slots=True)
class UnverifiedMessage:
    """A received message that is not verified yet. `headers` have lower-case names."""

    headers: Mapping[str, str]
    body: bytes


class ProviderWebhookParser(Protocol):
    """The parser of a provider's webhooks."""

    async def open(self, message: UnverifiedMessage) -> ProviderEvent | None:
        """Verify and parse a message. Return its event, or None if the event is irrelevant.

        Raises InvalidSignature, and ValidationFailed for a signed message that cannot be parsed.
        """
        ...


ProviderInboxes = Mapping[PaymentMethod, ProviderWebhookParser]
"""The webhook parsers of the configured providers."""
