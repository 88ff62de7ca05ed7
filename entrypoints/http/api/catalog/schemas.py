"""Schemas of the catalog."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import MISSING, AfterValidator, Field, model_validator

from domain.catalog.product import (
    ATTRIBUTE_NAME,
    ATTRIBUTE_VALUE,
    DESCRIPTION,
    MAX_ATTRIBUTES,
    MAX_PER_ORDER,
    PRODUCT_NAME,
    SKU,
    ProductChanges,
    ProductDetails,
    ProductStatus,
)
from domain.catalog.search import MAX_TERMS, terms
from domain.catalog.stock import ADJUSTMENT_NOTE, COUNT_REASON, MAX_ON_HAND, MovementReason
from domain.shared.ids import OrderId, ProductId
from domain.shared.money import MAX_AMOUNT
from domain.shared.unset import UNSET
from entrypoints.http.problems.validation import broken_rule
from entrypoints.http.representation.pagination import ListQuery
from entrypoints.http.representation.schemas import (
    ActorId,
    Currency,
    InOrder,
    MoneySchema,
    NonNegativeMoney,
    RequestModel,
    ResponseModel,
    StrictInt,
    Timestamp,
    text,
    text_of,
)

Sku = Annotated[str, text_of(SKU), Field(examples=["NW-0001"])]
ProductName = Annotated[str, text_of(PRODUCT_NAME), Field(examples=["Chai"])]
Description = Annotated[str, text_of(DESCRIPTION), Field(examples=["Tea with spices."])]
AttributeName = Annotated[str, text_of(ATTRIBUTE_NAME)]
AttributeValue = Annotated[str, text_of(ATTRIBUTE_VALUE)]
MaxPerOrder = Annotated[StrictInt, Field(ge=1, le=MAX_PER_ORDER, examples=[10])]
OnHand = Annotated[StrictInt, Field(ge=0, le=MAX_ON_HAND)]


class CreateProductRequest(RequestModel):
    """A product to put on sale."""

    sku: Sku = Field(
        description="The shop's own code for the product: 1 to 64 letters, digits, dots, hyphens and underscores. It cannot be changed."
    )
    name: ProductName = Field(description="The name that customers see.")
    description: Description = Field("", description="A text about the product.")
    price: NonNegativeMoney = Field(description="The price of one unit.")
    attributes: Annotated[dict[AttributeName, AttributeValue], Field(max_length=MAX_ATTRIBUTES), InOrder] = (
        Field(default_factory=dict, description="Properties by name, such as the color.")
    )
    max_per_order: MaxPerOrder | None = Field(
        None, description="The most units that one order may have. Without it there is no limit."
    )
    initial_stock: OnHand = Field(0, description="The units in the warehouse.")

    def details(self) -> ProductDetails:
        return ProductDetails(
            name=self.name,
            description=self.description,
            price=self.price.to_money(),
            attributes=self.attributes,
            max_per_order=self.max_per_order,
        )


class ChangeProductRequest(RequestModel):
    """A JSON merge patch (RFC 7396). Missing fields keep their value; `null` clears a field."""

    name: ProductName | MISSING = Field(MISSING, description="The name that customers see.")
    description: Description | MISSING | None = Field(
        MISSING, description="A text about the product. `null` clears it."
    )
    price: NonNegativeMoney | MISSING = Field(
        MISSING, description="The price of one unit. Orders that are already placed keep their price."
    )
    attributes: (
        Annotated[dict[AttributeName, AttributeValue | None], Field(max_length=MAX_ATTRIBUTES)]
        | MISSING
        | None
    ) = Field(
        MISSING,
        description="Properties by name. Attributes that are not sent keep their value, and `null` removes one. `null` for the whole removes all.",
    )
    max_per_order: MaxPerOrder | MISSING | None = Field(
        MISSING, description="The most units that one order may have. `null` removes the limit."
    )
    status: ProductStatus | MISSING = Field(
        MISSING, description="`archived` takes the product off sale, and `active` puts it on sale again."
    )

    def changes(self) -> ProductChanges:
        return ProductChanges(
            name=UNSET if self.name is MISSING else self.name,
            description=UNSET if self.description is MISSING else self.description,
            price=UNSET if self.price is MISSING else self.price.to_money(),
            attributes=UNSET if self.attributes is MISSING else self.attributes,
            max_per_order=UNSET if self.max_per_order is MISSING else self.max_per_order,
            status=UNSET if self.status is MISSING else self.status,
        )


class ProductResponse(ResponseModel):
    """Something for sale."""

    id: ProductId = Field(description="The id of the product.")
    sku: str = Field(description="The shop's own code for the product.")
    name: str = Field(description="The name that customers see.")
    description: str = Field(description="A text about the product; empty if there is none.")
    price: MoneySchema = Field(description="The price of one unit.")
    attributes: dict[str, str] = Field(description="Properties by name.")
    status: ProductStatus = Field(
        description="Whether the product is on sale. Customers see active products only."
    )
    available: int = Field(description="Units that can be ordered now.")
    max_per_order: int | None = Field(
        description="The most units that one order may have; null for no limit."
    )
    version: int = Field(
        description="Increases with each change of the product or its stock. `ETag` has the same number."
    )
    created_at: Timestamp = Field(description="The time of the creation.")
    updated_at: Timestamp = Field(description="The time of the last change of the product, not of its stock.")


def _bounded_query(query: str) -> str:
    if len(terms(query)) > MAX_TERMS:
        raise broken_rule(
            code="too_many_terms", detail=f"A search has at most {MAX_TERMS} words.", max_terms=MAX_TERMS
        )
    return query


class ListProductsQuery(ListQuery):
    q: (
        Annotated[
            str,
            text(max_length=200, min_length=1),
            AfterValidator(_bounded_query),
            Field(examples=["chai"]),
        ]
        | None
    ) = Field(
        None,
        description=f"At most {MAX_TERMS} words of the name, SKU or description, or their beginnings. A single letter "
        "before the last word, or joined to a word as in `USB-C`, matches whole words only. One typo in a word of four letters or more is tolerated. "
        "The product whose SKU is the query comes first.",
    )
    sku: Annotated[str, text_of(SKU)] | None = Field(
        None, description="Only the product with exactly this SKU."
    )
    status: ProductStatus = Field(
        ProductStatus.ACTIVE,
        description="Only products with this status. Only staff can list archived products.",
    )
    currency: Currency | None = Field(None, description="Only products with a price in this currency.")
    min_price: Annotated[int, Field(ge=0, le=MAX_AMOUNT)] | None = Field(
        None, description="The lowest price, in minor units. It needs `currency`."
    )
    max_price: Annotated[int, Field(ge=0, le=MAX_AMOUNT)] | None = Field(
        None, description="The highest price, in minor units. It needs `currency`."
    )
    in_stock: bool | None = Field(
        None,
        description="`true` lists only products that are available, and `false` only those that are not.",
    )
    sort: Literal["created_at", "-created_at", "name", "-name", "price", "-price"] = Field(
        "-created_at",
        description="The order of the list; `-` means descending. Sorting by price needs `currency`.",
    )

    @model_validator(mode="after")
    def _prices_have_a_currency(self) -> Self:
        if self.currency is None:
            for name in ("min_price", "max_price"):
                if getattr(self, name) is not None:
                    raise broken_rule(
                        name, code="currency_required", detail="A price is compared within one currency."
                    )
            if self.sort.endswith("price"):
                raise broken_rule(
                    "sort", code="currency_required", detail="Prices are sorted within one currency."
                )
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            raise broken_rule(
                "max_price", code="empty_range", detail="This is not to be less than `min_price`."
            )
        return self


class StockResponse(ResponseModel):
    """The units of a product."""

    product_id: ProductId = Field(description="The product whose units these are.")
    sku: str = Field(description="The shop's own code for the product.")
    on_hand: int = Field(description="Units in the warehouse.")
    reserved: int = Field(description="Units on hand that belong to open orders.")
    available: int = Field(description="`on_hand` minus `reserved`: units that can be ordered now.")
    version: int = Field(description="Increases with each change of the stock. `ETag` has the same number.")


class CountStockRequest(RequestModel):
    """The result of counting a product in the warehouse."""

    on_hand: OnHand = Field(description="The counted units, including those that are reserved for orders.")
    reason: Annotated[str, text_of(COUNT_REASON)] = Field(
        description="Why the units were counted. The ledger shows it."
    )


class AdjustmentLine(RequestModel):
    """A change of one product's units on hand."""

    product_id: UUID = Field(description="The product whose stock changes.")
    delta: Annotated[StrictInt, Field(ge=-MAX_ON_HAND, le=MAX_ON_HAND, examples=[12])] = Field(
        description="Units that came in (positive) or are gone (negative)."
    )


