"""The check of invariants reports each violation that a test creates, and none in a consistent shop."""

from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.checks.invariant_checks import PostgresInvariantChecks
from adapters.postgres.checks.invariant_statements import SHOWN
from adapters.postgres.core.engine import create_checking_engine
from application.checks.ports import Finding, Invariant
from application.orders.views import OrderView
from application.payments.provider_ports import ProviderEventKind
from domain.shared.errors import NotFound
from tests.invariants import assert_invariants
from tests.kit.shop import HOLD, Shop


@pytest.fixture
def engine(database_url: str) -> AsyncEngine:
    return create_checking_engine(database_url)


async def shop_with_every_record(shop: Shop) -> OrderView:
    """Fill the shop with every kind of record, and return a paid order."""
    mug = await shop.product(stock=50)
    paid = [await shop.order(mug, 2) for _ in range(5)]
    for order in paid:
        await shop.pay(order)
    await shop.fulfil(paid[0])
    await shop.fulfil(paid[1], 1)
    await shop.receive(await shop.approve(await shop.send_back(paid[0], 1)))
    shop.gateway.next_refunds = ["declined"]
    await shop.refund(paid[1], 100)
    await shop.cancel(paid[2])
    shop.gateway.next_refunds = ["pending"]
    await shop.refund(paid[3], 100)
    await shop.pay(await shop.order(mug), "tok_declined")
    late = [await shop.order(mug) for _ in range(2)]
    payments = [await shop.pay(order, "tok_pending") for order in late]
    await shop.order(await shop.product(stock=1, price=0))
    shop.clock.advance(HOLD + timedelta(seconds=1))
    await shop.expire()
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payments[0])
    await shop.cancel(await shop.order(mug))
    await shop.report_provider_event(ProviderEventKind.CAPTURED, payments[0], reference="ch_again")
    await shop.settle()
    return await shop.current_order(paid[4])


async def found(engine: AsyncEngine) -> dict[Invariant, Finding]:
    return {each.invariant: each for each in await PostgresInvariantChecks(engine).run() if each.count}


async def test_invariant_check_of_a_consistent_shop_reports_no_violation(
    shop: Shop, engine: AsyncEngine
) -> None:
    assert await found(engine) == {}
    await shop_with_every_record(shop)
    await assert_invariants(shop)
    findings = await PostgresInvariantChecks(engine).run()
    assert [(each.invariant, each.count, each.offenders) for each in findings] == [
        (invariant, 0, ()) for invariant in Invariant
    ]


async def test_invariants_hold_after_an_order_is_pruned(shop: Shop, engine: AsyncEngine) -> None:
    order = await shop.order(await shop.product(stock=1))
    shop.clock.advance(HOLD)
    await shop.expire()
    assert await shop.store.expired_orders.prune(before=shop.clock.now() + HOLD, limit=9) == 1
    with pytest.raises(NotFound):
        await shop.current_order(order)
    assert await found(engine) == {}


async def test_invariant_check_distinguishes_missing_events_from_pruned_events(
    shop: Shop, engine: AsyncEngine, psql: asyncpg.Connection
) -> None:
    await shop_with_every_record(shop)
    while await shop.store.event_feed.publish_new(limit=100):
        pass
    shop.clock.advance(timedelta(days=1))
    before = shop.clock.now()
    assert await shop.store.event_feed.prune(before=before, limit=1000) > 10
    assert await psql.fetchval("SELECT count(*) FROM outbox") == 1
    assert await found(engine) == {}
    await shop.order(await shop.product(stock=1))
    await psql.execute("DELETE FROM outbox WHERE type = 'order.placed'")
    assert (await found(engine)).keys() == {Invariant.CHANGES_ARE_RECORDED}


async def test_pruned_stock_ledger_with_opening_balances_still_adds_up_to_the_stock(
    shop: Shop, engine: AsyncEngine, psql: asyncpg.Connection
) -> None:
    order = await shop_with_every_record(shop)
    before = shop.clock.now() + timedelta(seconds=1)
    archived = 0
    while count := await shop.store.stock_ledger.prune(before=before, limit=7):
        archived += count
        assert await found(engine) == {}
    assert archived > 10
    assert await psql.fetchval("SELECT count(*) FROM stock_movements") == 0
    await shop.fulfil(order)
    assert await found(engine) == {}
    await psql.execute("UPDATE stock_opening_balances SET received = received - 50, on_hand = on_hand - 50")
    assert {Invariant.LEDGER_ADDS_UP, Invariant.NOTHING_OVERSOLD} <= (await found(engine)).keys()


