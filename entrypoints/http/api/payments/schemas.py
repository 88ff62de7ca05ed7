"""Schemas of payments, refunds and fulfillments."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from domain.orders.fulfillment import CARRIER, TRACKING, FulfilledLine
from domain.payments.method import PaymentMethod
from domain.payments.payment import CaptureMethod, DisputeStatus, PaymentOrigin, PaymentStatus
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
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"amount": {"amount": 1999, "currency": "EUR"}, "method": "sandbox", "token": "tok_ok"}
            ]
        }
    )

    amount: Annotated[
        PositiveMoney, Field(description="The order's `payable_total`: an order is paid all at once.")
    ]
    method: PaymentMethod
    token: Annotated[str, text(max_length=500, min_length=1)] | None = Field(
        None, repr=False, description="Identifies the customer's card at the provider."
    )
    capture_method: CaptureMethod | None = Field(
        None,
        description="`manual` only authorizes the amount, which staff capture later. Default: the shop's setting.",
    )


class CapturePaymentRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": {"amount": 1999, "currency": "EUR"}}]}
    )

    amount: PositiveMoney | None = Field(
        None, description="At most the authorized amount; the rest is released. Default: all of it."
    )


class VoidPaymentRequest(RequestModel):
    """An empty object, or no body at all."""


class NextActionResponse(ResponseModel):
    """The step with which the customer authenticates the payment."""

    type: str
    client_secret: str | None
    redirect_url: str | None


class PaymentResponse(ResponseModel):
    id: PaymentId
    order_id: OrderId
    method: PaymentMethod
    status: PaymentStatus
    amount: MoneySchema
    captured: MoneySchema
    failure: str | None
    requested_at: Timestamp
    decided_at: Timestamp | None
    capture_method: CaptureMethod
    authorized_until: Timestamp | None
    dispute: DisputeStatus | None
    origin: PaymentOrigin = Field(
        description="`provider` if the payment was captured or voided at the provider, without a request of the shop."
    )
    next_action: NextActionResponse | None = Field(
        description="Set while the status is `requires_action`, and only for the customer."
    )


class RefundOrderRequest(RequestModel):
    """Either an amount, or units of some lines at their price."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"amount": {"amount": 500, "currency": "EUR"}, "reason": "A scratch"}]
        }
    )

    amount: PositiveMoney | None = None
    lines: SomeLines | None = None
    reason: Annotated[str, text_of(REFUND_REASON)]
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

    def to_wanted(self) -> Money | tuple[RefundedLine, ...]:
        if self.amount is not None:
            return self.amount.to_money()
        return tuple(RefundedLine(LineId(line.line_id), line.quantity) for line in self.lines or ())


class UnitsOfLineResponse(ResponseModel):
    line_id: LineId
    quantity: int


class RefundResponse(ResponseModel):
    id: RefundId
    order_id: OrderId
    payment_id: PaymentId
    status: RefundStatus
    amount: MoneySchema
    lines: list[UnitsOfLineResponse]
    reason: str
    failure: str | None
    channel: RefundChannel
    origin: RefundOrigin
    requested_at: Timestamp
    decided_at: Timestamp | None


class FulfilOrderRequest(RequestModel):
    lines: SomeLines
    carrier: Annotated[str, text_of(CARRIER), Field(examples=["DHL"])] | None = None
    tracking: Annotated[str, text_of(TRACKING), Field(examples=["JD014600"])] | None = None
    dispute_override: OptionalDisputeOverride = None

    def to_lines(self) -> tuple[FulfilledLine, ...]:
        return tuple(FulfilledLine(LineId(line.line_id), line.quantity) for line in self.lines)


class FulfillmentResponse(ResponseModel):
    id: FulfillmentId
    order_id: OrderId
    lines: list[UnitsOfLineResponse]
    carrier: str | None
    tracking: str | None
    created_at: Timestamp
