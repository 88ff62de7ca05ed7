"""Pricing the requested lines of an order."""

from collections.abc import Mapping, Sequence

from domain.catalog.product import Product
from domain.orders.line import PricedLine, RequestedLine
from domain.shared.errors import DomainError, ValidationFailed, Violation
from domain.shared.ids import ProductId
from domain.shared.money import AmountOutOfRange, Money

MAX_LINES = 100
MAX_QUANTITY = 1_000_000


class ProductUnavailable(DomainError):
    """At least one product cannot be ordered.

    The product is unknown or archived, its price is in another currency, or the quantity exceeds the limit.
    """

    code = "product_unavailable"

    def __init__(self, violations: Sequence[Violation], lines: int) -> None:
        super().__init__(f"{len(violations)} of {lines} lines cannot be ordered.", violations=violations)


class PriceChanged(DomainError):
    """The total differs from the client's expected total."""

    code = "price_changed"

    def __init__(self, actual: Money) -> None:
        super().__init__(
            "The total is not the expected one. Show the new total to the customer and place the order again.",
            violations=[
                Violation(
                    ("expected_total",),
                    "price_changed",
                    f"The total is now {actual}.",
                    {"amount": actual.amount, "currency": actual.currency},
                )
            ],
        )


def summed(requested: Sequence[RequestedLine]) -> dict[ProductId, tuple[int, int]]:
    """Return, for each product, the position of its first line and the sum of its quantities."""
    sums: dict[ProductId, tuple[int, int]] = {}
    for position, line in enumerate(requested):
        first, quantity = sums.get(line.product_id, (position, 0))
        sums[line.product_id] = (first, quantity + line.quantity)
    return sums


def priced(
    requested: Sequence[RequestedLine], products: Mapping[ProductId, Product]
) -> tuple[PricedLine, ...]:
    """Return the priced lines of the request, one line per product.

    Raises ValidationFailed. Raises ProductUnavailable with a reason for each unavailable product.
    """
    if not 1 <= len(requested) <= MAX_LINES:
        raise ValidationFailed(f"An order has 1 to {MAX_LINES} lines.")
    sums = summed(requested)
    _ensure_quantities(requested, sums)
    lines: list[PricedLine] = []
    violations: list[Violation] = []
    for product_id, (position, quantity) in sums.items():
        product = products.get(product_id)
        if product is None or not product.is_for_sale:
            violations.append(
                Violation(("lines", position, "product_id"), "not_for_sale", "This product is not for sale.")
            )
        elif product.details.max_per_order is not None and quantity > product.details.max_per_order:
            violations.append(
                Violation(
                    ("lines", position, "quantity"),
                    "max_per_order_exceeded",
                    f"At most {product.details.max_per_order} of this product can be in one order.",
                    {"sku": product.sku, "max_per_order": product.details.max_per_order},
                )
            )
        elif lines and product.details.price.currency != lines[0].unit_price.currency:
            violations.append(
                Violation(
                    ("lines", position, "product_id"),
                    "other_currency",
                    "An order has one currency. Order this product by itself.",
                    {"sku": product.sku},
                )
            )
        else:
            lines.append(_line(position, product, quantity))
    if violations:
        raise ProductUnavailable(violations, len(requested))
    return tuple(lines)


def total_of(lines: Sequence[PricedLine]) -> Money:
    """Return the sum of the lines.

    Raises ValidationFailed if the sum exceeds the largest amount of Money.
    """
    try:
        return Money.sum((line.total for line in lines), lines[0].unit_price.currency)
    except AmountOutOfRange as error:
        raise ValidationFailed(
            "The order costs more than can be expressed.",
            violations=[Violation(("lines",), "amount_out_of_range", error.detail)],
        ) from None


def ensure_expected(expected: Money | None, actual: Money) -> None:
    """Raise PriceChanged if the total differs from the client's expected total."""
    if expected is not None and expected != actual:
        raise PriceChanged(actual)


def _ensure_quantities(requested: Sequence[RequestedLine], sums: Mapping[ProductId, tuple[int, int]]) -> None:
    out_of_range = {position for position, line in enumerate(requested) if line.quantity < 1}
    out_of_range |= {first for first, quantity in sums.values() if quantity > MAX_QUANTITY}
    if out_of_range:
        raise ValidationFailed(
            "A quantity is out of range.",
            violations=[
                Violation(
                    ("lines", position, "quantity"),
                    "out_of_range",
                    f"A quantity is at least 1, and the sum of a product's quantities at most {MAX_QUANTITY}.",
                )
                for position in sorted(out_of_range)
            ],
        )


def _line(position: int, product: Product, quantity: int) -> PricedLine:
    return PricedLine(
        requested_at=position,
        product_id=product.id,
        sku=product.sku,
        name=product.details.name,
        unit_price=product.details.price,
        quantity=quantity,
    )
