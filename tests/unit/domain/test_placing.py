from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.product import Product, ProductStatus
from domain.catalog.stock import Stock
from domain.orders.events import OrderConfirmed, OrderPlaced
from domain.orders.hold_limits import CustomerHolds, HoldLimits
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.line import RequestedLine
from domain.orders.order import Order
from domain.orders.placing import OrderRequest, OutOfStock, ProductsWithStock, place, quote
from domain.orders.pricing import MAX_LINES, MAX_QUANTITY, PriceChanged, ProductUnavailable
from domain.shared.errors import DomainError, ValidationFailed
from domain.shared.ids import ProductId, UserId
from domain.shared.money import MAX_AMOUNT, Money
from domain.users.user import UserStatus
from tests.kit.actors import STAFF
from tests.kit.examples import ADDRESS, NOW, a_product
from tests.kit.ports import SequentialIds

IDS = SequentialIds()
ANN = UserId(IDS.new())


class Goods:
    """Products with stock, added one by one."""

    def __init__(self) -> None:
        self._products: dict[ProductId, Product] = {}
        self._stocks: dict[ProductId, Stock] = {}
        self.products_with_stock = ProductsWithStock(self._products, self._stocks)

    def add(self, sku: str, *, stock: int = 10, price: Money | None = None) -> Product:
        product, its_stock = a_product(IDS, actor=STAFF, sku=sku, on_hand=stock)
        price = price or Money(1000, "EUR")
        product.details = replace(product.details, price=price, max_per_order=None)
        self._products[product.id], self._stocks[product.id] = product, its_stock
        return product

    def available(self, product: Product) -> int:
        return self._stocks[product.id].available


@pytest.fixture
def goods() -> Goods:
    return Goods()


def request(*lines: tuple[Product, int], expected_total: Money | None = None) -> OrderRequest:
    return OrderRequest(
        customer_id=ANN,
        lines=tuple(RequestedLine(product.id, quantity) for product, quantity in lines),
        shipping_address=ADDRESS,
        note="Ring twice",
        expected_total=expected_total,
        metadata={"cart": "7"},
    )


def place_it(goods: Goods, asked: OrderRequest) -> Order:
    return place(
        asked,
        goods.products_with_stock,
        CustomerHolds(status=UserStatus.ACTIVE, email_verified=False),
        HoldLimits(),
        idempotency_key="key",
        new_id=IDS.new,
        now=NOW,
        expires_at=NOW + timedelta(minutes=15),
        actor=STAFF,
    )


def faults(error: DomainError) -> list[tuple[Sequence[str | int], str]]:
    return [(violation.path, violation.code) for violation in error.violations]


def test_placed_order_reserves_units_and_copies_prices(goods: Goods) -> None:
    mug, cup = goods.add("MUG", price=Money(999, "EUR")), goods.add("CUP", price=Money(1, "EUR"))
    order = place_it(goods, request((mug, 2), (cup, 3)))
    assert [(line.sku, line.name, line.unit_price, line.quantity) for line in order.lines] == [
        ("MUG", mug.details.name, Money(999, "EUR"), 2),
        ("CUP", cup.details.name, Money(1, "EUR"), 3),
    ]
    assert order.total == Money(2001, "EUR")
    assert (goods.available(mug), goods.available(cup)) == (8, 7)
    assert order.status is OrderStatus.PENDING_PAYMENT
    assert order.expires_at == NOW + timedelta(minutes=15)
    assert (order.customer_id, order.shipping_address, order.note) == (ANN, ADDRESS, "Ring twice")
    assert order.metadata == {"cart": "7"}


def test_placed_order_has_one_history_entry_and_one_event(goods: Goods) -> None:
    order = place_it(goods, request((goods.add("MUG"), 2)))
    assert [(change.action, change.source, change.target) for change in order.changes] == [
        (Action.PLACE, None, OrderStatus.PENDING_PAYMENT)
    ]
    [event] = order.events
    assert isinstance(event, OrderPlaced)
    assert (event.aggregate_id, event.aggregate_version, event.number) == (order.id, 1, order.number)
    assert [(line.sku, line.quantity, line.unit_price) for line in event.lines] == [
        ("MUG", 2, Money(1000, "EUR"))
    ]


def test_order_with_a_total_of_zero_records_a_placed_and_a_confirmed_event(goods: Goods) -> None:
    order = place_it(goods, request((goods.add("FREE", price=Money(0, "EUR")), 1)))
    assert order.status is OrderStatus.CONFIRMED
    assert [change.action for change in order.changes] == [Action.PLACE, Action.CONFIRM]
    assert [type(event) for event in order.events] == [OrderPlaced, OrderConfirmed]
    assert [event.aggregate_version for event in order.events] == [1, 2] == [1, order.version]


def test_quantities_of_order_lines_for_one_product_are_added_to_the_first_line(goods: Goods) -> None:
    mug, cup = goods.add("MUG"), goods.add("CUP")
    order = place_it(goods, request((mug, 1), (cup, 1), (mug, 2)))
    assert [(line.sku, line.quantity) for line in order.lines] == [("MUG", 3), ("CUP", 1)]


