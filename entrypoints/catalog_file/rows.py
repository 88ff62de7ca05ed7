"""From the fields of a row to a product that can be imported, by the domain's rules."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeGuard

from application.catalog.import_catalog import CatalogRow
from domain.catalog.product import (
    ATTRIBUTE_NAME,
    ATTRIBUTE_VALUE,
    MAX_ATTRIBUTES,
    MAX_PER_ORDER,
    SKU,
    TEXT_RULES,
    ProductDetails,
)
from domain.catalog.stock import MAX_ON_HAND
from domain.shared.currency import EXPONENTS
from domain.shared.errors import Violation
from domain.shared.money import MAX_AMOUNT, Money
from domain.shared.text import TextRule

_REQUIRED = ("sku", "name", "price")
_OPTIONAL = ("description", "attributes", "max_per_order", "initial_stock")
_PRICE = ("amount", "currency")


class BadFields(Exception):
    """Fields of a row break rules."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        super().__init__("Fields of the row break rules.")
        self.violations = tuple(violations)


def product_from(row: object) -> CatalogRow:
    """Return the product of a row, which may be any JSON value. Raises BadFields, naming every broken rule."""
    if not _is_object(row):
        raise BadFields([Violation((), "not_an_object", "Send a JSON object.")])
    violations = [*_violations(row)]
    if violations:
        raise BadFields(violations)
    price, attributes = row["price"], row.get("attributes", {})
    if not _is_object(price) or not _is_object(attributes):
        raise TypeError("The row was not checked.")
    max_per_order, initial_stock = row.get("max_per_order"), row.get("initial_stock", 0)
    return CatalogRow(
        sku=str(row["sku"]),
        details=ProductDetails(
            name=str(row["name"]),
            description=str(row.get("description", "")),
            price=Money(_whole(price["amount"]), str(price["currency"])),
            attributes={name: str(attributes[name]) for name in sorted(attributes)},
            max_per_order=None if max_per_order is None else _whole(max_per_order),
        ),
        initial_stock=_whole(initial_stock),
    )


def _violations(row: Mapping[str, object]) -> Iterator[Violation]:
    for field, rule in {"sku": SKU, **TEXT_RULES}.items():
        yield from _text(row, field, rule)
        yield from _missing(row, {field} & {*_REQUIRED})
    yield from _price(row)
    yield from _missing(row, ["price"])
    yield from _attributes(row.get("attributes", {}))
    if row.get("max_per_order") is not None:
        yield from _integer(row, "max_per_order", least=1, greatest=MAX_PER_ORDER)
    yield from _integer(row, "initial_stock", least=0, greatest=MAX_ON_HAND)
    yield from _unknown(row, (*_REQUIRED, *_OPTIONAL))


def _price(row: Mapping[str, object]) -> Iterator[Violation]:
    if "price" not in row:
        return
    price = row["price"]
    if not _is_object(price):
        yield Violation(("price",), "not_an_object", "Send a JSON object.")
        return
    yield from _integer(price, "amount", "price", least=0, greatest=MAX_AMOUNT)
    currency = price.get("currency", "EUR")
    if not isinstance(currency, str):
        yield Violation(("price", "currency"), "not_a_string", "Send a text.")
    elif currency not in EXPONENTS:
        detail = "Send a currency's code of ISO 4217, as in EUR."
        yield Violation(("price", "currency"), "unknown_currency", detail)
    yield from _missing(price, _PRICE, "price")
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
        if isinstance(value, str):
            yield from ATTRIBUTE_VALUE.violations(value, "attributes")
        else:
            yield Violation(("attributes",), "not_a_string", "Send a text.")


def _text(row: Mapping[str, object], field: str, rule: TextRule) -> Iterator[Violation]:
    value = row.get(field, "")
    if not isinstance(value, str):
        yield Violation((field,), "not_a_string", "Send a text.")
    elif field in row:
        yield from rule.violations(value, field)


def _integer(
    row: Mapping[str, object], field: str, *path: str, least: int, greatest: int
) -> Iterator[Violation]:
    if field not in row:
        return
    value = row[field]
    if not isinstance(value, int) or isinstance(value, bool):
        detail = "Send a whole number, without quotes or a fraction."
        yield Violation((*path, field), "not_an_integer", detail)
    elif value < least:
        yield Violation((*path, field), "too_small", f"Send a number not less than {least}.")
    elif value > greatest:
        yield Violation((*path, field), "too_large", f"Send a number not greater than {greatest}.")


def _missing(row: Mapping[str, object], required: Iterable[str], *path: str) -> Iterator[Violation]:
    for field in required:
        if field not in row:
            yield Violation((*path, field), "missing", "This is required.")


def _unknown(row: Mapping[str, object], known: Iterable[str], *path: str) -> Iterator[Violation]:
    """Yield one violation at the object itself: a field's name is the file's content, and is not repeated."""
    if row.keys() - set(known):
        yield Violation(path, "unknown_field", "There is a field here that is not known.")


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("The row was not checked.")
    return value