async def test_connection_of_invariant_checks_permits_table_scans_and_slow_queries(
    engine: AsyncEngine,
) -> None:
    """A check of 100,000 orders takes longer than the statement timeout of requests."""
    async with engine.connect() as connection:
        for name in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "transaction_read_only"):
            assert (await connection.execute(text(f"SHOW {name}"))).scalar_one() == "on"
        assert (await connection.execute(text("SHOW statement_timeout"))).scalar_one() == "1min"


BREAKING = {
    "a shipped unit that is refunded without a return": (
        Invariant.SHIPPED_OR_REFUNDED,
        """UPDATE order_lines SET refunded = 1 WHERE order_id = $1;""",
        set(),
    ),
    "an oversold product": (
        Invariant.NOTHING_OVERSOLD,
        """UPDATE order_lines SET quantity = 1000 WHERE order_id = $1;""",
        {Invariant.RESERVED_FOR_ORDERS, Invariant.TOTAL_OF_LINES},
    ),
    "more reserved than there is": (
        Invariant.RESERVED_WITHIN_ON_HAND,
        """ALTER TABLE stocks DROP CONSTRAINT ck_stocks_reserved_within_on_hand;
           UPDATE stocks SET reserved = on_hand + 1 WHERE product_id = $2;""",
        {Invariant.RESERVED_FOR_ORDERS, Invariant.LEDGER_ADDS_UP},
    ),
    "units that nobody is promised": (
        Invariant.RESERVED_FOR_ORDERS,
        """UPDATE orders SET status = 'cancelled' WHERE id = $1;""",
        {Invariant.MONEY_IS_USED_OR_RETURNED, Invariant.CHANGES_ARE_RECORDED},
    ),
    "a movement that was not written down": (
        Invariant.LEDGER_ADDS_UP,
        """DELETE FROM stock_movements WHERE product_id = $2 AND version = (
               SELECT max(version) FROM stock_movements WHERE product_id = $2);""",
        set(),
    ),
    "money that nobody gives back": (
        Invariant.MONEY_IS_USED_OR_RETURNED,
        """UPDATE orders SET status = 'expired' WHERE id = $1;""",
        {Invariant.RESERVED_FOR_ORDERS, Invariant.CHANGES_ARE_RECORDED},
    ),
    "a refund that has failed and was not scheduled again": (
        Invariant.MONEY_IS_USED_OR_RETURNED,
        """UPDATE orders SET status = 'cancelled' WHERE id = $1;
           INSERT INTO refunds (id, order_id, payment_id, method, status, currency, amount, lines, reason, requested_at,
                                decided_at, inquiries)
           SELECT gen_random_uuid(), order_id, id, method, 'failed', currency, captured, '[]', 'cancelled', now(), now(), 1
           FROM payments WHERE order_id = $1;""",
        {Invariant.RESERVED_FOR_ORDERS, Invariant.CHANGES_ARE_RECORDED},
    ),
    "a refund of more than was paid": (
        Invariant.REFUNDED_WITHIN_PAID,
        """ALTER TABLE orders DROP CONSTRAINT ck_orders_refunds_within_paid;
           UPDATE orders SET refunded_amount = paid_amount + 1 WHERE id = $1;""",
        set(),
    ),
    "a payment that the order does not count": (
        Invariant.REFUNDED_WITHIN_PAID,
        """UPDATE orders SET paid_amount = paid_amount + 1 WHERE id = $1;""",
        set(),
    ),
    "an authorization that the order does not count": (
        Invariant.REFUNDED_WITHIN_PAID,
        """UPDATE orders SET authorized_amount = authorized_amount + 1 WHERE id = $1;""",
        set(),
    ),
    "an authorization of a canceled order that nobody voids": (
        Invariant.MONEY_IS_USED_OR_RETURNED,
        """UPDATE orders SET status = 'cancelled', paid_amount = 0, authorized_amount = total_amount WHERE id = $1;
           UPDATE payments SET status = 'authorized', captured = 0, decided_at = NULL WHERE order_id = $1;""",
        {Invariant.RESERVED_FOR_ORDERS, Invariant.CHANGES_ARE_RECORDED},
    ),
    "a total that is not the sum": (
        Invariant.TOTAL_OF_LINES,
        """UPDATE orders SET total_amount = total_amount + 1 WHERE id = $1;""",
        set(),
    ),
    "an order of which only its events are left": (
        Invariant.CHANGES_ARE_RECORDED,
        """ALTER TABLE refunds DISABLE TRIGGER USER; ALTER TABLE payments DISABLE TRIGGER USER;
           ALTER TABLE orders DISABLE TRIGGER USER;
           DELETE FROM refunds WHERE order_id = $1; DELETE FROM payments WHERE order_id = $1;
           DELETE FROM order_history WHERE order_id = $1; DELETE FROM order_lines WHERE order_id = $1;
           DELETE FROM orders WHERE id = $1;""",
        {Invariant.RESERVED_FOR_ORDERS},
    ),
    "two orders with one key": (
        Invariant.ONE_ORDER_A_KEY,
        """DROP INDEX uq_orders_customer_id_idempotency_key;
           UPDATE orders o SET customer_id = p.customer_id, idempotency_key = p.idempotency_key
           FROM orders p WHERE p.id = $1;""",
        set(),
    ),
    "a change without a row of history": (
        Invariant.CHANGES_ARE_RECORDED,
        """DELETE FROM order_history WHERE order_id = $1 AND version = 1;""",
        set(),
    ),
    "a change that is not the last of the history": (
        Invariant.CHANGES_ARE_RECORDED,
        """UPDATE orders SET version = version + 1 WHERE id = $1;""",
        set(),
    ),
    "a history with a gap": (
        Invariant.CHANGES_ARE_RECORDED,
        """UPDATE order_history SET source = 'expired' WHERE order_id = $1 AND version = 2;""",
        set(),
    ),
    "an event that was not written": (
        Invariant.CHANGES_ARE_RECORDED,
        """DELETE FROM outbox WHERE aggregate_id = $1 AND type = 'order.confirmed';""",
        set(),
    ),
    "an event that was written twice": (
        Invariant.CHANGES_ARE_RECORDED,
        """INSERT INTO outbox SELECT gen_random_uuid(), type, aggregate_type, aggregate_id, aggregate_version,
               occurred_at, data FROM outbox WHERE aggregate_id = $1 AND type = 'order.confirmed';""",
        set(),
    ),
    "an event of nothing": (
        Invariant.CHANGES_ARE_RECORDED,
        """UPDATE outbox SET aggregate_version = 9 WHERE aggregate_id = $1 AND type = 'payment.captured';""",
        set(),
    ),
}


