"""The order history and the stock ledger record actor, time, change, reason and request."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest_asyncio

from application.catalog.views import MovementView
from application.orders.views import OrderView, StatusChangeView
from application.payments.provider_ports import ProviderEventKind
from domain.catalog.stock import MovementReason
from domain.orders.canceling import REASON as CANCELLED
from domain.orders.lifecycle import Action, OrderStatus
from domain.shared.actor import Actor
from tests.invariants import assert_invariants, every_order, history, ledger
from tests.kit.actors import STAFF as PROVIDER
from tests.kit.shop import HOLD, Shop

PENDING, CONFIRMED, FULFILLED, ORDER_CANCELLED, EXPIRED = OrderStatus
SWEEPER = Actor(None, "sweeper")

Row = tuple[Action, OrderStatus | None, OrderStatus, str | None, Actor]


@pytest_asyncio.fixture(loop_scope="session")
async def actors(shop: Shop) -> Iterator[Actor]:
    """Actors, each with a new request id. The clock advances before each actor is created."""

    def next_actors() -> Iterator[Actor]:
        for number in count(1):
            shop.clock.advance(timedelta(seconds=1))
            yield Actor(boss.id, f"request-{number}")

    boss = await shop.customer()
    return next_actors()


async def rows(shop: Shop, order: OrderView) -> list[Row]:
    changes = await history(shop, order)
    assert [change.at for change in changes] == sorted(change.at for change in changes)
    assert changes[-1].at == (await shop.current_order(order)).updated_at
    return [(c.action, c.source, c.target, c.reason, _actor(c)) for c in changes]


def _actor(view: StatusChangeView | MovementView) -> Actor:
    return Actor(view.actor_id, view.request_id)


async def test_history_of_a_refunded_order_contains_every_action(shop: Shop, actors: Iterator[Actor]) -> None:
    mug = await shop.product(stock=5)
    placing = replace(
        shop.commands.place_order((mug, 3), customer=await shop.customer()), actor=(placer := next(actors))
    )
    order = (await shop.place_order(placing)).result
    await shop.pay_order(
        replace(shop.commands.pay_order(order, "tok_declined"), actor=(poor := next(actors)))
    )
    await shop.pay_order(replace(shop.commands.pay_order(order), actor=(payer := next(actors))))
    await shop.fulfill_order(replace(shop.commands.fulfill_order(order, 1), actor=(packer := next(actors))))
    await shop.fulfill_order(replace(shop.commands.fulfill_order(order, 2), actor=(shipper := next(actors))))
    await shop.refund_order(replace(shop.commands.refund_order(order, 100), actor=(giver := next(actors))))
    shop.gateway.next_refunds = ["declined"]
    await shop.refund_order(replace(shop.commands.refund_order(order, 200), actor=(unlucky := next(actors))))

    assert await rows(shop, order) == [
        (Action.PLACE, None, PENDING, None, placer),
        (Action.FAIL_PAYMENT, PENDING, PENDING, "card_declined", poor),
        (Action.CONFIRM, PENDING, CONFIRMED, None, payer),
        (Action.FULFILL, CONFIRMED, CONFIRMED, None, packer),
        (Action.FULFILL, CONFIRMED, FULFILLED, None, shipper),
        (Action.REFUND, FULFILLED, FULFILLED, "It was broken", giver),
        (Action.SETTLE_REFUND, FULFILLED, FULFILLED, None, giver),
        (Action.REFUND, FULFILLED, FULFILLED, "It was broken", unlucky),
        (Action.FAIL_REFUND, FULFILLED, FULFILLED, "charge_disputed", unlucky),
    ]
    assert [
        (movement.reason, movement.order_id, _actor(movement)) for movement in await ledger(shop, mug.id)
    ][1:] == [
        (MovementReason.RESERVED, order.id, placer),
        (MovementReason.SHIPPED, order.id, packer),
        (MovementReason.SHIPPED, order.id, shipper),
    ]
    await assert_invariants(shop)


async def test_history_of_a_reinstated_order_contains_every_action(
    shop: Shop, actors: Iterator[Actor]
) -> None:
    mug = await shop.product(stock=1)
    order = await shop.order(mug)
    payment = await shop.pay(order, "tok_pending")
    shop.clock.advance(HOLD)
    await shop.expire_orders(limit=1, actor=SWEEPER)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)
    canceling = replace(
        shop.commands.cancel_order(order), reason="I have one", actor=(canceller := next(actors))
    )
    await shop.cancel_order(canceling)
    await shop.settle_payments(limit=1, actor=(settler := next(actors)))

    assert (await rows(shop, order))[1:] == [
        (Action.EXPIRE, PENDING, EXPIRED, None, SWEEPER),
        (Action.REINSTATE, EXPIRED, CONFIRMED, None, PROVIDER),
        (Action.CANCEL, CONFIRMED, ORDER_CANCELLED, "I have one", canceller),
        (Action.SETTLE_REFUND, ORDER_CANCELLED, ORDER_CANCELLED, None, settler),
    ]
    assert [(movement.reason, _actor(movement)) for movement in await ledger(shop, mug.id)][2:] == [
        (MovementReason.RELEASED, SWEEPER),
        (MovementReason.RESERVED, PROVIDER),
        (MovementReason.RELEASED, canceller),
    ]
    [refund] = (await shop.store.payments.refunds(order.id, after=None, limit=9)).items
    assert refund.reason == CANCELLED


async def test_history_of_an_expired_order_contains_expiry_and_unapplied_payment(
    shop: Shop, actors: Iterator[Actor]
) -> None:
    mug = await shop.product(stock=1)
    order = await shop.order(mug)
    payment = await shop.pay(order, "tok_pending")
    shop.clock.advance(HOLD)
    placing = replace(
        shop.commands.place_order((mug, 1), customer=await shop.customer()), actor=(buyer := next(actors))
    )
    await shop.place_order(placing)
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payment)

    assert (await rows(shop, order))[1:] == [
        (Action.EXPIRE, PENDING, EXPIRED, None, Actor(None, "make_room")),
        (Action.RECORD_UNAPPLIED_PAYMENT, EXPIRED, EXPIRED, None, PROVIDER),
    ]
    assert _actor((await ledger(shop, mug.id))[-1]) == buyer
    assert len(await every_order(shop)) == 2
