"""Convert the fields of a row to an importable row. The rules of the domain validate the fields."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeGuard

from application.catalog.plan_import import CatalogRow
from domain.catalog.product import (
    ATTRIBUTE_NAME,
    ATTRIBUTE_VALUE,
    MAX_ATTRIBUTES,
    MAX_PER_ORDER,
    SKU,
    TEXT_RULES,
    ProductChanges,
    ProductStatus,
)
from domain.catalog.stock import MAX_ON_HAND
from domain.shared.currency import EXPONENTS
from domain.shared.errors import Violation
from domain.shared.money import MAX_AMOUNT, Money
from domain.shared.text import TextRule

TEXTS: Mapping[str, TextRule] = {"sku": SKU, **TEXT_RULES}
INTEGERS = {"max_per_order": (1, MAX_PER_ORDER), "initial_stock": (0, MAX_ON_HAND)}
"""The minimum and the maximum of each field that is a whole number."""
_FIELDS = (*TEXTS, "price", "attributes", *INTEGERS, "status")
_NOT_NULL = ("sku", "name", "price", "status")
_PRICE = ("amount", "currency")


class BadFields(Exception):
    """Some fields of a row violate rules."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        super().__init__("Fields of the row break rules.")
        self.violations = tuple(violations)


def row_from(line: int, row: object) -> CatalogRow:
    """Convert the JSON value at `line` of the file to a row.

    If a field is absent, the product keeps the value of the field. Null clears the field. Raises BadFields with every
    violation.
    """
    if not _is_object(row):
        raise BadFields([Violation((), "not_an_object", "Send a JSON object.")])
    violations = [*_violations(row)]
    if violations:
        raise BadFields(violations)
    changes: dict[str, Any] = {**row}
    sku, initial_stock = changes.pop("sku"), changes.pop("initial_stock", None)
    if "price" in changes:
        changes["price"] = Money(changes["price"]["amount"], changes["price"]["currency"])
    if "status" in changes:
        changes["status"] = ProductStatus(changes["status"])
    if changes.get("attributes"):
        changes["attributes"] = dict(sorted(changes["attributes"].items()))
    return CatalogRow(line=line, sku=sku, changes=ProductChanges(**changes), initial_stock=initial_stock or 0)


def _violations(row: Mapping[str, object]) -> Iterator[Violation]:
    for field in _NOT_NULL:
        if (field in row and row[field] is None) or (field == "sku" and field not in row):
            yield _missing(field)
    for field, rule in TEXTS.items():
        if row.get(field) is not None:
            yield from _text(row[field], rule, field)
    if row.get("price") is not None:
        yield from _price(row["price"])
    if row.get("attributes") is not None:
        yield from _attributes(row["attributes"])
    for field, (least, greatest) in INTEGERS.items():
        if row.get(field) is not None:
            yield from _integer(row[field], field, least=least, greatest=greatest)
    if row.get("status") is not None and row["status"] not in [*ProductStatus]:
        yield Violation(("status",), "unknown_value", f"Send one of {', '.join(ProductStatus)}.")
    yield from _unknown(row, _FIELDS)


def _price(price: object) -> Iterator[Violation]:
    if not _is_object(price):
        yield Violation(("price",), "not_an_object", "Send a JSON object.")
        return
    if "amount" in price:
        yield from _integer(price["amount"], "price", "amount", least=0, greatest=MAX_AMOUNT)
    currency = price.get("currency", "EUR")
    if not isinstance(currency, str):
        yield Violation(("price", "currency"), "not_a_string", "Send a text.")
    elif currency not in EXPONENTS:
        detail = "Send a currency's code of ISO 4217, as in EUR."
        yield Violation(("price", "currency"), "unknown_currency", detail)
    for field in _PRICE:
        if field not in price:
            yield _missing("price", field)
    yield from _unknown(price, _PRICE, "price")


def _attributes(attributes: object) -> Iterator[Violation]:
    if not _is_object(attributes):
        yield Violation(("attributes",), "not_an_object", "Send a JSON object.")
        return
    if len(attributes) > MAX_ATTRIBUTES:
        detail = f"The greatest number of items is {MAX_ATTRIBUTES}."
        yield Violation(("attributes",), "too_many_items", detail)
        return
    for name, value in attributes.items():
        yield from ATTRIBUTE_NAME.violations(name, "attributes")
        if value is not None:
            yield from _text(value, ATTRIBUTE_VALUE, "attributes")


def _text(value: object, rule: TextRule, *path: str) -> Iterator[Violation]:
    if isinstance(value, str):
        yield from rule.violations(value, *path)
    else:
        yield Violation(path, "not_a_string", "Send a text.")


def _integer(value: object, *path: str, least: int, greatest: int) -> Iterator[Violation]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield Violation(path, "not_an_integer", "Send a whole number, without quotes or a fraction.")
    elif value < least:
        yield Violation(path, "too_small", f"Send a number not less than {least}.")
    elif value > greatest:
        yield Violation(path, "too_large", f"Send a number not greater than {greatest}.")


def _missing(*path: str) -> Violation:
    return Violation(path, "missing", "This is required.")


def _unknown(row: Mapping[str, object], known: Iterable[str], *path: str) -> Iterator[Violation]:
    """Yield one violation for all unknown fields.

    The violation does not quote the names of the fields, because the names are content of the file.
    """
    if row.keys() - set(known):
        yield Violation(path, "unknown_field", "There is a field here that is not known.")


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)
