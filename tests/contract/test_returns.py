"""After a return, the agreed amount is refunded, and restocked units are for sale again."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from application.orders.access import OrderAccess
from application.orders.views import OrderView, ReturnView
from application.payments.provider_ports import ProviderEventKind
from application.payments.views import PaymentView
from application.shared.idempotency import IdempotentOperation
from domain.catalog.stock import MovementReason
from domain.orders.lifecycle import Action, InvalidTransition, OrderStatus
from domain.orders.order_return import InvalidReturnTransition, ReturnAction, ReturnStatus
from domain.orders.order_state import OrderDisputed
from domain.orders.paying import PaymentInProgress
from domain.orders.refunding import RefundExceedsPaid
from domain.orders.statuses import OrderPaymentStatus
from domain.payments.payment import CaptureMethod
from domain.payments.refund import RefundedLine
from domain.shared.errors import NotFound, ValidationFailed
from domain.shared.ids import ReturnId
from domain.shared.money import Money
from tests.invariants import assert_invariants, history, ledger, payments, refunds
from tests.kit.shop import Shop, owner_of

REJECTIONS = (
    InvalidTransition,
    InvalidReturnTransition,
    PaymentInProgress,
    RefundExceedsPaid,
    ValidationFailed,
)


async def a_shipped_order(shop: Shop, units: Sequence[int] = (3, 2)) -> OrderView:
    """Return a paid order of three mugs at 10.00 and two cups at 0.99.

    Some units are shipped.
    """
    mug, cup = await shop.product(stock=5, price=1000), await shop.product(stock=5, price=99)
    placing = shop.commands.place_order((mug, 3), (cup, 2), customer=await shop.customer())
    order = (await shop.place_order(placing)).result
    await shop.pay(order)
    await shop.fulfil(order, *units)
    return await shop.current_order(order)


async def test_received_return_is_restocked_and_refunded(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    requested = await shop.send_back(order, 2, 1)
    assert (requested.status, requested.reason) == (ReturnStatus.REQUESTED, "Too small")
    approved = await shop.approve(requested)
    assert (approved.status, approved.refund_amount) == (ReturnStatus.APPROVED, Money(2099, "EUR"))
    received = await shop.receive(approved)
    assert (received.status, received.allowed_actions) == (ReturnStatus.RECEIVED, ())
    assert await shop.store.orders.order_return(order.id, received.id) == received
    [refund] = await refunds(shop, order)
    assert (refund.id, refund.amount) == (received.refund_id, approved.refund_amount)
    assert refund.lines == (RefundedLine(order.lines[0].id, 2), RefundedLine(order.lines[1].id, 1))
    seen = await shop.current_order(order)
    assert [(line.returned, line.refunded) for line in seen.lines] == [(2, 2), (1, 1)]
    assert seen.status is OrderStatus.FULFILLED
    last = (await ledger(shop, order.lines[0].product_id))[-1]
    assert (last.reason, last.on_hand_delta, last.order_id) == (MovementReason.RETURN, 2, order.id)
    assert (await shop.get_stock(order.lines[0].product_id)).available == 4
    assert [change.action for change in await history(shop, order)][-3:] == [
        Action.REQUEST_RETURN,
        Action.APPROVE_RETURN,
        Action.RECEIVE_RETURN,
    ]
    await shop.settle()
    assert (await shop.current_order(order)).payment_status is OrderPaymentStatus.PARTIALLY_REFUNDED
    await assert_invariants(shop)


async def test_received_return_with_restock_false_leaves_stock_unchanged(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    before = await shop.get_stock(order.lines[0].product_id)
    await shop.receive(await shop.approve(await shop.send_back(order, 1, 0)), restock=False)
    assert await shop.get_stock(order.lines[0].product_id) == before
    assert (await shop.current_order(order)).lines[0].returned == 1
    await assert_invariants(shop)


async def test_agreed_refund_of_a_return_can_be_zero_or_below_the_price(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    received = await shop.receive(await shop.approve(await shop.send_back(order, 1, 0), 700))
    [refund] = await refunds(shop, order)
    assert (refund.id, refund.amount.amount) == (received.refund_id, 700)
    unpaid = await shop.receive(await shop.approve(await shop.send_back(order, 1, 0), 0))
    assert unpaid.refund_id is None
    assert (await shop.current_order(order)).lines[0].returned == 2
    assert len(await refunds(shop, order)) == 1
    await assert_invariants(shop)


async def test_agreed_refund_above_the_paid_amount_is_rejected(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    requested = await shop.send_back(order, 1, 0)
    with pytest.raises(RefundExceedsPaid):
        await shop.approve(requested, order.total.amount + 1)
    assert await shop.store.orders.order_return(order.id, requested.id) == requested


async def test_refund_of_a_return_is_limited_to_the_remaining_paid_amount(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    approved = await shop.approve(await shop.send_back(order, 3, 0))
    await shop.refund(order, 1000)
    await shop.receive(approved)
    assert [refund.amount.amount for refund in await refunds(shop, order)] == [1000, 2198]
    await assert_invariants(shop)


async def test_failed_refund_of_a_return_is_rescheduled(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    await shop.receive(await shop.approve(await shop.send_back(order, 1, 0), 700))
    shop.gateway.next_refunds = ["declined"]
    await shop.settle()
    assert [refund.amount.amount for refund in await refunds(shop, order)] == [700, 700]
    await assert_invariants(shop)


async def test_units_in_an_open_return_cannot_be_in_another_return(shop: Shop) -> None:
    order = await a_shipped_order(shop, (2, 0))
    first = await shop.send_back(order, 1, 0)
    for units in ((2, 0), (0, 1)):
        with pytest.raises(ValidationFailed) as refusal:
            await shop.send_back(order, *units)
        assert [violation.code for violation in refusal.value.violations] == ["exceeds_returnable"]
    await shop.refuse(first)
    await shop.receive(await shop.approve(await shop.send_back(order, 2, 0)))
    with pytest.raises(InvalidTransition):
        await shop.send_back(order, 1, 0)
    await assert_invariants(shop)


async def test_unshipped_units_cannot_be_returned(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    order = await shop.order(mug)
    with pytest.raises(InvalidTransition) as refusal:
        await shop.send_back(order, 1)
    assert refusal.value.params["allowed_actions"] == ["pay", "cancel", "cancel_lines", "change"]
    await shop.pay(order)
    with pytest.raises(InvalidTransition):
        await shop.send_back(order, 1)


async def test_allowed_actions_of_a_return_depend_on_its_status(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    requested = await shop.send_back(order, 1, 0)
    with pytest.raises(InvalidReturnTransition) as refusal:
        await shop.receive(requested)
    assert refusal.value.params == {
        "from": "requested",
        "action": "receive",
        "allowed_actions": ["approve", "refuse"],
    }
    approved = await shop.approve(requested)
    assert approved.allowed_actions == (ReturnAction.REFUSE, ReturnAction.RECEIVE)
    with pytest.raises(InvalidReturnTransition):
        await shop.approve(requested)
    refused = await shop.refuse(approved)
    assert (refused.status, refused.decision_reason) == (ReturnStatus.REFUSED, "Worn")
    for attempt in (shop.approve, shop.refuse, shop.receive):
        with pytest.raises(InvalidReturnTransition):
            await attempt(refused)
    assert (await shop.current_order(order)).lines[0].returned == 0
    await assert_invariants(shop)


async def test_receiving_a_return_requires_a_decision_for_each_line(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    approved = await shop.approve(await shop.send_back(order, 1, 1))
    command = shop.commands.receive_return(approved)
    for restocked in ({}, {order.lines[0].id: True}):
        with pytest.raises(ValidationFailed):
            await shop.receive_return(replace(command, restocked=restocked))
    assert (await shop.current_order(order)).lines[0].returned == 0


async def test_customer_cannot_return_units_from_an_order_of_another_customer(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    stranger = await shop.customer()
    with pytest.raises(NotFound):
        await shop.request_return(
            shop.commands.request_return(order, 1, 0, access=OrderAccess.own(stranger.id))
        )
    own = owner_of(order)
    requested = (await shop.request_return(shop.commands.request_return(order, 1, 0, access=own))).result
    assert requested.seen_by(own.party).allowed_actions == ()


async def test_unknown_return_is_not_found(shop: Shop) -> None:
    order, other = await a_shipped_order(shop), await a_shipped_order(shop)
    requested = await shop.send_back(order, 1, 0)
    for foreign in (replace(requested, order_id=other.id), replace(requested, id=ReturnId(shop.ids.new()))):
        with pytest.raises(NotFound):
            await shop.approve(foreign)
        assert await shop.store.orders.order_return(foreign.order_id, foreign.id) is None


async def test_return_of_a_disputed_order_requires_an_override(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    approved = await shop.approve(await shop.send_back(order, 1, 0))
    [payment] = await payments(shop, order)
    await shop.report_provider_event(ProviderEventKind.DISPUTE_OPENED, payment)
    with pytest.raises(OrderDisputed):
        await shop.receive(approved)
    command = replace(shop.commands.receive_return(approved), dispute_override="The bank was told.")
    assert (await shop.receive_return(command)).result.status is ReturnStatus.RECEIVED
    assert (await history(shop, order))[-1].reason == "The bank was told."
    await assert_invariants(shop)


async def test_return_is_received_only_once_per_idempotency_key(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    asked = shop.commands.request_return(order, 1, 0, key="ask")
    requested = (await shop.request_return(asked)).result
    assert (await shop.request_return(asked)).result == requested
    decided = shop.commands.decide_return(requested, IdempotentOperation.APPROVE_RETURN, key="approve")
    approved = (await shop.approve_return(decided, None)).result
    assert (await shop.approve_return(decided, None)).result == approved
    command = shop.commands.receive_return(approved, key="receive")
    received = (await shop.receive_return(command)).result
    assert (await shop.receive_return(command)).result == received
    assert len(await refunds(shop, order)) == 1
    assert (await shop.current_order(order)).lines[0].returned == 1


async def test_returns_are_listed_oldest_first(shop: Shop) -> None:
    order = await a_shipped_order(shop)
    returns = [await shop.send_back(order, 1, 0) for _ in range(2)]
    page = await shop.store.orders.returns(order.id, after=None, limit=1)
    assert page.items == (returns[0],)
    last = await shop.store.orders.returns(order.id, after=page.next, limit=1)
    assert (last.items, last.next) == ((returns[1],), None)


async def test_refund_of_shipped_units_requires_a_return(shop: Shop) -> None:
    order = await a_shipped_order(shop, (2, 2))
    with pytest.raises(RefundExceedsPaid) as refusal:
        await shop.refund(order, [2, 0])
    assert [violation.params for violation in refusal.value.violations] == [
        {"ordered": 3, "fulfilled": 2, "cancelled": 0}
    ]
    await shop.refund(order, [1, 0])
    await shop.refund(order, 500)
    assert (await shop.current_order(order)).lines[0].refunded == 1
    await assert_invariants(shop)


@pytest.mark.parametrize("seed", range(6))
async def test_order_totals_equal_the_sums_of_payments_and_refunds_after_random_actions(
    shop: Shop, seed: int
) -> None:
    """The totals of an order must equal the sums of its payments and refunds.

    With every second seed, the payment is first authorized. Later, the shop or the provider captures a part of the
    payment or the whole payment.
    """
    random = Random(seed)  # noqa: S311 - pseudo-random, so that every run is the same
    mug, cup = await shop.product(stock=9, price=333), await shop.product(stock=9, price=101)
    placing = shop.commands.place_order((mug, 4), (cup, 3), customer=await shop.customer())
    order = (await shop.place_order(placing)).result
    payment = await (shop.authorize(order) if seed % 2 else shop.pay(order))
    returns: list[ReturnView] = []
    for _ in range(20):
        with suppress(*REJECTIONS):
            await _do_something(shop, order, payment, returns, random)
        await assert_invariants(shop)
    while await shop.settle():
        pass
    seen = await shop.current_order(order)
    given = sum(refund.amount.amount for refund in await refunds(shop, order))
    assert seen.refunded_total.amount == given <= seen.paid_total.amount
    await assert_invariants(shop)


async def _do_something(
    shop: Shop, order: OrderView, payment: PaymentView, returns: list[ReturnView], random: Random
) -> None:
    units = (random.randint(0, 2), random.randint(1, 2))
    actions: list[Callable[[], Awaitable[object]]] = [
        partial(shop.cancel, order, *units),
        partial(shop.fulfil, order, *units),
        partial(shop.refund, order, units),
        partial(shop.refund, order, random.randint(1, 150)),
        partial(shop.send_back, order, *units),
    ]
    if payment.capture_method is CaptureMethod.MANUAL:
        amount = random.choice([None, 700, 900])
        at_provider = Money(amount or payment.amount.amount, payment.amount.currency)
        actions += [
            partial(shop.capture, payment, amount),
            partial(shop.report_provider_event, ProviderEventKind.CAPTURED, payment, amount=at_provider),
        ]
    if returns:
        chosen = random.choice(returns)
        actions += [
            partial(shop.approve, chosen),
            partial(shop.receive, chosen, restock=random.random() < 0.5),
        ]
    result = await random.choice(actions)()
    if isinstance(result, ReturnView):
        returns.append(result)
