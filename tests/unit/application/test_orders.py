from datetime import timedelta
from uuid import UUID

import pytest

from application.orders.access import OrderAccess
from application.orders.cancel_order import CancelOrderCommand
from application.orders.ports import OrderFilter
from application.orders.views import OrderView
from application.shared.idempotency import IdempotentOperation
from application.users.views import UserView
from domain.orders.lifecycle import Action, InvalidTransition, OrderStatus, Party
from domain.orders.placing import OutOfStock
from domain.orders.pricing import PriceChanged, ProductUnavailable
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus
from domain.shared.actor import Actor
from domain.shared.errors import NotFound
from domain.shared.ids import OrderId, UserId
from domain.shared.money import Money
from tests.invariants import assert_invariants
from tests.kit.actors import SOMEBODY
from tests.kit.shop import HOLD, Shop


def canceling(shop: Shop, order: OrderView, *, access: OrderAccess) -> CancelOrderCommand:
    return CancelOrderCommand(
        order_id=order.id,
        reason="changed my mind",
        access=access,
        key=shop.commands.key(order.id, operation=IdempotentOperation.CANCEL_ORDER),
        actor=Actor(access.customer_id, "request-1"),
    )


async def test_placed_order_reduces_the_available_units(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    await shop.order(mug, quantity=2)
    assert (await shop.get_stock(mug.id)).available == 3


async def test_order_that_waits_for_payment_has_an_expiry_time(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5, price=999), quantity=2)
    assert order.status is OrderStatus.PENDING_PAYMENT
    assert order.payment_status is OrderPaymentStatus.UNPAID
    assert order.fulfillment_status is FulfillmentStatus.UNFULFILLED
    assert order.allowed_actions == (Action.PAY, Action.CANCEL, Action.CANCEL_LINES, Action.CHANGE)
    assert order.total == Money(1998, "EUR")
    assert order.placed_at == shop.clock.now()
    assert order.expires_at == shop.clock.now() + HOLD
    await assert_invariants(shop)


async def test_order_with_a_total_of_zero_is_confirmed_and_paid(shop: Shop) -> None:
    order = await shop.order(await shop.product(stock=5, price=0))
    assert (order.status, order.payment_status) == (OrderStatus.CONFIRMED, OrderPaymentStatus.PAID)
    await assert_invariants(shop)


async def test_order_with_one_unavailable_line_reserves_no_stock_for_other_lines(shop: Shop) -> None:
    mug, cup = await shop.product(stock=5), await shop.product(stock=1)
    with pytest.raises(OutOfStock):
        await shop.place_order(shop.commands.place_order((mug, 1), (cup, 2), customer=await shop.customer()))
    await assert_invariants(shop)


