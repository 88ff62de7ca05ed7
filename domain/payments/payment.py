"""Money that a customer pays through a provider."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from domain.payments.inquiry import CALL_TIMEOUT, next_inquiry
from domain.shared.ids import OrderId, PaymentId
from domain.shared.money import Money


class PaymentMethod(StrEnum):
    """A provider of payments. Its value is its name in the API, in events and in the database.

    - `sandbox`: simulates a provider and moves no money.
    - `stripe`: Stripe.
    """

    SANDBOX = "sandbox"
    STRIPE = "stripe"


class PaymentStatus(StrEnum):
    """The status of a payment.

    - `pending`: the provider has not answered yet.
    - `requires_action`: the customer has to authenticate the payment.
    - `authorized`: the amount is reserved and can be captured.
    - `captured`: the shop has the money.
    - `failed`: no money moved.
    - `voided`: the payment was ended before any money was captured.
    """

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    FAILED = "failed"
    VOIDED = "voided"


class CaptureMethod(StrEnum):
    """The way in which money is captured.

    - `automatic`: the provider captures the money without another request.
    - `manual`: the payment authorizes the amount, and a later request captures the amount.
    """

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class PaymentOperation(StrEnum):
    """An operation that the shop requests from the provider of a payment."""

    CAPTURE = "capture"
    VOID = "void"


class PaymentOrigin(StrEnum):
    """The origin of a capture or void.

    - `shop`: requested from this service.
    - `provider`: made at the provider, for example on its dashboard.
    """

    SHOP = "shop"
    PROVIDER = "provider"


class DisputeStatus(StrEnum):
    """The status of a dispute, in which the customer's bank charges a payment back."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


ENDING_NOTICE = timedelta(hours=24)
"""The time between the announcement that an authorization ends and the end itself."""

RENEW_BEFORE_END = timedelta(hours=1)
"""An authorization is renewed or voided when only this time is left until its recorded end."""

RENEWED_FOR = timedelta(days=30)
"""An authorization can be renewed in this period after the payment was requested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """The step by which a customer authenticates a payment, at the bank or in the storefront.

    Anyone who knows `client_secret` can complete the payment. The secret is shown only to the customer and
    never stored.
    """

    type: str
    client_secret: str | None = field(default=None, repr=False)
    redirect_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Charge:
    """Captured money. `reference` is the provider's id of the payment."""

    amount: Money
    reference: str | None


