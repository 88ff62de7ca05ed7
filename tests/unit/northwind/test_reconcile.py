"""The demo's reconciliation reports differences, and ignores the effects of other orders."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from application.orders.views import OrderView
from examples.northwind.data import Northwind, NorthwindCustomer, NorthwindOrder, NorthwindProduct
from examples.northwind.fetched_orders import FetchedOrder
from examples.northwind.reconcile import Check, check_events, check_orders, check_stock
from tests.kit.shop import Shop

SMALL = Northwind(
    products={
        "NW-0001": NorthwindProduct("NW-0001", price=1800, stock=10),
        "NW-0002": NorthwindProduct("NW-0002", price=1000, stock=5),
    },
    customers=[NorthwindCustomer("ALFKI", "alfki@example.com", "Maria Anders")],
    orders=[NorthwindOrder(10248, "ALFKI", "1996-07-04", {"NW-0001": 2, "NW-0002": 5}, {})],
)
FETCHED = FetchedOrder(
    id=UUID(int=1),
    northwind_id="10248",
    customer_id="ALFKI",
    quantities={"NW-0001": 2, "NW-0002": 5},
    total=8600,
    currency="USD",
    paid=8600,
    refunded=0,
    cancelled={},
    shipped={"NW-0001": 2, "NW-0002": 5},
)


def failing(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if not check.holds]


def test_orders_that_equal_the_data_files_pass_reconciliation() -> None:
    assert failing(check_orders(SMALL, [FETCHED])) == []


@pytest.mark.parametrize(
    ("fetched", "names", "difference"),
    [
        ([], ["Orders", "Lines", "Orders with the right total", "Sum of all totals"], "it exists 0 times"),
        (
            [FETCHED, replace(FETCHED, id=UUID(int=2))],
            ["Orders", "Lines", "Orders with the right total", "Sum of all totals"],
            "it exists 2 times",
        ),
        (
            [replace(FETCHED, total=8601)],
            ["Orders", "Orders with the right total", "Sum of all totals"],
            "it costs 8601 USD, not 8600 USD",
        ),
        (
            [replace(FETCHED, currency="EUR")],
            ["Orders", "Orders with the right total", "Sum of all totals"],
            "it costs 8600 EUR, not 8600 USD",
        ),
        ([replace(FETCHED, quantities={"NW-0001": 2, "NW-0002": 4})], ["Orders"], "its lines differ"),
        ([replace(FETCHED, customer_id="ANATR")], ["Orders"], "it is ANATR's, not ALFKI's"),
    ],
)
def test_reconciliation_detects_a_wrong_order(
    fetched: list[FetchedOrder], names: list[str], difference: str
) -> None:
    checks = check_orders(SMALL, fetched)
    assert failing(checks) == names
    assert checks[0].differences == (f"order 10248: {difference}",)


class DemoShop:
    """A shop that contains the order of the small Northwind data. The data has only one order."""

    def __init__(self, shop: Shop, product_ids: Mapping[str, UUID], order: OrderView) -> None:
        self.shop = shop
        self.product_ids = product_ids
        self.order = order

    async def stock_checks(self) -> list[Check]:
        return await check_stock(
            self.shop.get_stock,
            self.shop.list_movements,
            SMALL,
            product_ids=self.product_ids,
            order_ids={self.order.id},
        )


@pytest.fixture
async def demo_shop(shop: Shop) -> DemoShop:
    chai = await shop.product(sku="NW-0001", price=1800, currency="USD", stock=10)
    chang = await shop.product(sku="NW-0002", price=1000, currency="USD", stock=5)
    placed = await shop.place_order(
        shop.commands.place_order((chai, 2), (chang, 5), customer=await shop.customer())
    )
    return DemoShop(shop, {"NW-0001": chai.id, "NW-0002": chang.id}, placed.result)


async def test_stock_passes_reconciliation_if_there_are_only_demo_orders(demo_shop: DemoShop) -> None:
    checks = await demo_shop.stock_checks()
    assert failing(checks) == []
    assert checks[1].found == "8"


async def test_stock_passes_reconciliation_if_orders_outside_the_demo_exist(demo_shop: DemoShop) -> None:
    shop = demo_shop.shop
    other = await shop.product(sku="OTHER", stock=1)
    chai = await shop.get_product(demo_shop.order.lines[0].product_id, include_archived=False)
    await shop.order(chai, 3)
    await shop.order(other, 1)
    cancelled = await shop.order(chai, 1)
    await shop.cancel(cancelled)
    assert failing(await demo_shop.stock_checks()) == []


async def test_stock_passes_reconciliation_if_a_demo_order_is_canceled(demo_shop: DemoShop) -> None:
    await demo_shop.shop.cancel(demo_shop.order)
    assert failing(await demo_shop.stock_checks()) == []


async def test_reconciliation_detects_stock_that_differs_from_the_expected_stock(demo_shop: DemoShop) -> None:
    checks = await check_stock(
        demo_shop.shop.get_stock,
        demo_shop.shop.list_movements,
        SMALL,
        product_ids=demo_shop.product_ids,
        order_ids={uuid4()},
    )
    assert failing(checks) == ["Products with the right stock", "Units left of them"]
    assert checks[0].differences == (
        "NW-0001: 8 units are left, not 6",
        "NW-0002: 0 units are left, not -5",
    )


async def test_reconciliation_requires_one_order_placed_event_per_demo_order(demo_shop: DemoShop) -> None:
    shop = demo_shop.shop
    await shop.order(await shop.product(stock=1))
    assert failing(await check_events(shop.store.outbox, SMALL, order_ids={demo_shop.order.id})) == []
    assert failing(await check_events(shop.store.outbox, SMALL, order_ids={uuid4()})) == [
        "Events order.placed"
    ]
