"""Products that the shop sells."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

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
"""The largest value of `max_per_order`."""
SKU = TextRule(max_length=64, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$")
"""The pattern of a SKU.

A SKU has 1 to 64 letters, digits, dots, hyphens and underscores, and begins and ends with a letter or a
digit.
"""
PRODUCT_NAME = TextRule(min_length=1, max_length=200)
DESCRIPTION = TextRule(max_length=5000)
ATTRIBUTE_NAME = TextRule(min_length=1, max_length=64)
ATTRIBUTE_VALUE = TextRule(max_length=500)


class ProductStatus(StrEnum):
    """The status of a product.

    - `active`: on sale.
    - `archived`: not on sale. Only staff see the product, and they can put it on sale again.
    """

    ACTIVE = "active"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductEvent(Event):
    """The fields that a subscriber needs to maintain a copy of the catalog."""

    aggregate_type = "product"

    sku: str
    name: str
    price: Money
    status: ProductStatus
    description: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCreated(ProductEvent):
    """A product was added to the catalog."""

    type = "product.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanged(ProductEvent):
    """A product was edited or archived. The event contains the new values of all fields."""

    type = "product.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDetails:
    """The fields that staff set for a product.

    Fields with a default are optional. Clearing such a field restores its default.

    Other code passes the details as one object. Only mapping functions access the
    individual fields.
    """

    name: str
    description: str = ""
    price: Money
    attributes: Mapping[str, str] = field(default_factory=dict)
    max_per_order: int | None = None

    @classmethod
    def of(cls, changes: "ProductChanges") -> Self:
        """Return the details of a new product.

        Raises ValidationFailed if the name or the price is missing.
        """
        if isinstance(changes.name, Unset) or isinstance(changes.price, Unset):
            missing = [name for name in ("name", "price") if getattr(changes, name) is UNSET]
            violations = [Violation((name,), "missing", "A new product needs this.") for name in missing]
            raise ValidationFailed("Fields of a new product are missing.", violations=violations)
        return cls(name=changes.name, price=changes.price).changed_by(changes)

    def changed_by(self, changes: "ProductChanges") -> Self:
        """Return the details with the changes applied. The result is not validated."""
        changed: dict[str, Any] = {}
        for detail in fields(self):
            match getattr(changes, detail.name):
                case Unset():
                    continue
                case None:
                    factory = detail.default_factory
                    changed[detail.name] = detail.default if factory is MISSING else factory()
                case Mapping() as entries:
                    merged = {**getattr(self, detail.name), **entries}
                    changed[detail.name] = {key: value for key, value in merged.items() if value is not None}
                case value:
                    changed[detail.name] = value
        return replace(self, **changed)

    def violations(self, before: "ProductDetails | None" = None) -> Iterator[Violation]:
        """Yield the violations of the changed values.

        Unchanged values are not checked, because the rules may have changed after a value was stored.
        """
        for name, rule in TEXT_RULES.items():
            text = getattr(self, name)
            if before is None or text != getattr(before, name):
                yield from rule.violations(text, name)
        stored = before.attributes if before else {}
        changed = {name: value for name, value in self.attributes.items() if stored.get(name) != value}
        yield from entry_violations(changed, ATTRIBUTE_NAME, ATTRIBUTE_VALUE, "attributes")
        if len(self.attributes) > max(MAX_ATTRIBUTES, len(stored)):
            detail = f"A product has at most {MAX_ATTRIBUTES} attributes."
            yield Violation(("attributes",), "too_many", detail)


TEXT_RULES: Mapping[str, TextRule] = {"name": PRODUCT_NAME, "description": DESCRIPTION}
"""The rules for the text fields of the details."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanges:
    """Changes to a product. A field that is UNSET does not change, and None clears a field.

    In `attributes`, None removes a key. Other keys keep their values.
    """

    name: str | Unset = UNSET
    description: str | Unset | None = UNSET
    price: Money | Unset = UNSET
    attributes: Mapping[str, str | None] | Unset | None = UNSET
    max_per_order: int | Unset | None = UNSET
    status: ProductStatus | Unset = UNSET