@dataclass(slots=True, kw_only=True, eq=False)
class Payment:
    """One payment of an order.

    `captured` is the captured money, and `returned` is the part of this money that was refunded or is being
    refunded.

    `requested` is the requested operation that the provider has not answered yet. `requested_amount` is the
    amount of a requested capture. If a void replaces the capture, `requested_amount` does not change. `origin`
    is PROVIDER if the payment was captured or voided without a request by the shop.

    `action_until` is the time at which a required action of the customer times out. `authorized_until` is the
    time at which an authorization ends. `inquire_at` is the time of the next call to the provider. `inquire_at`
    is None if no answer is outstanding.
    """

    id: PaymentId
    order_id: OrderId
    method: PaymentMethod
    capture_method: CaptureMethod
    status: PaymentStatus
    amount: Money
    captured: Money
    returned: Money
    reference: str | None
    failure: str | None
    origin: PaymentOrigin
    requested_at: datetime
    action_until: datetime | None
    authorized_until: datetime | None
    is_ending_announced: bool
    decided_at: datetime | None
    requested: PaymentOperation | None
    requested_amount: Money | None
    dispute: DisputeStatus | None
    inquire_at: datetime | None
    inquiries: int

    @classmethod
    def request(
        cls,
        *,
        id: PaymentId,  # noqa: A002 - the parameter has the name of the field
        order_id: OrderId,
        method: PaymentMethod,
        amount: Money,
        now: datetime,
        capture_method: CaptureMethod = CaptureMethod.AUTOMATIC,
    ) -> Self:
        """Return a payment whose result is unknown until the provider answers."""
        zero = Money.zero(amount.currency)
        return cls(
            id=id,
            order_id=order_id,
            method=method,
            capture_method=capture_method,
            status=PaymentStatus.PENDING,
            amount=amount,
            captured=zero,
            returned=zero,
            reference=None,
            failure=None,
            origin=PaymentOrigin.SHOP,
            requested_at=now,
            action_until=None,
            authorized_until=None,
            is_ending_announced=False,
            decided_at=None,
            requested=None,
            requested_amount=None,
            dispute=None,
            inquire_at=now + CALL_TIMEOUT,
            inquiries=0,
        )

    def again(self, *, id: PaymentId, charge: Charge, now: datetime) -> "Payment":  # noqa: A002 - the parameter has the name of the field
        """Return a new payment that records a second charge by the provider for this payment."""
        return Payment.request(
            id=id, order_id=self.order_id, method=self.method, amount=charge.amount, now=now
        )

    def require_action(self, reference: str | None, *, until: datetime, now: datetime) -> None:
        """Record that the customer has to authenticate the payment. The payment times out at `until`."""
        self.status = PaymentStatus.REQUIRES_ACTION
        self.reference = reference or self.reference
        self.action_until = until
        self.inquire_at = next_inquiry(now, 0)
        self.inquiries = 0

    def authorize(self, reference: str | None, *, until: datetime | None, now: datetime) -> None:
        """Record that the amount is reserved on the customer's account until `until`."""
        self.status = PaymentStatus.AUTHORIZED
        self.reference = reference or self.reference
        self.failure = None
        self.authorized_until = until
        self._watch_from(until, now)

    def renew(self, until: datetime, *, now: datetime) -> None:
        """Record a renewal: the amount stays reserved until `until`."""
        self.authorized_until = until
        self.is_ending_announced = False
        self._watch_from(until, now)

    def capture(self, charge: Charge, *, now: datetime) -> None:
        """Record captured money. A capture can also follow a reported failure."""
        is_requested = (
            self.capture_method is CaptureMethod.AUTOMATIC or self.requested_amount == charge.amount
        )
        self.origin = PaymentOrigin.SHOP if is_requested else PaymentOrigin.PROVIDER
        self.status = PaymentStatus.CAPTURED
        self.captured = charge.amount
        self.reference = charge.reference or self.reference
        self.failure = None
        self._decide(now)

    def fail(self, failure: str | None, *, now: datetime) -> None:
        """Record that no money was captured."""
        self.status = PaymentStatus.FAILED
        self.failure = failure
        self._decide(now)

    def void(self, failure: str | None, *, now: datetime) -> None:
        """Record that the payment was ended before any money was captured."""
        is_requested = self.requested is PaymentOperation.VOID
        self.origin = PaymentOrigin.SHOP if is_requested else PaymentOrigin.PROVIDER
        self.status = PaymentStatus.VOIDED
        self.failure = failure
        self._decide(now)

    def request_operation(
        self, operation: PaymentOperation, amount: Money | None = None, *, at: datetime
    ) -> None:
        """Request a capture of `amount`, or a void.

        The request is sent to the provider at the time `at` or later.
        """
        self.requested = operation
        self.requested_amount = amount or self.requested_amount
        self.inquire_at = at
        self.inquiries = 0

    def reject_operation(self, failure: str | None, *, now: datetime) -> None:
        """Record that the provider has rejected the operation. The payment stays authorized."""
        self.requested = self.requested_amount = None
        self.failure = failure
        soon, until = next_inquiry(now, 0), self.authorized_until
        self.inquire_at = max(soon, until - ENDING_NOTICE) if until else soon

    def announce_ending(self, *, end: datetime) -> None:
        """Record that the end of the authorization was announced, and schedule the renewal."""
        self.is_ending_announced = True
        self.inquire_at = end - RENEW_BEFORE_END
        self.inquiries = 0

    def inquire(self, *, now: datetime) -> None:
        """Record a call to the provider, and schedule the next call in case no answer arrives."""
        self.inquire_at = next_inquiry(now, self.inquiries)
        if self.action_until is not None and now < self.action_until:
            self.inquire_at = min(self.inquire_at, self.action_until)
        self.inquiries += 1

    @property
    def is_watched(self) -> bool:
        """Whether the payment is authorized and has no requested operation (capture or void)."""
        return self.status is PaymentStatus.AUTHORIZED and self.requested is None

    @property
    def is_undecided(self) -> bool:
        """Whether the payment may still capture money. An order has at most one such payment."""
        return self.decided_at is None

    @property
    def remaining(self) -> Money:
        """The captured money that has not been refunded and is not being refunded."""
        return self.captured - self.returned

    def _watch_from(self, until: datetime | None, now: datetime) -> None:
        """Schedule the next check of the authorization.

        If the end of the authorization is unknown, the provider is soon asked for the end.
        """
        self.inquire_at = max(now, until - ENDING_NOTICE) if until else next_inquiry(now, 0)
        self.inquiries = 0

    def _decide(self, now: datetime) -> None:
        self.decided_at = now
        self.requested = self.requested_amount = None
        self.inquire_at = None