async def test_archived_product_cannot_be_ordered(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    await shop.archive_product(mug.id, expected_version=mug.version, actor=SOMEBODY)
    with pytest.raises(ProductUnavailable):
        await shop.order(mug)


async def test_order_with_an_outdated_price_is_rejected_and_reserves_nothing(shop: Shop) -> None:
    mug, ann = await shop.product(stock=5, price=1000), await shop.customer()
    with pytest.raises(PriceChanged):
        await shop.place_order(
            shop.commands.place_order((mug, 1), customer=ann, expected_total=Money(999, "EUR"))
        )
    await shop.place_order(
        shop.commands.place_order((mug, 1), customer=ann, expected_total=Money(1000, "EUR"))
    )
    await assert_invariants(shop)


async def test_preview_returns_the_total_and_reserves_no_stock(shop: Shop) -> None:
    mug, cup = await shop.product(stock=5, price=1000), await shop.product(stock=5, price=1)
    request = shop.commands.place_order((mug, 2), (cup, 3), (mug, 1), customer=await shop.customer()).request
    preview = await shop.preview_order(request)
    assert (preview.total, preview.currency) == (Money(3003, "EUR"), "EUR")
    assert [(line.sku, line.quantity, line.line_total.amount) for line in preview.lines] == [
        (mug.sku, 3, 3000),
        (cup.sku, 3, 3),
    ]
    assert (await shop.get_stock(mug.id)).reserved == 0


async def test_preview_of_an_out_of_stock_order_is_rejected(shop: Shop) -> None:
    mug = await shop.product(stock=1)
    with pytest.raises(OutOfStock):
        await shop.preview_order(shop.commands.place_order((mug, 2), customer=await shop.customer()).request)


async def test_canceled_order_releases_its_stock_and_allows_no_action(shop: Shop) -> None:
    mug, ann = await shop.product(stock=5), await shop.customer()
    order = await shop.order(mug, quantity=2, customer=ann)
    shop.clock.advance(timedelta(minutes=1))
    cancelled = (await shop.cancel_order(canceling(shop, order, access=OrderAccess.own(ann.id)))).result
    assert (cancelled.status, cancelled.allowed_actions) == (OrderStatus.CANCELLED, ())
    assert (cancelled.version, cancelled.updated_at) == (2, shop.clock.now())
    assert (await shop.get_stock(mug.id)).available == 5
    with pytest.raises(InvalidTransition) as refusal:
        await shop.cancel_order(canceling(shop, order, access=OrderAccess.own(ann.id)))
    assert refusal.value.params == {"from": "cancelled", "action": "cancel", "allowed_actions": []}
    await assert_invariants(shop)


async def test_confirmed_order_can_be_canceled_before_any_unit_is_fulfilled(shop: Shop) -> None:
    free = await shop.product(stock=5, price=0)
    assert (await shop.cancel(await shop.order(free))).status is OrderStatus.CANCELLED
    await assert_invariants(shop)


async def test_order_history_records_the_action_and_the_actor_and_the_reason(shop: Shop) -> None:
    ann = await shop.customer()
    order = await shop.order(await shop.product(stock=5), customer=ann)
    await shop.cancel_order(canceling(shop, order, access=OrderAccess.own(ann.id)))
    page = await shop.list_status_changes(order.id, access=OrderAccess.own(ann.id), after=None, limit=10)
    assert [(change.action, change.actor_id, change.reason) for change in page.items] == [
        (Action.PLACE, ann.id, None),
        (Action.CANCEL, ann.id, "changed my mind"),
    ]


@pytest.fixture
async def ann(shop: Shop) -> UserView:
    return await shop.customer()


@pytest.fixture
async def order_of_ann(shop: Shop, ann: UserView) -> OrderView:
    return await shop.order(await shop.product(stock=5), customer=ann)


async def test_only_staff_and_the_customer_of_an_order_can_see_the_order(
    shop: Shop, ann: UserView, order_of_ann: OrderView
) -> None:
    bob = await shop.customer()
    assert await shop.get_order(order_of_ann.id, access=OrderAccess.own(ann.id)) == order_of_ann
    assert await shop.get_order(order_of_ann.id, access=OrderAccess.all()) == order_of_ann
    with pytest.raises(NotFound):
        await shop.get_order(order_of_ann.id, access=OrderAccess.own(bob.id))
    with pytest.raises(NotFound):
        await shop.list_status_changes(order_of_ann.id, access=OrderAccess.own(bob.id), after=None, limit=1)
    with pytest.raises(NotFound):
        await shop.cancel_order(canceling(shop, order_of_ann, access=OrderAccess.own(bob.id)))
    with pytest.raises(NotFound):
        await shop.get_order(OrderId(shop.ids.new()), access=OrderAccess.all())


async def test_order_list_contains_only_orders_that_the_caller_may_access(
    shop: Shop, ann: UserView, order_of_ann: OrderView
) -> None:
    bob = await shop.customer()
    order_of_bob = await shop.order(await shop.product(stock=5), customer=bob)

    async def listed(criteria: OrderFilter, access: OrderAccess) -> list[OrderView]:
        page = await shop.list_orders(criteria, access=access, descending=False, after=None, limit=9)
        return list(page.items)

    of_bob = OrderFilter(customer_id=bob.id)
    everything, of_ann = OrderAccess.all(), OrderAccess.own(ann.id)
    assert await listed(OrderFilter(), everything) == [order_of_ann, order_of_bob]
    assert await listed(of_bob, everything) == [order_of_bob]
    assert await listed(OrderFilter(), of_ann) == [order_of_ann]
    assert await listed(of_bob, of_ann) == []
    assert await listed(of_bob, OrderAccess.own(bob.id)) == [order_of_bob]


@pytest.mark.parametrize("party", Party)
def test_order_access_is_rejected_if_party_and_customer_are_inconsistent(party: Party) -> None:
    customer_id = UserId(UUID(int=1)) if party is Party.STAFF else None
    with pytest.raises(ValueError, match="names"):
        OrderAccess(party, customer_id)
