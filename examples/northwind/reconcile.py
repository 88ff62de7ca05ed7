"""Compare orders, stock and events of the shop with the Northwind files."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from application.catalog.queries import GetStock, ListMovements
from application.catalog.views import MovementView
from application.events.ports import OutboxQueries
from application.shared.page import Position
from domain.catalog.stock import MovementReason
from domain.shared.ids import ProductId
from domain.shared.money import Money
from examples.northwind.data import CURRENCY, Northwind, NorthwindOrder
from examples.northwind.fetched_orders import FetchedOrder

LEDGER_PAGE = 100


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one comparison, with a line for each difference."""

    name: str
    expected: str
    found: str
    differences: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return self.expected == self.found and not self.differences


def check_orders(northwind: Northwind, fetched: Sequence[FetchedOrder]) -> list[Check]:
    """Check that each order exists exactly once, with the right customer, lines and total."""
    by_id: dict[str, list[FetchedOrder]] = {}
    for order in fetched:
        by_id.setdefault(order.northwind_id, []).append(order)
    differences = [
        f"order {order.id}: {difference}"
        for order in northwind.orders
        if (difference := _difference(northwind, order, by_id.get(str(order.id), [])))
    ]
    expected_total = sum(northwind.total(order) for order in northwind.orders)
    found_total = sum(order.total for order in fetched if order.currency == CURRENCY)
    return [
        Check("Orders", f"{len(northwind.orders):,}", f"{len(by_id):,}", tuple(differences)),
        Check(
            "Lines",
            f"{sum(len(order.quantities) for order in northwind.orders):,}",
            f"{sum(len(order.quantities) for order in fetched):,}",
        ),
        Check(
            "Orders with the right total",
            f"{len(northwind.orders):,}",
            f"{sum(_total_is_right(northwind, order, by_id) for order in northwind.orders):,}",
        ),
        Check("Sum of all totals", money(expected_total), money(found_total)),
    ]


def _total_is_right(
    northwind: Northwind, order: NorthwindOrder, by_id: Mapping[str, Sequence[FetchedOrder]]
) -> bool:
    expected = (northwind.total(order), CURRENCY)
    return [(fetched.total, fetched.currency) for fetched in by_id.get(str(order.id), [])] == [expected]


def _difference(northwind: Northwind, order: NorthwindOrder, fetched: Sequence[FetchedOrder]) -> str | None:
    if len(fetched) != 1:
        return f"it exists {len(fetched)} times"
    found = fetched[0]
    if found.customer_id != order.customer_id:
        return f"it is {found.customer_id}'s, not {order.customer_id}'s"
    if found.quantities != order.quantities:
        return "its lines differ"
    if (found.total, found.currency) != (northwind.total(order), CURRENCY):
        return f"it costs {found.total} {found.currency}, not {northwind.total(order)} {CURRENCY}"
    return None


async def check_stock(
    get_stock: GetStock,
    list_movements: ListMovements,
    northwind: Northwind,
    *,
    product_ids: Mapping[str, UUID],
    order_ids: Collection[UUID],
) -> list[Check]:
    """Compare the stock of each product with the initial stock minus the ordered units.

    Staff and other orders may also have changed the stock. These changes are read from the ledger and added to the
    expected stock.
    """
    ordered = northwind.units_ordered()
    differences = []
    expected_units = found_units = 0
    for product in northwind.products.values():
        product_id = ProductId(product_ids[product.sku])
        left = (await get_stock(product_id)).available
        ledger = await _ledger(list_movements, product_id)
        expected = product.stock - ordered[product.sku] + _moved_otherwise(ledger, order_ids)
        if left != expected:
            differences.append(f"{product.sku}: {left} units are left, not {expected}")
        expected_units += expected
        found_units += left
    return [
        Check(
            "Products with the right stock",
            f"{len(northwind.products):,}",
            f"{len(northwind.products) - len(differences):,}",
            tuple(differences),
        ),
        Check("Units left of them", f"{expected_units:,}", f"{found_units:,}"),
    ]


async def _ledger(list_movements: ListMovements, product_id: ProductId) -> list[MovementView]:
    movements: list[MovementView] = []
    after: Position | None = None
    while True:
        page = await list_movements(product_id, after=after, limit=LEDGER_PAGE)
        movements += page.items
        if page.next is None:
            return movements
        after = page.next


def _moved_otherwise(ledger: Sequence[MovementView], order_ids: Collection[UUID]) -> int:
    return sum(
        movement.on_hand_delta - movement.reserved_delta
        for movement in ledger
        if movement.reason is not MovementReason.INITIAL
        and not (movement.reason is MovementReason.RESERVED and movement.order_id in order_ids)
    )


async def check_events(
    outbox: OutboxQueries, northwind: Northwind, *, order_ids: Collection[UUID]
) -> list[Check]:
    """Compare the number of `order.placed` events in the outbox with the number of orders."""
    events = (await outbox.counts(of=order_ids))["order.placed"]
    return [Check("Events order.placed", f"{len(northwind.orders):,}", f"{events:,}")]


def money(amount: int) -> str:
    """Format an amount of US cents."""
    major, minor = str(Money(amount, CURRENCY)).split(" ")[0].split(".")
    return f"{int(major):,}.{minor} {CURRENCY}"
