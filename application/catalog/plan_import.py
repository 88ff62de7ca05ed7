"""Validation of the rows of an import, and the plan of the changes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from application.unit_of_work import UnitOfWorkFactory
from domain.catalog.product import Product, ProductChanges, ProductDetails, ProductStatus
from domain.shared.errors import ValidationFailed, Violation
from domain.shared.ids import ProductId
from domain.shared.text import ensure_valid
from domain.shared.unset import Unset

ROWS_AT_A_TIME = 500
"""The maximum number of rows in one statement of an import."""


class ProductValues(NamedTuple):
    """The values of a product that an import sets."""

    details: ProductDetails
    status: ProductStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogRow:
    """A row of an import file, with the fields that the row sets.

    `initial_stock` applies only to new products. `line` is the number of the line in which the row begins.
    """

    line: int
    sku: str
    changes: ProductChanges
    initial_stock: int = 0

    def values_for(self, product: Product | None, *, replace: bool) -> ProductValues:
        """Return the values of the product after the import.

        If `replace` is true, fields that the row does not contain get their default values. Raises ValidationFailed
        if a new product lacks a field.
        """
        status = self.changes.status
        if product is None or replace:
            status = ProductStatus.ACTIVE if isinstance(status, Unset) else status
            return ProductValues(ProductDetails.of(self.changes), status)
        status = product.status if isinstance(status, Unset) else status
        return ProductValues(product.details.changed_by(self.changes), status)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """A row that changes or creates a product.

    If the row creates a product, `product_id` and `before` are None.
    """

    row: CatalogRow
    product_id: ProductId | None
    before: ProductValues | None
    after: ProductValues


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """The rows of an import that create or change a product."""

    replace: bool
    rows: Sequence[PlannedRow]
    unchanged: int


class InvalidRows(Exception):
    """Some rows cannot be imported. Each violation is listed with the line number of the row."""

    def __init__(self, violations: Sequence[tuple[int, Violation]]) -> None:
        super().__init__(f"{len(violations)} violations")
        self.violations = violations


@dataclass(frozen=True, slots=True)
class PlanImport:
    """Compare the rows of a catalog file with the stored products. Nothing is locked or changed."""

    unit_of_work: UnitOfWorkFactory

    async def __call__(
        self, rows: Sequence[CatalogRow], *, replace: bool, progress: Callable[[int], None]
    ) -> ImportPlan:
        """Return the plan for the rows. Each row must have a different SKU.

        After each batch, `progress` is called with the number of rows in the batch.

        Raises InvalidRows.
        """
        planned: list[PlannedRow] = []
        violations: list[tuple[int, Violation]] = []
        for start in range(0, len(rows), ROWS_AT_A_TIME):
            batch = rows[start : start + ROWS_AT_A_TIME]
            async with self.unit_of_work() as work:
                known = await work.products.find_by_sku([row.sku for row in batch])
            for row in batch:
                product = known.get(row.sku)
                try:
                    change = _planned(row, product, replace=replace)
                except ValidationFailed as error:
                    violations += [(row.line, violation) for violation in error.violations]
                else:
                    planned += [change] if change.before != change.after else []
            progress(len(batch))
        if violations:
            raise InvalidRows(violations)
        return ImportPlan(replace=replace, rows=planned, unchanged=len(rows) - len(planned))


def _planned(row: CatalogRow, product: Product | None, *, replace: bool) -> PlannedRow:
    """Return the plan of one row. Raises ValidationFailed."""
    after = row.values_for(product, replace=replace)
    if product is None:
        ensure_valid(after.details.violations())
        return PlannedRow(row=row, product_id=None, before=None, after=after)
    ensure_valid(after.details.violations(product.details))
    before = ProductValues(product.details, product.status)
    return PlannedRow(row=row, product_id=product.id, before=before, after=after)