@pytest.mark.parametrize("mistake", BREAKING)
async def test_broken_invariant_is_reported_with_the_affected_objects(
    shop: Shop, engine: AsyncEngine, psql: asyncpg.Connection, mistake: str
) -> None:
    order = await shop_with_every_record(shop)
    invariant, statements, others = BREAKING[mistake]
    product_id = order.lines[0].product_id
    for statement in filter(str.strip, statements.split(";")):
        written = statement.replace("$1", f"'{order.id}'::uuid").replace("$2", f"'{product_id}'::uuid")
        await psql.execute(written)

    findings = await found(engine)
    assert findings.keys() == {invariant, *others}
    ids = {str(order.id), str(product_id), *await _payments(psql, order)}
    assert ids.intersection(findings[invariant].offenders)


async def test_invariant_check_counts_all_affected_objects_but_lists_only_some_objects(
    shop: Shop, engine: AsyncEngine, psql: asyncpg.Connection
) -> None:
    mug = await shop.product(stock=50)
    for _ in range(SHOWN + 5):
        await shop.order(mug)
    await psql.execute("UPDATE orders SET total_amount = total_amount + 1")
    finding = (await found(engine))[Invariant.TOTAL_OF_LINES]
    assert (finding.count, len(finding.offenders)) == (SHOWN + 5, SHOWN)


async def _payments(psql: asyncpg.Connection, order: OrderView) -> set[str]:
    return {
        str(row["id"]) for row in await psql.fetch("SELECT id FROM payments WHERE order_id = $1", order.id)
    }
