"""A thing for sale."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from domain.catalog import search
from domain.catalog.stock import Stock
from domain.shared.errors import PreconditionFailed, ValidationFailed, Violation
from domain.shared.events import Aggregate, Event
from domain.shared.ids import ProductId
from domain.shared.money import Money
from domain.shared.text import TextRule, ensure_valid, entry_violations
from domain.shared.unset import UNSET, Unset

MAX_ATTRIBUTES = 50
MAX_PER_ORDER = 1_000_000
"""The greatest limit that a product can have on its units in one order."""
SKU = TextRule(max_length=64, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$")
"""1 to 64 letters, digits, dots, hyphens and underscores, with a letter or digit at both ends."""
PRODUCT_NAME = TextRule(min_length=1, max_length=200)
DESCRIPTION = TextRule(max_length=5000)
ATTRIBUTE_NAME = TextRule(min_length=1, max_length=64)
ATTRIBUTE_VALUE = TextRule(max_length=500)


class ProductStatus(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductEvent(Event):
    """What subscribers need in order to keep a copy of the catalogue."""

    aggregate_type = "product"

    sku: str
    name: str
    price: Money
    status: ProductStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCreated(ProductEvent):
    type = "product.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanged(ProductEvent):
    type = "product.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanges:
    """What to change: fields that are UNSET stay.

    In `attributes`, None removes a key and other keys stay; None in place of `attributes` removes all.
    """

    name: str | Unset = UNSET
    description: str | Unset = UNSET
    price: Money | Unset = UNSET
    attributes: Mapping[str, str | None] | Unset | None = UNSET
    max_per_order: int | Unset | None = UNSET
    status: ProductStatus | Unset = UNSET

    def violations(self) -> Iterable[Violation]:
        """Yield the rules that changed texts break."""
        if not isinstance(self.name, Unset):
            yield from PRODUCT_NAME.violations(self.name, "name")
        if not isinstance(self.description, Unset):
            yield from DESCRIPTION.violations(self.description, "description")
        if not isinstance(self.attributes, Unset):
            yield from entry_violations(self.attributes or {}, ATTRIBUTE_NAME, ATTRIBUTE_VALUE, "attributes")


@dataclass(slots=True, kw_only=True, eq=False)
class Product(Aggregate):
    """A thing for sale, at a price. How many there are is told by its Stock.

    Clients see a product together with its stock as one object with one version. `version` is that version at the
    last edit of the product itself, and `stock_version` the stock's at that moment: what the stock has moved since
    counts on top. So a sale changes what a cached page shows, but does not get in an editor's way.
    """

    id: ProductId
    sku: str
    name: str
    description: str
    price: Money
    attributes: dict[str, str]
    max_per_order: int | None
    status: ProductStatus
    version: int
    stock_version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def create(
        cls,
        *,
        id: ProductId,  # noqa: A002 - the field's name
        sku: str,
        name: str,
        description: str,
        price: Money,
        attributes: Mapping[str, str],
        max_per_order: int | None,
        stock: Stock,
        now: datetime,
    ) -> Self:
        """Put a new thing on sale, with the stock that has just been opened for it. Raises ValidationFailed."""
        ensure_valid(
            (
                *SKU.violations(sku, "sku"),
                *PRODUCT_NAME.violations(name, "name"),
                *DESCRIPTION.violations(description, "description"),
                *entry_violations(attributes, ATTRIBUTE_NAME, ATTRIBUTE_VALUE, "attributes"),
            )
        )
        product = cls(
            id=id,
            sku=sku,
            name=name,
            description=description,
            price=price,
            attributes=_merged({}, attributes),
            max_per_order=max_per_order,
            status=ProductStatus.ACTIVE,
            version=1,
            stock_version=stock.version,
            created_at=now,
            updated_at=now,
        )
        product._record(ProductCreated)
        return product

    def version_with(self, stock: Stock) -> int:
        """Return the version that clients see, as it is while `stock` is locked."""
        return self.version + stock.version - self.stock_version

    def ensure_unedited_since(self, seen: int, stock: Stock) -> None:
        """Raise PreconditionFailed if the product was edited after the version that the editor saw."""
        current = self.version_with(stock)
        if not self.version <= seen <= current:
            raise PreconditionFailed(current)

    def change(self, changes: ProductChanges, *, stock: Stock, now: datetime) -> None:
        """Edit the product. Orders that were placed before keep the name and price that they were placed at.

        Raises ValidationFailed for text that breaks a rule, and for too many attributes.
        """
        ensure_valid(changes.violations())
        if not isinstance(changes.attributes, Unset):
            self.attributes = _merged(self.attributes, changes.attributes)
        if not isinstance(changes.name, Unset):
            self.name = changes.name
        if not isinstance(changes.description, Unset):
            self.description = changes.description
        if not isinstance(changes.price, Unset):
            self.price = changes.price
        if not isinstance(changes.max_per_order, Unset):
            self.max_per_order = changes.max_per_order
        if not isinstance(changes.status, Unset):
            self.status = changes.status
        self.version, self.stock_version = self.version_with(stock) + 1, stock.version
        self.updated_at = now
        self._record(ProductChanged)

    def archive(self, *, stock: Stock, now: datetime) -> None:
        """Take the product off sale. Nothing is deleted: orders refer to it."""
        self.change(ProductChanges(status=ProductStatus.ARCHIVED), stock=stock, now=now)

    @property
    def is_for_sale(self) -> bool:
        return self.status is ProductStatus.ACTIVE

    @property
    def sort_name(self) -> str:
        """The name as a list is sorted by it: without case and accents."""
        return search.folded(self.name)

    @property
    def search_words(self) -> frozenset[str]:
        """The words by which the product is found."""
        return search.indexed_words(f"{self.sku} {self.name} {self.description}")

    @property
    def search_typos(self) -> frozenset[str]:
        """The variants by which a mistyped word of the name or the SKU still finds the product."""
        return frozenset().union(*map(search.typo_variants, search.words(f"{self.sku} {self.name}")))

    def _record(self, event: type[ProductEvent]) -> None:
        self.events.append(
            event(
                aggregate_id=self.id,
                aggregate_version=self.version,
                occurred_at=self.updated_at,
                sku=self.sku,
                name=self.name,
                price=self.price,
                status=self.status,
            )
        )


def _merged(attributes: Mapping[str, str], changes: Mapping[str, str | None] | None) -> dict[str, str]:
    if changes is None:
        return {}
    merged = {key: value for key, value in {**attributes, **changes}.items() if value is not None}
    if len(merged) > MAX_ATTRIBUTES:
        raise ValidationFailed(
            "The product would have too many attributes.",
            violations=[
                Violation(("attributes",), "too_many", f"A product has at most {MAX_ATTRIBUTES} attributes.")
            ],
        )
    return merged
