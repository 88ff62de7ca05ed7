"""Events of the payments and refunds of orders."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from domain.orders.events import OrderEvent
from domain.payments.payment import PaymentMethod, PaymentOrigin
from domain.payments.refund import RefundChannel, RefundedLine, RefundOrigin
from domain.shared.ids import PaymentId, RefundId
from domain.shared.money import Money


class PaymentFields(TypedDict):
    """The fields that events of payments have in addition to the fields of all order events."""

    payment_id: PaymentId
    method: PaymentMethod
    amount: Money


class DecidedPaymentFields(PaymentFields):
    """The fields that events of captured or voided payments have in addition to `PaymentFields`."""

    origin: PaymentOrigin


class RefundFields(TypedDict):
    """The fields that events of refunds have in addition to the fields of all order events."""

    refund_id: RefundId
    payment_id: PaymentId
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent(OrderEvent):
    payment_id: PaymentId
    method: PaymentMethod
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedPaymentEvent(PaymentEvent):
    """A payment was captured or voided, by the shop or at the provider."""

    origin: PaymentOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(DecidedPaymentEvent):
    """A payment succeeded: the provider has captured `amount`."""

    type = "payment.captured"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequiresAction(PaymentEvent):
    """The customer has to authenticate the payment before `action_until`."""

    type = "payment.requires_action"

    action_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAuthorized(PaymentEvent):
    """The amount is reserved on the customer's account.

    The shop can capture it until `authorized_until`.
    """

    type = "payment.authorized"

    authorized_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationEnding(PaymentEvent):
    """An authorization ends soon.

    Before the end, the shop tries to renew the authorization. If the renewal fails and no unit was shipped, the
    shop voids the authorization.
    """

    type = "payment.authorization_ending"

    authorized_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRenewed(PaymentEvent):
    """An authorization was renewed and now lasts until `authorized_until`."""

    type = "payment.authorization_renewed"

    authorized_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentVoided(DecidedPaymentEvent):
    """The payment was ended before any money was captured."""

    type = "payment.voided"

    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(PaymentEvent):
    """The provider declined a payment. The order stays open, and can be paid by another payment."""

    type = "payment.failed"

    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReinstated(DecidedPaymentEvent):
    """An expired order was paid late and confirmed, because its stock was still available."""

    type = "order.revived"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentUnapplied(DecidedPaymentEvent):
    """Money was captured for an order that cannot use it. The money is refunded."""

    type = "payment.orphaned"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeOpened(PaymentEvent):
    """The customer's bank has charged a payment back.

    Until the dispute is decided, staff must override the dispute to ship or refund the order.
    """

    type = "dispute.opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeWon(PaymentEvent):
    """A dispute was decided in favor of the shop."""

    type = "dispute.won"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLost(PaymentEvent):
    """A dispute was decided in favor of the customer, who keeps the money."""

    type = "dispute.lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundEvent(OrderEvent):
    refund_id: RefundId
    payment_id: PaymentId
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested(RefundEvent):
    """A refund was scheduled, and has no result yet."""

    type = "refund.requested"

    reason: str
    lines: tuple[RefundedLine, ...]
    channel: RefundChannel
    origin: RefundOrigin


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSucceeded(RefundEvent):
    """The provider has refunded `amount` to the customer."""

    type = "refund.succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(RefundEvent):
    """The provider rejected a refund.

    The service schedules another refund if the shop still owes the money.
    """

    type = "refund.failed"

    failure: str | None
