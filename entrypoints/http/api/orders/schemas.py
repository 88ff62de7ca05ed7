"""Schemas of orders."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field

from domain.orders.address import ADDRESS_LINE, CITY, COUNTRY, POSTAL_CODE, RECIPIENT, REGION, Address
from domain.orders.details import MAX_METADATA, METADATA_KEY, METADATA_VALUE, NOTE, OrderChanges
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.line import CancelledLine, RequestedLine
from domain.orders.order import CANCEL_REASON
from domain.orders.placing import OrderRequest
from domain.orders.pricing import MAX_LINES, MAX_QUANTITY
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus
from domain.payments.refund import REFUND_REASON
from domain.shared.ids import CallerId, LineId, OrderId, ProductId, UserId
from domain.shared.unset import UNSET, Unset
from entrypoints.http.representation.pagination import ListQuery
from entrypoints.http.representation.schemas import (
    ActorId,
    Currency,
    InOrder,
    KnownEmail,
    MoneySchema,
    NonNegativeMoney,
    RequestModel,
    ResponseModel,
    StrictInt,
    Timestamp,
    text,
    text_of,
)

MetadataKey = Annotated[str, text_of(METADATA_KEY)]
MetadataValue = Annotated[str, text_of(METADATA_VALUE)]


class AddressSchema(RequestModel):
    model_config = ConfigDict(title="Address", from_attributes=True)

    name: Annotated[str, text_of(RECIPIENT), Field(examples=["Ann Example"])]
    line1: Annotated[str, text_of(ADDRESS_LINE), Field(examples=["1 High Street"])]
    line2: Annotated[str, text_of(ADDRESS_LINE)] | None = None
    city: Annotated[str, text_of(CITY), Field(examples=["Dublin"])]
    region: Annotated[str, text_of(REGION)] | None = None
    postal_code: Annotated[str, text_of(POSTAL_CODE), Field(examples=["D01 F5P2"])] | None = None
    country: Annotated[str, text_of(COUNTRY), Field(description="ISO 3166-1 alpha-2", examples=["IE"])]

    def to_address(self) -> Address:
        return Address(
            name=self.name,
            line1=self.line1,
            line2=self.line2,
            city=self.city,
            region=self.region,
            postal_code=self.postal_code,
            country=self.country,
        )


class OrderLineRequest(RequestModel):
    product_id: UUID
    quantity: Annotated[StrictInt, Field(ge=1, le=MAX_QUANTITY, examples=[2])]


class PlaceOrderRequest(RequestModel):
    """An order to place. The client sends no prices."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": [{"product_id": "0190f3c6-7d2a-7c31-9b0e-3f6a2c1d4e5f", "quantity": 2}],
                    "shipping_address": {
                        "name": "Ann Example",
                        "line1": "1 High Street",
                        "city": "Dublin",
                        "postal_code": "D01 F5P2",
                        "country": "IE",
                    },
                    "note": "Ring twice",
                    "metadata": {"cart": "4711"},
                }
            ]
        }
    )

    lines: Annotated[
        list[OrderLineRequest],
        Field(
            min_length=1,
            max_length=MAX_LINES,
            description="The quantities of lines with the same product are added up.",
        ),
    ]
    shipping_address: AddressSchema | None = None
    note: Annotated[str, text_of(NOTE)] | None = None
    expected_total: NonNegativeMoney | None = Field(
        None,
        description="The total that was shown to the customer: with any other the order is refused.",
        examples=[{"amount": 3998, "currency": "EUR"}],
    )
    metadata: Annotated[
        dict[MetadataKey, MetadataValue],
        Field(max_length=MAX_METADATA, description="Whatever the client wants to find with the order again."),
        InOrder,
    ] = Field(default_factory=dict)

    customer_id: UUID | None = Field(
        None,
        description="The customer of the order; by default the caller. Staff and clients with the scope "
        "`orders:place` place orders for others.",
    )

    def to_request(self, customer_id: UserId, placed_by: CallerId) -> OrderRequest:
        return OrderRequest(
            customer_id=customer_id,
            placed_by=None if placed_by == customer_id else placed_by,
            lines=tuple(RequestedLine(ProductId(line.product_id), line.quantity) for line in self.lines),
            shipping_address=self.shipping_address.to_address() if self.shipping_address else None,
            note=self.note,
            expected_total=self.expected_total.to_money() if self.expected_total else None,
            metadata=self.metadata,
        )


