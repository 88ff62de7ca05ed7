"""Schemas of returns."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from domain.orders.order_return import RETURN_REASON, ReturnAction, ReturnedLine, ReturnStatus
from domain.orders.pricing import MAX_LINES
from domain.shared.ids import LineId, OrderId, RefundId, ReturnId
from entrypoints.http.api.orders.schemas import OptionalDisputeOverride, SomeLines
from entrypoints.http.representation.schemas import (
    MoneySchema,
    NonNegativeMoney,
    RequestModel,
    ResponseModel,
    Timestamp,
    text_of,
)


class RequestReturnRequest(RequestModel):
    lines: SomeLines
    reason: Annotated[str, text_of(RETURN_REASON), Field(examples=["Too small"])]

    def to_lines(self) -> tuple[ReturnedLine, ...]:
        return tuple(ReturnedLine(LineId(line.line_id), line.quantity) for line in self.lines)


class ApproveReturnRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"refund": {"amount": 1500, "currency": "EUR"}}]}
    )

    refund: NonNegativeMoney | None = Field(
        None,
        description="What is refunded when the units come back. Default: their price, as far as it was paid.",
    )


class RefuseReturnRequest(RequestModel):
    reason: Annotated[str, text_of(RETURN_REASON), Field(examples=["Worn"])]


class ReceivedLine(RequestModel):
    line_id: UUID
    restock: Annotated[StrictBool, Field(description="Whether the units are on hand again.", examples=[True])]


class ReceiveReturnRequest(RequestModel):
    lines: Annotated[
        list[ReceivedLine],
        Field(min_length=1, max_length=MAX_LINES, description="Each line of the return, once."),
    ]
    dispute_override: OptionalDisputeOverride = None

    def to_restocked(self) -> Mapping[LineId, bool]:
        return {LineId(line.line_id): line.restock for line in self.lines}


class ReturnedLineResponse(ResponseModel):
    line_id: LineId
    quantity: int
    restock: Annotated[bool | None, Field(description="Null until the units are received.")]


class ReturnResponse(ResponseModel):
    id: ReturnId
    order_id: OrderId
    status: ReturnStatus
    allowed_actions: list[ReturnAction | str]
    lines: list[ReturnedLineResponse]
    reason: Annotated[str | None, Field(description="Null once the customer's account is closed.")]
    decision_reason: Annotated[str | None, Field(description="Why the return was refused.")]
    refund_amount: Annotated[
        MoneySchema | None, Field(description="What was agreed to be refunded; null before the approval.")
    ]
    refund_id: Annotated[RefundId | None, Field(description="The refund that the receipt has made.")]
    requested_at: Timestamp
    decided_at: Timestamp | None
    received_at: Timestamp | None