class AdjustStockRequest(RequestModel):
    """A delivery, a loss, a correction or a return, for one or several products. All lines are recorded, or none."""

    lines: Annotated[list[AdjustmentLine], Field(min_length=1, max_length=100)] = Field(
        description="One line per product."
    )
    reason: Literal["receipt", "damage", "correction", "return"] = Field(
        description="Why the units on hand change."
    )
    note: Annotated[str, text_of(ADJUSTMENT_NOTE)] | None = Field(
        None, description="A remark for the ledger, such as the number of a delivery note."
    )


class AdjustmentResponse(ResponseModel):
    """A recorded adjustment."""

    id: UUID = Field(description="The id of the adjustment.")
    reason: MovementReason | str = Field(description="The reason that the request gave.")
    note: str | None = Field(description="The remark that the request gave.")
    stocks: list[StockResponse] = Field(description="The stock of each product after the adjustment.")


class MovementResponse(ResponseModel):
    """One change of a product's stock, a row of the ledger."""

    on_hand_delta: int = Field(description="The change of the units on hand.")
    reserved_delta: int = Field(description="The change of the reserved units.")
    on_hand: int = Field(description="The units on hand after the change.")
    reserved: int = Field(description="The reserved units after the change.")
    reason: MovementReason | str = Field(description="Why the stock changed.")
    note: str | None = Field(description="A remark of staff, or the reason of a count.")
    order_id: OrderId | None = Field(description="The order that caused the change; null if none did.")
    actor_id: ActorId
    request_id: str = Field(
        description="The id of the request that made the change, as in the service's logs. A name of a command or of the worker if no request made it."
    )
    at: Timestamp = Field(description="The time of the change.")
