"""Schemas of returns."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

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
    """Shipped units to send back."""

    lines: SomeLines
    reason: Annotated[str, text_of(RETURN_REASON), Field(examples=["Not the tea that I expected"])] = Field(
        description="The reason why the units are sent back."
    )

    def to_lines(self) -> tuple[ReturnedLine, ...]:
        return tuple(ReturnedLine(LineId(line.line_id), line.quantity) for line in self.lines)


class ApproveReturnRequest(RequestModel):
    """The approval of a return."""

    refund: NonNegativeMoney | None = Field(
        None,
        description="The amount that is refunded when the units come back. Default: their price, as far as it was paid.",
    )


class RefuseReturnRequest(RequestModel):
    """The refusal of a return."""

    reason: Annotated[str, text_of(RETURN_REASON), Field(examples=["The box was opened"])] = Field(
        description="The reason of the refusal. The customer can read it."
    )


class ReceivedLine(RequestModel):
    """A line of a return whose units came back."""

    line_id: UUID = Field(description="The line of the order.")
    restock: Annotated[StrictBool, Field(description="Whether the units are on hand again.", examples=[True])]


class ReceiveReturnRequest(RequestModel):
    """The receipt of returned units."""

    lines: Annotated[
        list[ReceivedLine],
        Field(min_length=1, max_length=MAX_LINES, description="Each line of the return, once."),
    ]
    dispute_override: OptionalDisputeOverride = None

    def to_restocked(self) -> Mapping[LineId, bool]:
        return {LineId(line.line_id): line.restock for line in self.lines}


class ReturnedLineResponse(ResponseModel):
    """Units of a line that are sent back."""

    line_id: LineId = Field(description="The line of the order.")
    quantity: int = Field(description="The number of units.")
    restock: Annotated[
        bool | None, Field(description="Whether the units are on hand again; null until they are received.")
    ]


class ReturnResponse(ResponseModel):
    """Shipped units of an order that are sent back."""

    id: ReturnId = Field(description="The id of the return.")
    order_id: OrderId = Field(description="The order whose units are sent back.")
    status: ReturnStatus = Field(description="The status of the return.")
    allowed_actions: list[ReturnAction | str] = Field(
        description="The actions that staff can take on the return now."
    )
    lines: list[ReturnedLineResponse] = Field(description="The units that are sent back.")
    reason: Annotated[
        str | None,
        Field(
            description="The reason why the units are sent back; null once the customer's account is closed."
        ),
    ]
    decision_reason: Annotated[
        str | None, Field(description="The reason why staff refused the return; null if they did not.")
    ]
    refund_amount: Annotated[
        MoneySchema | None,
        Field(description="The amount that is refunded when the units come back; null before the approval."),
    ]
    refund_id: Annotated[
        RefundId | None, Field(description="The refund that was made at the receipt; null if there is none.")
    ]
    requested_at: Timestamp = Field(description="The time of the request.")
    decided_at: Timestamp | None = Field(description="The time of the approval or refusal; null before it.")
    received_at: Timestamp | None = Field(description="The time of the receipt; null before it.")