def test_out_of_stock_error_lists_every_unavailable_line_and_reserves_nothing(goods: Goods) -> None:
    plenty, one, none = goods.add("PLENTY"), goods.add("ONE", stock=1), goods.add("NONE", stock=0)
    with pytest.raises(OutOfStock) as refusal:
        place_it(goods, request((one, 1), (plenty, 1), (none, 5), (one, 1)))
    assert [(v.path, v.code, v.params) for v in refusal.value.violations] == [
        (("lines", 0, "quantity"), "insufficient_stock", {"sku": "ONE", "requested": 2, "available": 1}),
        (("lines", 2, "quantity"), "insufficient_stock", {"sku": "NONE", "requested": 5, "available": 0}),
    ]
    assert refusal.value.detail == "2 of 4 lines cannot be supplied."
    assert [goods.available(product) for product in (plenty, one, none)] == [10, 1, 0]


def test_order_for_the_last_units_is_placed(goods: Goods) -> None:
    mug = goods.add("MUG", stock=3)
    place_it(goods, request((mug, 3)))
    assert goods.available(mug) == 0


def test_every_unavailable_product_is_reported(goods: Goods) -> None:
    mug, archived, rationed = goods.add("MUG"), goods.add("ARCHIVED"), goods.add("RATIONED")
    yen, unknown = goods.add("YEN", price=Money(1, "JPY")), Goods().add("UNKNOWN")
    archived.status = ProductStatus.ARCHIVED
    rationed.details = replace(rationed.details, max_per_order=2)
    with pytest.raises(ProductUnavailable) as refusal:
        place_it(
            goods, request((mug, 1), (archived, 1), (rationed, 1), (rationed, 2), (yen, 1), (unknown, 1))
        )
    assert faults(refusal.value) == [
        (("lines", 1, "product_id"), "not_for_sale"),
        (("lines", 2, "quantity"), "max_per_order_exceeded"),
        (("lines", 4, "product_id"), "other_currency"),
        (("lines", 5, "product_id"), "not_for_sale"),
    ]
    assert goods.available(mug) == 10


def test_order_up_to_the_maximum_quantity_of_a_product_is_placed(goods: Goods) -> None:
    rationed = goods.add("RATIONED")
    rationed.details = replace(rationed.details, max_per_order=2)
    assert place_it(goods, request((rationed, 1), (rationed, 1))).units_left_to_ship == 2


@pytest.mark.parametrize("lines", [0, MAX_LINES + 1])
def test_order_without_lines_or_with_more_than_100_lines_is_rejected(goods: Goods, lines: int) -> None:
    mug = goods.add("MUG", stock=1000)
    with pytest.raises(ValidationFailed):
        quote(request(*[(mug, 1)] * lines), goods.products_with_stock)
    assert quote(request(*[(mug, 1)] * MAX_LINES), goods.products_with_stock).total == Money(
        1000 * MAX_LINES, "EUR"
    )


def test_order_quantity_below_one_or_above_a_million_is_rejected(goods: Goods) -> None:
    mug, cup = goods.add("MUG", stock=MAX_QUANTITY + 1), goods.add("CUP", stock=MAX_QUANTITY + 1)
    lines = [(mug, 2), (mug, -1), (cup, MAX_QUANTITY), (mug, 0), (cup, 1)]
    with pytest.raises(ValidationFailed) as refusal:
        quote(request(*lines), goods.products_with_stock)
    assert faults(refusal.value) == [(("lines", n, "quantity"), "out_of_range") for n in (1, 2, 3)]
    assert quote(request((cup, MAX_QUANTITY)), goods.products_with_stock).lines[0].quantity == MAX_QUANTITY


def test_order_above_the_maximum_amount_is_rejected(goods: Goods) -> None:
    dear, cheap = goods.add("DEAR", price=Money(MAX_AMOUNT, "EUR")), goods.add("CHEAP", price=Money(1, "EUR"))
    for lines in ([(dear, 2)], [(dear, 1), (cheap, 1)]):
        with pytest.raises(ValidationFailed) as refusal:
            quote(request(*lines), goods.products_with_stock)
        assert faults(refusal.value) == [(("lines",), "amount_out_of_range")]
    assert quote(request((dear, 1)), goods.products_with_stock).total == Money(MAX_AMOUNT, "EUR")


@pytest.mark.parametrize("expected", [Money(1999, "EUR"), Money(2001, "EUR"), Money(2000, "USD")])
def test_order_with_an_unexpected_total_is_rejected(goods: Goods, expected: Money) -> None:
    mug = goods.add("MUG")
    with pytest.raises(PriceChanged) as refusal:
        place_it(goods, request((mug, 2), expected_total=expected))
    [violation] = refusal.value.violations
    assert (violation.path, violation.params) == (("expected_total",), {"amount": 2000, "currency": "EUR"})
    assert goods.available(mug) == 10


def test_order_with_the_expected_total_is_placed(goods: Goods) -> None:
    mug = goods.add("MUG")
    assert place_it(goods, request((mug, 2), expected_total=Money(2000, "EUR"))).units_left_to_ship == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), min_size=1, max_size=8))
def test_order_reserves_all_ordered_units_or_none(lines: list[tuple[int, int]]) -> None:
    goods = Goods()
    products = [goods.add(f"SKU-{n}", stock=6, price=Money(10**n, "EUR")) for n in range(4)]
    wanted = [sum(units for number, units in lines if number == n) for n in range(4)]
    asked = request(*((products[number], units) for number, units in lines))
    if max(wanted) <= 6:
        order = place_it(goods, asked)
        assert order.total.amount == sum(10**n * units for n, units in enumerate(wanted))
        assert [goods.available(product) for product in products] == [6 - units for units in wanted]
    else:
        with pytest.raises(OutOfStock) as refusal:
            place_it(goods, asked)
        assert len(refusal.value.violations) == sum(units > 6 for units in wanted)
        assert [goods.available(product) for product in products] == [6] * 4
