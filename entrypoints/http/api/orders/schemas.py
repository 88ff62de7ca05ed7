"""Schemas of orders."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, Field

from domain.orders.address import Address
from domain.orders.details import MAX_METADATA, METADATA_KEY, METADATA_VALUE, NOTE, OrderChanges
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.line import CancelledLine
from domain.orders.order import CANCEL_REASON
from domain.orders.pricing import MAX_LINES, MAX_QUANTITY
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus
from domain.payments.refund import REFUND_REASON
from domain.shared.ids import LineId, OrderId, ProductId, UserId
from domain.shared.unset import UNSET, Unset
from entrypoints.http.api.orders.address_schemas import AddressSchema, WholeAddressSchema
from entrypoints.http.representation.pagination import ListQuery
from entrypoints.http.representation.schemas import (
    ActorId,
    Currency,
    KnownEmail,
    MoneySchema,
    RequestModel,
    ResponseModel,
    StrictInt,
    Timestamp,
    text,
    text_of,
)

MetadataKey = Annotated[str, text_of(METADATA_KEY)]
MetadataValue = Annotated[str, text_of(METADATA_VALUE)]


class ChangeOrderRequest(RequestModel):
    """A JSON merge patch (RFC 7396). Missing fields keep their value; `null` clears a field."""

    shipping_address: WholeAddressSchema | MISSING | None = Field(
        MISSING, description="The new address with every part, or null to remove the address."
    )
    note: Annotated[str, text_of(NOTE)] | MISSING | None = Field(
        MISSING, description="The new note, or null to remove the note."
    )
    metadata: (
        Annotated[dict[MetadataKey, MetadataValue | None], Field(max_length=MAX_METADATA)] | MISSING | None
    ) = Field(
        MISSING, description="Entries to set. Null removes an entry, and other entries keep their value."
    )

    def to_changes(self) -> OrderChanges:
        return OrderChanges(
            shipping_address=self._address(),
            note=UNSET if self.note is MISSING else self.note,
            metadata=UNSET if self.metadata is MISSING else self.metadata,
        )

    def _address(self) -> Address | Unset | None:
        if self.shipping_address is MISSING:
            return UNSET
        return None if self.shipping_address is None else self.shipping_address.to_address()


class LineResponse(ResponseModel):
    """A product and a quantity of an order."""

    id: LineId = Field(
        description="The id of the line. Cancellations, fulfillments, refunds and returns refer to it."
    )
    product_id: ProductId = Field(description="The ordered product.")
    sku: str = Field(description="The product's SKU when the order was placed.")
    name: str = Field(description="The product's name when the order was placed.")
    unit_price: MoneySchema = Field(description="The price of one unit when the order was placed.")
    quantity: int = Field(description="The ordered units, including canceled ones.")
    fulfilled: int = Field(description="Units that were shipped.")
    refunded: int = Field(description="Units whose price was refunded or is being refunded.")
    line_total: MoneySchema = Field(description="`unit_price` times `quantity`.")
    cancelled: Annotated[int, Field(description="Units that were canceled and will not be shipped.")]
    returned: Annotated[int, Field(description="Fulfilled units that came back.")]


class GuestResponse(ResponseModel):
    """A customer without an account."""

    email: str = Field(description="The guest's e-mail address.")
    full_name: str | None = Field(description="The guest's name.")


class OrderResponse(ResponseModel):
    """An order."""

    id: OrderId = Field(description="The id of the order, for programs.")
    number: str = Field(
        description="A short number for people. It does not reveal how many orders there are."
    )
    status: OrderStatus = Field(description="The state of the order in its lifecycle.")
    payment_status: OrderPaymentStatus = Field(
        description="The state of payment, computed from the payments and refunds."
    )
    fulfillment_status: FulfillmentStatus = Field(
        description="The state of shipping, computed from the fulfillments."
    )
    allowed_actions: list[Action | str] = Field(
        description="The actions that the caller can take on the order now."
    )
    currency: Currency = Field(description="The currency of all amounts of the order.")
    lines: list[LineResponse] = Field(description="The ordered products with their prices at that time.")
    total: MoneySchema = Field(description="The price of all units, including canceled ones.")
    paid_total: MoneySchema = Field(description="Money that was captured.")
    refunded_total: MoneySchema = Field(description="Money that was refunded or is being refunded.")
    customer_id: UserId | None = Field(description="The customer; null for the order of a guest.")
    shipping_address: AddressSchema | None = Field(
        description="The address to ship to; null if the order has none, or once the customer's account is closed."
    )
    note: str | None = Field(description="The customer's remark; null once the customer's account is closed.")
    metadata: dict[str, str] = Field(
        description="The data that the client stored with the order; empty once the customer's account is closed."
    )
    expires_at: Timestamp = Field(
        description="The time until which the stock of an unpaid order is reserved."
    )
    placed_at: Timestamp = Field(description="The time of the order.")
    updated_at: Timestamp = Field(description="The time of the last change.")
    version: int = Field(description="Increases with each change. `ETag` has the same number.")
    disputed: Annotated[bool, Field(description="Whether a payment of the order is disputed.")]
    payable_total: Annotated[
        MoneySchema | None,
        Field(
            description="The total without canceled units; null in a result that an earlier release has stored."
        ),
    ]
    guest: Annotated[
        GuestResponse | None, Field(description="The customer without an account; null for other orders.")
    ]


class OrderTokenResponse(ResponseModel):
    """An order token."""

    order_token: str = Field(description="The guest reads the order with it, see `get_guest_order`.")


class ClaimedOrdersResponse(ResponseModel):
    """The result of claiming guest orders."""

    claimed: int = Field(description="The number of orders that have become orders of the account.")


class DisputeOverride(RequestModel):
    """The decision to go on although a payment of the order is disputed."""

    reason: Annotated[str, text_of(REFUND_REASON)] = Field(
        description="The reason why staff go on. It is recorded in the order's history."
    )


OptionalDisputeOverride = Annotated[
    DisputeOverride | None,
    Field(
        description="For staff: go on although a payment of the order is disputed. The reason is recorded."
    ),
]


class UnitsOfLine(RequestModel):
    """Units of a line of an order."""

    line_id: UUID = Field(description="The line of the order.")
    quantity: Annotated[StrictInt, Field(ge=1, le=MAX_QUANTITY, examples=[1])] = Field(
        description="The number of units."
    )


SomeLines = Annotated[
    list[UnitsOfLine],
    Field(
        min_length=1,
        max_length=MAX_LINES,
        description="The quantities of entries with the same line are added up.",
    ),
]


class CancelOrderRequest(RequestModel):
    """A cancellation. Without a body the whole order is canceled."""

    lines: SomeLines | None = Field(
        None, description="The units to cancel; without it, the whole order is canceled."
    )
    reason: Annotated[str, text_of(CANCEL_REASON)] | None = Field(
        None, description="The reason of the cancellation. The customer can read it."
    )
    dispute_override: OptionalDisputeOverride = None

    def to_lines(self) -> tuple[CancelledLine, ...]:
        return tuple(CancelledLine(LineId(line.line_id), line.quantity) for line in self.lines or ())


class ListOrdersQuery(ListQuery):
    number: Annotated[str, text(max_length=20)] | None = Field(
        None, description="Only the order with this number.", examples=["7K3F-9QDM-2XWA"]
    )
    status: OrderStatus | None = Field(None, description="Only orders with this status.")
    payment_status: OrderPaymentStatus | None = Field(
        None, description="Only orders with this payment status."
    )
    fulfillment_status: FulfillmentStatus | None = Field(
        None, description="Only orders with this fulfillment status."
    )
    product_id: UUID | None = Field(None, description="Only orders with a line of this product.")
    email: KnownEmail | None = Field(
        None, description="For staff: only orders of the account or the guest with this address."
    )
    updated_after: Timestamp | None = Field(
        None, description="Only orders that changed at or after this time."
    )
    customer_id: UUID | None = Field(
        None,
        description="For staff: only orders of this customer. Customers always get only their own orders.",
    )
    created_after: Timestamp | None = Field(None, description="Only orders placed at or after this time.")
    created_before: Timestamp | None = Field(None, description="Only orders placed before this time.")
    sort: Literal["placed_at", "-placed_at"] = Field(
        "-placed_at", description="The order of the list; `-` means descending."
    )


class StatusChangeResponse(ResponseModel):
    """A recorded change of an order."""

    action: Action | str = Field(description="The action on the order.")
    from_: Annotated[OrderStatus | None, Field(validation_alias="source", serialization_alias="from")] = (
        Field(description="The status before; null when the order was placed.")
    )
    to: Annotated[OrderStatus, Field(validation_alias="target")] = Field(
        description="The status after. It can be the same."
    )
    reason: str | None = Field(
        description="The reason that was given; null if none was, or once the customer's account is closed."
    )
    actor_id: ActorId
    request_id: str = Field(
        description="The id of the request that made the change, as in the service's logs. A name of a command or of the worker if no request made it."
    )
    at: Timestamp = Field(description="The time of the change.")
