"""Pruning deletes old records that are no longer needed. All other records stay."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from adapters.payments.sandbox.store import SandboxCharge, SandboxMessage, SandboxRefund
from application.payments.provider_ports import ProviderEvent, ProviderEventKind
from application.retention.ports import RecordKind
from domain.shared.ids import PaymentId, RefundId
from domain.shared.money import Money
from domain.webhooks.delivery import DeliveryStatus
from tests.invariants import ledger
from tests.kit.shop import Shop
from tests.kit.webhooks import Webhooks

SECOND = timedelta(seconds=1)
Exists = Callable[[], Awaitable[bool]]


async def a_session(shop: Shop) -> Exists:
    user = await shop.customer()
    await shop.start_session(user)

    async def exists() -> bool:
        async with shop.store.unit_of_work() as work:
            return bool(await work.sessions.of_user(user.id))

    return exists


async def a_delivery(shop: Shop) -> Exists:
    webhooks = Webhooks(shop)
    endpoint = await webhooks.endpoint()
    await shop.product()
    assert await webhooks.work() == 1

    async def exists() -> bool:
        return bool(await webhooks.log(endpoint.id))

    return exists


async def a_provider_event(shop: Shop) -> Exists:
    order = await shop.order(await shop.product(stock=1))
    payment = await shop.pay(order, "tok_pending")
    event = ProviderEvent(
        provider=payment.method,
        event_id="evt_1",
        kind=ProviderEventKind.FAILED,
        payment_id=payment.id,
        reference="ch_1",
        amount=payment.amount,
        occurred_at=shop.clock.now(),
    )
    async with shop.store.unit_of_work() as work:
        assert await work.provider_events.record_once(event, now=shop.clock.now())
        await work.commit()

    async def exists() -> bool:
        async with shop.store.unit_of_work() as work:
            return not await work.provider_events.record_once(event, now=shop.clock.now())

    return exists


async def a_charge(shop: Shop) -> Exists:
    payment_id, store, now = PaymentId(shop.ids.new()), shop.store.sandbox_store, shop.clock.now()
    charge = SandboxCharge(
        reference="ch_1", payment_id=payment_id, amount=Money(5, "EUR"), failure=None, decides_at=now
    )
    await store.charge(payment_id, [charge], [])

    async def exists() -> bool:
        return bool(await store.charges_of(payment_id))

    return exists


async def a_refund(shop: Shop) -> Exists:
    id_, store, now = RefundId(shop.ids.new()), shop.store.sandbox_store, shop.clock.now()
    refund = SandboxRefund(
        id=id_,
        reference="re_1",
        charge_reference="ch_1",
        amount=Money(5, "EUR"),
        failure=None,
        decided_at=now,
    )
    message = SandboxMessage(id=shop.ids.new(), body="{}", due_at=now, attempts=0)
    await store.refund(id_, "ch_1", lambda _charge, _earlier: (refund, message))

    async def exists() -> bool:
        return await store.find_refund(id_) is not None

    return exists


RECORDS = {
    RecordKind.SESSIONS: (a_session, timedelta(days=30)),
    RecordKind.WEBHOOK_DELIVERIES: (a_delivery, timedelta(days=30)),
    RecordKind.PROVIDER_EVENTS: (a_provider_event, timedelta(days=90)),
    RecordKind.SANDBOX_CHARGES: (a_charge, timedelta(days=180)),
    RecordKind.SANDBOX_REFUNDS: (a_refund, timedelta(days=180)),
}


@pytest.mark.parametrize("kind", RecordKind)
async def test_pruning_deletes_records_after_the_retention_period(shop: Shop, kind: RecordKind) -> None:
    make, retention = RECORDS[kind]
    exists = await make(shop)
    shop.clock.advance(retention)
    await shop.retention.prune_old_records()()
    assert await exists()
    shop.clock.advance(SECOND)
    await shop.retention.prune_old_records()()
    assert not await exists()


async def test_pruning_never_deletes_a_pending_delivery(shop: Shop) -> None:
    webhooks = Webhooks(shop)
    endpoint = await webhooks.endpoint()
    await shop.product()
    while await webhooks.relay(limit=100):
        pass
    shop.clock.advance(timedelta(days=1000))
    await shop.retention.prune_old_records()()
    [delivery] = await webhooks.log(endpoint.id)
    assert delivery.status is DeliveryStatus.PENDING


async def test_pruning_deletes_at_most_the_requested_number_of_records(shop: Shop) -> None:
    for _ in range(3):
        await a_session(shop)
    later = shop.clock.now() + SECOND
    counts = [
        await shop.store.old_records.prune(RecordKind.SESSIONS, before=later, limit=2) for _ in range(3)
    ]
    assert counts == [2, 1, 0]


async def test_old_stock_movements_are_replaced_by_an_opening_balance(shop: Shop) -> None:
    mug = await shop.product(stock=5)
    await shop.pay(await shop.order(mug, 2))
    shop.clock.advance(timedelta(days=1))
    await shop.adjust_stock(shop.commands.adjust_stock((mug, 1)))
    assert await shop.store.stock_ledger.prune(before=shop.clock.now(), limit=1) == 1
    assert await shop.store.stock_ledger.prune(before=shop.clock.now(), limit=9) == 1
    assert await shop.store.stock_ledger.prune(before=shop.clock.now(), limit=9) == 0
    [movement] = await ledger(shop, mug.id)
    assert (movement.on_hand_delta, movement.on_hand, movement.reserved) == (1, 6, 2)
    assert (await shop.get_stock(mug.id)).available == 4
