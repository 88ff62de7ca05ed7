"""Schemas of payments, refunds and fulfillments."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.orders.fulfillment import CARRIER, TRACKING, FulfilledLine
from domain.payments.payment import CaptureMethod, DisputeStatus, PaymentMethod, PaymentOrigin, PaymentStatus
from domain.payments.refund import REFUND_REASON, RefundChannel, RefundedLine, RefundOrigin, RefundStatus
from domain.shared.ids import FulfillmentId, LineId, OrderId, PaymentId, RefundId
from domain.shared.money import Money
from entrypoints.http.api.orders.schemas import OptionalDisputeOverride, SomeLines
from entrypoints.http.problems.validation import broken_rule
from entrypoints.http.representation.schemas import (
    MoneySchema,
    PositiveMoney,
    RequestModel,
    ResponseModel,
    Timestamp,
    text,
    text_of,
)


class PayOrderRequest(RequestModel):
    """A payment of an order."""

    amount: Annotated[
        PositiveMoney,
        Field(description="It has to equal the order's `payable_total`: an order is paid with one payment."),
    ]
    method: PaymentMethod = Field(description="The payment provider. `sandbox` moves no money.")
    token: Annotated[str, text(max_length=500, min_length=1)] | None = Field(
        None,
        repr=False,
        description="The provider's token of the customer's card. It never contains the card's number.",
    )
    capture_method: CaptureMethod | None = Field(
        None,
        description="`manual` only authorizes the amount, which staff capture later. Default: the shop's setting.",
    )


class CapturePaymentRequest(RequestModel):
    """The amount to capture of an authorized payment."""

    amount: PositiveMoney | None = Field(
        None, description="At most the authorized amount; the rest is released. Default: all of it."
    )


class VoidPaymentRequest(RequestModel):
    """An empty object, or no body at all."""


class NextActionResponse(ResponseModel):
    """The step with which the customer authenticates the payment."""

    type: str = Field(description="The kind of step, as the payment provider names it.")
    client_secret: str | None = Field(
        description="Passed to the provider's library in the browser. Keep it secret: it completes the payment."
    )
    redirect_url: str | None = Field(description="The page to send the customer to.")


class PaymentResponse(ResponseModel):
    """An attempt to charge a customer for an order."""

    id: PaymentId = Field(description="The id of the payment.")
    order_id: OrderId = Field(description="The order to pay.")
    method: PaymentMethod = Field(description="The payment provider.")
    status: PaymentStatus = Field(description="The state of the payment at the provider.")
    amount: MoneySchema = Field(description="The amount to pay.")
    captured: MoneySchema = Field(
        description="Money that was captured: zero until then, and less than `amount` after a partial capture."
    )
    failure: str | None = Field(
        description="A stable code of the provider's reason, such as `card_declined`; null unless the payment failed or was voided."
    )
    requested_at: Timestamp = Field(description="The time of the request.")
    decided_at: Timestamp | None = Field(description="The time of the result; null before it.")
    capture_method: CaptureMethod = Field(
        description="Whether the amount is captured with the payment or by a later request."
    )
    authorized_until: Timestamp | None = Field(
        description="The time until which an authorized amount can be captured; null if it is unknown or not authorized."
    )
    dispute: DisputeStatus | None = Field(
        description="The state of a dispute with the customer's bank; null if there was none."
    )
    origin: PaymentOrigin = Field(
        description="`provider` if the payment was captured or voided at the provider, without a request of the shop."
    )
    next_action: NextActionResponse | None = Field(
        description="Set while the status is `requires_action`, and only for the customer."
    )


class RefundOrderRequest(RequestModel):
    """Either an amount, or units of some lines at their price."""

    amount: PositiveMoney | None = Field(
        None,
        description="The amount to refund: at most the money that was paid and not yet refunded. It cancels no units.",
    )
    lines: SomeLines | None = Field(
        None, description="The units to refund at their price. Units that were not shipped are canceled."
    )
    reason: Annotated[str, text_of(REFUND_REASON)] = Field(
        description="The reason of the refund. The customer can read it."
    )
    channel: RefundChannel = Field(
        RefundChannel.ORIGINAL,
        description="`external` records money that the shop has paid back by other means.",
    )
    dispute_override: OptionalDisputeOverride = None

    @model_validator(mode="after")
    def _has_one_of_both(self) -> Self:
        if (self.amount is None) == (self.lines is None):
            raise broken_rule(code="amount_or_lines", detail="Send either an amount or lines.")
        return self

    def to_amount_or_lines(self) -> Money | tuple[RefundedLine, ...]:
        if self.amount is not None:
            return self.amount.to_money()
        return tuple(RefundedLine(LineId(line.line_id), line.quantity) for line in self.lines or ())


class UnitsOfLineResponse(ResponseModel):
    """Units of a line of an order."""

    line_id: LineId = Field(description="The line of the order.")
    quantity: int = Field(description="The number of units.")


class RefundResponse(ResponseModel):
    """Money that is returned for a payment."""

    id: RefundId = Field(description="The id of the refund.")
    order_id: OrderId = Field(description="The order that the money was paid for.")
    payment_id: PaymentId = Field(description="The payment whose money is returned.")
    status: RefundStatus = Field(description="`pending` until the provider has answered.")
    amount: MoneySchema = Field(description="The refunded amount.")
    lines: list[UnitsOfLineResponse] = Field(
        description="The refunded units; empty if an amount was requested."
    )
    reason: str = Field(description="The reason that the request gave.")
    failure: str | None = Field(
        description="A stable code of the provider's reason; null unless the refund failed."
    )
    channel: RefundChannel = Field(description="Whether the provider or the shop itself paid the money back.")
    origin: RefundOrigin = Field(
        description="Whether the shop or the provider's dashboard requested the refund."
    )
    requested_at: Timestamp = Field(description="The time of the request.")
    decided_at: Timestamp | None = Field(description="The time of the result; null before it.")


class FulfilOrderRequest(RequestModel):
    """A parcel with units of an order."""

    lines: SomeLines
    carrier: Annotated[str, text_of(CARRIER), Field(examples=["Speedy Express"])] | None = Field(
        None, description="The company that carries the parcel."
    )
    tracking: Annotated[str, text_of(TRACKING), Field(examples=["JD014600"])] | None = Field(
        None, description="The carrier's number of the parcel."
    )
    dispute_override: OptionalDisputeOverride = None

    def to_lines(self) -> tuple[FulfilledLine, ...]:
        return tuple(FulfilledLine(LineId(line.line_id), line.quantity) for line in self.lines)


class FulfillmentResponse(ResponseModel):
    """One parcel of an order."""

    id: FulfillmentId = Field(description="The id of the fulfillment.")
    order_id: OrderId = Field(description="The order that the parcel belongs to.")
    lines: list[UnitsOfLineResponse] = Field(description="The shipped units.")
    carrier: str | None = Field(description="The company that carries the parcel.")
    tracking: str | None = Field(description="The carrier's number of the parcel.")
    created_at: Timestamp = Field(description="The time of the shipping.")