@dataclass(slots=True, kw_only=True, eq=False)
class Product(Aggregate):
    """A product for sale at a price. The available units are in its Stock.

    Clients see a product and its stock as one object with one version. Edits of the product and movements of
    the stock increase the version that clients see.

    Each edit stores this version in `version`, and the version of the stock in `stock_version`. An edit is
    rejected as outdated only if another edit was made after the editor read the product. A sale changes the
    product's ETag, but does not make an edit outdated.
    """

    id: ProductId
    sku: str
    details: ProductDetails
    status: ProductStatus
    version: int
    stock_version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def create(
        cls,
        *,
        id: ProductId,  # noqa: A002 - the parameter has the name of the field
        sku: str,
        details: ProductDetails,
        stock: Stock,
        now: datetime,
    ) -> Self:
        """Create an active product with its new stock. Raises ValidationFailed."""
        ensure_valid((*SKU.violations(sku, "sku"), *details.violations()))
        product = cls(
            id=id,
            sku=sku,
            details=details,
            status=ProductStatus.ACTIVE,
            version=1,
            stock_version=stock.version,
            created_at=now,
            updated_at=now,
        )
        product._record(ProductCreated)
        return product

    def version_with(self, stock: Stock) -> int:
        """Return the version that clients see. The stock must be locked."""
        return self.version + stock.version - self.stock_version

    def ensure_unedited_since(self, seen: int, stock: Stock) -> None:
        """Raise PreconditionFailed if the product was edited after the version `seen`."""
        current = self.version_with(stock)
        if not self.version <= seen <= current:
            raise PreconditionFailed(current)

    def change(self, changes: ProductChanges, *, stock: Stock, now: datetime) -> None:
        """Edit some fields. Raises ValidationFailed like `edit`."""
        status = self.status if isinstance(changes.status, Unset) else changes.status
        self.edit(self.details.changed_by(changes), status, stock=stock, now=now)

    def edit(self, details: ProductDetails, status: ProductStatus, *, stock: Stock, now: datetime) -> None:
        """Set the details and the status. The names and prices in placed orders do not change.

        Raises ValidationFailed for text that breaks a rule, and for too many attributes.
        """
        ensure_valid(details.violations(self.details))
        self.details = details
        self.status = status
        self.version, self.stock_version = self.version_with(stock) + 1, stock.version
        self.updated_at = now
        self._record(ProductChanged)

    def update_stock_version(self, stock: Stock) -> bool:
        """Update the stored versions directly before a commit, if the stock changed after the edit.

        The version that clients see stays the same. Returns whether the stock changed after the edit.

        This method prevents lost edits. Without this method, a second editor could read the product after the
        stock changed, but before the first edit is committed. The second edit would then overwrite the first
        edit without an error.
        """
        if self.stock_version == stock.version:
            return False
        self.version, self.stock_version = self.version_with(stock), stock.version
        return True

    def archive(self, *, stock: Stock, now: datetime) -> None:
        """Take the product off sale. The product is not deleted, because orders refer to it."""
        self.change(ProductChanges(status=ProductStatus.ARCHIVED), stock=stock, now=now)

    @property
    def is_for_sale(self) -> bool:
        return self.status is ProductStatus.ACTIVE

    @property
    def sort_name(self) -> str:
        """The sort key of lists: the name without case and accents."""
        return search.folded(self.details.name)

    @property
    def search_words(self) -> frozenset[str]:
        """The words that search terms are compared with."""
        return search.indexed_words(f"{self.sku} {self.details.name} {self.details.description}")

    @property
    def search_typos(self) -> frozenset[str]:
        """The typo variants of the words of the name and the SKU."""
        return frozenset().union(*map(search.typo_variants, search.words(f"{self.sku} {self.details.name}")))

    def _record(self, event: type[ProductEvent]) -> None:
        self.events.append(
            event(
                aggregate_id=self.id,
                aggregate_version=self.version,
                occurred_at=self.updated_at,
                sku=self.sku,
                name=self.details.name,
                price=self.details.price,
                status=self.status,
                description=self.details.description,
                attributes=dict(self.details.attributes),
            )
        )
