"""Schemas of the catalog."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import MISSING, AfterValidator, ConfigDict, Field, model_validator

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

Sku = Annotated[str, text_of(SKU), Field(examples=["MUG-RED"])]
ProductName = Annotated[str, text_of(PRODUCT_NAME), Field(examples=["Red mug"])]
Description = Annotated[str, text_of(DESCRIPTION), Field(examples=["Holds a quarter of a litre."])]
AttributeName = Annotated[str, text_of(ATTRIBUTE_NAME)]
AttributeValue = Annotated[str, text_of(ATTRIBUTE_VALUE)]
MaxPerOrder = Annotated[StrictInt, Field(ge=1, le=MAX_PER_ORDER, examples=[10])]
OnHand = Annotated[StrictInt, Field(ge=0, le=MAX_ON_HAND)]


class CreateProductRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sku": "MUG-RED",
                    "name": "Red mug",
                    "description": "Holds a quarter of a litre.",
                    "price": {"amount": 1999, "currency": "EUR"},
                    "attributes": {"colour": "red"},
                    "max_per_order": 10,
                    "initial_stock": 25,
                }
            ]
        }
    )

    sku: Sku
    name: ProductName
    description: Description = ""
    price: NonNegativeMoney
    attributes: Annotated[dict[AttributeName, AttributeValue], Field(max_length=MAX_ATTRIBUTES), InOrder] = (
        Field(default_factory=dict)
    )
    max_per_order: MaxPerOrder | None = None
    initial_stock: OnHand = 0

    def details(self) -> ProductDetails:
        return ProductDetails(
            name=self.name,
            description=self.description,
            price=self.price.to_money(),
            attributes=self.attributes,
            max_per_order=self.max_per_order,
        )


class ChangeProductRequest(RequestModel):
    """A JSON merge patch (RFC 7396): missing fields keep their value, `null` removes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Crimson mug", "attributes": {"colour": "crimson"}}]}
    )

    name: ProductName | MISSING = MISSING
    description: Description | MISSING | None = MISSING
    price: NonNegativeMoney | MISSING = MISSING
    attributes: (
        Annotated[dict[AttributeName, AttributeValue | None], Field(max_length=MAX_ATTRIBUTES)]
        | MISSING
        | None
    ) = MISSING
    max_per_order: MaxPerOrder | MISSING | None = MISSING
    status: ProductStatus | MISSING = MISSING

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
    id: ProductId
    sku: str
    name: str
    description: str
    price: MoneySchema
    attributes: dict[str, str]
    status: ProductStatus
    available: int
    max_per_order: int | None
    version: int
    created_at: Timestamp
    updated_at: Timestamp


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
            Field(examples=["red mug"]),
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
    status: ProductStatus = Field(ProductStatus.ACTIVE, description="Archived products are for staff only.")
    currency: Currency | None = Field(None, description="Only products with a price in this currency.")
    min_price: Annotated[int, Field(ge=0, le=MAX_AMOUNT)] | None = Field(
        None, description="In minor units of `currency`, which it needs."
    )
    max_price: Annotated[int, Field(ge=0, le=MAX_AMOUNT)] | None = Field(
        None, description="In minor units of `currency`, which it needs."
    )
    in_stock: bool | None = Field(None, description="Only products that are (or are not) available.")
    sort: Literal["created_at", "-created_at", "name", "-name", "price", "-price"] = Field(
        "-created_at", description="`-` is descending. Sorting by price needs `currency`."
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
    product_id: ProductId
    sku: str
    on_hand: int
    reserved: int
    available: int
    version: int


class CountStockRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"on_hand": 24, "reason": "Yearly stocktaking"}]}
    )

    on_hand: OnHand
    reason: Annotated[str, text_of(COUNT_REASON)]


class AdjustmentLine(RequestModel):
    product_id: UUID
    delta: Annotated[StrictInt, Field(ge=-MAX_ON_HAND, le=MAX_ON_HAND, examples=[12])]


class AdjustStockRequest(RequestModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lines": [{"product_id": "0190f3c6-7d2a-7c31-9b0e-3f6a2c1d4e5f", "delta": 12}],
                    "reason": "receipt",
                    "note": "Delivery note 4711",
                }
            ]
        }
    )

    lines: Annotated[list[AdjustmentLine], Field(min_length=1, max_length=100)]
    reason: Literal["receipt", "damage", "correction", "return"]
    note: Annotated[str, text_of(ADJUSTMENT_NOTE)] | None = None


class AdjustmentResponse(ResponseModel):
    id: UUID
    reason: MovementReason | str
    note: str | None
    stocks: list[StockResponse]


class MovementResponse(ResponseModel):
    on_hand_delta: int
    reserved_delta: int
    on_hand: int
    reserved: int
    reason: MovementReason | str
    note: str | None
    order_id: OrderId | None
    actor_id: ActorId
    request_id: str
    at: Timestamp