class WholeAddressSchema(AddressSchema):
    """An address in a merge patch: it has every part, because a missing member would keep its former value."""

    model_config = ConfigDict(title="WholeAddress")

    line2: Annotated[str, text_of(ADDRESS_LINE)] | None = Field(description="Null if the address has none.")
    region: Annotated[str, text_of(REGION)] | None = Field(description="Null if the address has none.")
    postal_code: Annotated[str, text_of(POSTAL_CODE)] | None = Field(
        description="Null if the address has none."
    )


class ChangeOrderRequest(RequestModel):
    """A JSON merge patch (RFC 7396): missing fields keep their value, `null` removes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"note": "Ring once", "metadata": {"cart": None, "gift": "yes"}}]}
    )

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
    id: LineId
    product_id: ProductId
    sku: str
    name: str
    unit_price: MoneySchema
    quantity: int
    fulfilled: int
    refunded: int
    line_total: MoneySchema
    cancelled: Annotated[int, Field(description="Units that are not shipped any more.")]
    returned: Annotated[int, Field(description="Fulfilled units that came back.")]


class OrderResponse(ResponseModel):
    id: OrderId
    number: str
    status: OrderStatus
    payment_status: OrderPaymentStatus
    fulfillment_status: FulfillmentStatus
    allowed_actions: list[Action | str]
    currency: Currency
    lines: list[LineResponse]
    total: MoneySchema
    paid_total: MoneySchema
    refunded_total: MoneySchema
    customer_id: UserId
    shipping_address: AddressSchema | None
    note: str | None
    metadata: dict[str, str]
    expires_at: Timestamp
    placed_at: Timestamp
    updated_at: Timestamp
    version: int
    disputed: Annotated[bool, Field(description="Whether a payment of the order is disputed.")]
    payable_total: Annotated[
        MoneySchema | None,
        Field(
            description="The total without cancelled units; null in a result that an earlier release has stored."
        ),
    ]


class QuotedLineResponse(ResponseModel):
    product_id: ProductId
    sku: str
    name: str
    unit_price: MoneySchema
    quantity: int
    line_total: MoneySchema


class QuoteResponse(ResponseModel):
    currency: Currency
    lines: list[QuotedLineResponse]
    total: MoneySchema


class DisputeOverride(RequestModel):
    reason: Annotated[str, text_of(REFUND_REASON)]


OptionalDisputeOverride = Annotated[
    DisputeOverride | None,
    Field(
        description="For staff: go on although a payment of the order is disputed. The reason is recorded."
    ),
]


class UnitsOfLine(RequestModel):
    line_id: UUID
    quantity: Annotated[StrictInt, Field(ge=1, le=MAX_QUANTITY, examples=[1])]


SomeLines = Annotated[
    list[UnitsOfLine],
    Field(
        min_length=1,
        max_length=MAX_LINES,
        description="The quantities of entries with the same line are added up.",
    ),
]


class CancelOrderRequest(RequestModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Ordered by mistake"}]})

    lines: SomeLines | None = Field(
        None, description="The units to cancel; without it, the whole order is cancelled."
    )
    reason: Annotated[str, text_of(CANCEL_REASON)] | None = None
    dispute_override: OptionalDisputeOverride = None

    def to_lines(self) -> tuple[CancelledLine, ...]:
        return tuple(CancelledLine(LineId(line.line_id), line.quantity) for line in self.lines or ())


class ListOrdersQuery(ListQuery):
    number: Annotated[str, text(max_length=20)] | None = Field(
        None, description="The order's whole number.", examples=["7K3F-9QDM-2XWA"]
    )
    status: OrderStatus | None = None
    payment_status: OrderPaymentStatus | None = None
    fulfillment_status: FulfillmentStatus | None = None
    product_id: UUID | None = Field(None, description="Orders with a line of this product.")
    email: KnownEmail | None = Field(
        None, description="For staff: orders of the account with this whole address, in any spelling."
    )
    updated_after: Timestamp | None = Field(None, description="Changed at or after this moment (RFC 3339).")
    customer_id: UUID | None = Field(None, description="For staff; everybody else has their own orders only.")
    created_after: Timestamp | None = Field(None, description="Placed at or after this moment (RFC 3339).")
    created_before: Timestamp | None = Field(
        None, description="Placed before this moment (RFC 3339), which is excluded."
    )
    sort: Literal["placed_at", "-placed_at"] = Field("-placed_at", description="`-` is descending.")


class StatusChangeResponse(ResponseModel):
    action: Action | str
    from_: Annotated[OrderStatus | None, Field(validation_alias="source", serialization_alias="from")]
    to: Annotated[OrderStatus, Field(validation_alias="target")]
    reason: str | None
    actor_id: ActorId
    request_id: str
    at: Timestamp
