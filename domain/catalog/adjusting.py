"""Adjust the stock of several products together. Either all adjustments are applied or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.catalog.stock import MAX_ON_HAND, MovementReason, Stock, StockConflict
from domain.shared.actor import Actor
from domain.shared.errors import Violation
from domain.shared.ids import ProductId


@dataclass(frozen=True, slots=True)
class StockDelta:
    """A change to the stock of one product. A negative `delta` removes units."""

    product_id: ProductId
    delta: int


def adjust(
    deltas: Sequence[StockDelta],
    stocks: Mapping[ProductId, Stock],
    reason: MovementReason,
    *,
    note: str | None,
    now: datetime,
    actor: Actor,
) -> None:
    """Apply either all adjustments or none. The stocks must be locked.

    Raises StockConflict, which lists every invalid line.
    """
    sums: dict[ProductId, tuple[int, int]] = {}
    for position, line in enumerate(deltas):
        first, delta = sums.get(line.product_id, (position, 0))
        sums[line.product_id] = (first, delta + line.delta)
    violations = [
        violation
        for product_id, (position, delta) in sums.items()
        if (violation := _violation(position, delta, stocks.get(product_id)))
    ]
    if violations:
        raise StockConflict(
            f"{len(violations)} of {len(deltas)} lines cannot be applied, so none was.", violations=violations
        )
    for product_id, (_, delta) in sums.items():
        stocks[product_id].adjust(delta, reason, note=note, now=now, actor=actor)


def _violation(position: int, delta: int, stock: Stock | None) -> Violation | None:
    if stock is None:
        return Violation(("lines", position, "product_id"), "unknown_product", "There is no such product.")
    if stock.can_adjust(delta):
        return None
    return Violation(
        ("lines", position, "delta"),
        "stock_out_of_range",
        f"On hand would have to be from what is reserved ({stock.reserved}) to {MAX_ON_HAND}.",
        {"on_hand": stock.on_hand, "reserved": stock.reserved},
    )
