"""Schemas of placing and quoting orders."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from domain.orders.details import MAX_METADATA, NOTE
from domain.orders.guest import Guest
from domain.orders.line import RequestedLine
from domain.orders.placing import OrderRequest
from domain.orders.pricing import MAX_LINES, MAX_QUANTITY
from domain.shared.ids import CallerId, ProductId, UserId
from domain.users.user import FULL_NAME
from entrypoints.email_addresses import parse_email_address
from entrypoints.http.api.orders.address_schemas import AddressSchema
from entrypoints.http.api.orders.schemas import MetadataKey, MetadataValue, OrderResponse
from entrypoints.http.problems.validation import broken_rule
from entrypoints.http.representation.schemas import (
    Currency,
    Email,
    InOrder,
    MoneySchema,
    NonNegativeMoney,
    RequestModel,
    ResponseModel,
    StrictInt,
    text_of,
)


class GuestRequest(RequestModel):
    """A customer without an account."""

    model_config = ConfigDict(title="Guest")

    email: Annotated[Email, Field(description="An account that verifies this address can claim the order.")]
    full_name: Annotated[str, text_of(FULL_NAME)] | None = Field(
        None, description="The guest's name.", examples=["Ann Example"]
    )

    def to_guest(self) -> Guest:
        return Guest(email=parse_email_address(self.email), full_name=self.full_name)


class OrderLineRequest(RequestModel):
    """A product and a quantity to order."""

    product_id: UUID = Field(description="The product to order.")
    quantity: Annotated[StrictInt, Field(ge=1, le=MAX_QUANTITY, examples=[2])] = Field(
        description="The number of units."
    )


class PlaceOrderRequest(RequestModel):
    """An order to place. The client sends no prices."""

    lines: Annotated[
        list[OrderLineRequest],
        Field(
            min_length=1,
            max_length=MAX_LINES,
            description="The quantities of lines with the same product are added up.",
        ),
    ]
    shipping_address: AddressSchema | None = Field(None, description="The address to ship to.")
    note: Annotated[str, text_of(NOTE)] | None = Field(None, description="A remark of the customer.")
    expected_total: NonNegativeMoney | None = Field(
        None,
        description="The total that the customer has seen. If the order would cost another amount, it is rejected.",
        examples=[{"amount": 3600, "currency": "USD"}],
    )
    metadata: Annotated[
        dict[MetadataKey, MetadataValue],
        Field(
            max_length=MAX_METADATA,
            description="Data of the client, by name. The service stores them and does nothing with them.",
        ),
        InOrder,
    ] = Field(default_factory=dict)

    customer_id: UUID | None = Field(
        None,
        description="The customer of the order; by default the caller. Staff and clients with the scope "
        "`orders:place` place orders for others.",
    )
    guest: GuestRequest | None = Field(
        None,
        description="For staff and clients with the scope `orders:place`: a customer without an account.",
    )

    @model_validator(mode="after")
    def _ensure_one_customer(self) -> Self:
        if self.customer_id is not None and self.guest is not None:
            raise broken_rule(
                code="customer_and_guest", detail="An order is for a customer or for a guest, not for both."
            )
        return self

    def to_request(self, customer_id: UserId | None, placed_by: CallerId) -> OrderRequest:
        return OrderRequest(
            customer_id=customer_id,
            guest=self.guest.to_guest() if self.guest else None,
            placed_by=None if placed_by == customer_id else placed_by,
            lines=tuple(RequestedLine(ProductId(line.product_id), line.quantity) for line in self.lines),
            shipping_address=self.shipping_address.to_address() if self.shipping_address else None,
            note=self.note,
            expected_total=self.expected_total.to_money() if self.expected_total else None,
            metadata=self.metadata,
        )


class PlacedOrderResponse(OrderResponse):
    """A placed order."""

    order_token: str | SkipJsonSchema[None] = Field(
        None,
        description="For the order of a guest only: the guest reads the order with it, see `get_guest_order`.",
    )


class QuotedLineResponse(ResponseModel):
    """A product and a quantity in a preview."""

    product_id: ProductId = Field(description="The product to order.")
    sku: str = Field(description="The shop's own code for the product.")
    name: str = Field(description="The name that customers see.")
    unit_price: MoneySchema = Field(description="The present price of one unit.")
    quantity: int = Field(description="The units of all requested lines with this product.")
    line_total: MoneySchema = Field(description="`unit_price` times `quantity`.")


class QuoteResponse(ResponseModel):
    """The current price of an order."""

    currency: Currency = Field(description="The currency of all amounts.")
    lines: list[QuotedLineResponse] = Field(description="One line per product.")
    total: MoneySchema = Field(description="The price of all lines.")
