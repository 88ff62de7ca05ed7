import asyncpg
import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import IntegrityError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from application.orders.place_order_batch import PlaceOrderBatch
from application.shared.errors import DatabaseUnavailable
from application.shared.idempotency import IdempotentResult
from application.users.ports import EmailTaken
from tests.integration.postgres.accounts import user_of
from tests.integration.postgres.canceling import leave_at
from tests.invariants import assert_invariants, every_order
from tests.kit.actors import SOMEBODY
from tests.kit.shop import HOLD, Shop


@pytest.fixture
def place_batch(shop: Shop, unit_of_work: PostgresUnitOfWorkFactory) -> PlaceOrderBatch:
    return PlaceOrderBatch(unit_of_work, shop.clock, shop.ids, HOLD)


async def _at_commit_of_an_order(psql: asyncpg.Connection, statement: str) -> None:
    """Make PostgreSQL run a PL/pgSQL statement in the COMMIT of a placed order."""
    await psql.execute(
        f"""
        CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement} RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON orders
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit();
        """
    )


async def test_constraint_failure_at_commit_raises_an_error(
    shop: Shop,
    place_batch: PlaceOrderBatch,
    unit_of_work: PostgresUnitOfWorkFactory,
    psql: asyncpg.Connection,
) -> None:
    await _at_commit_of_an_order(psql, "RAISE check_violation;")
    command = shop.commands.place_order((await shop.product(stock=1), 1), customer=await shop.customer())
    for _ in range(3):
        with pytest.raises(IntegrityError):
            await place_batch([command])
    assert await every_order(shop) == []
    await assert_invariants(shop)
    async with unit_of_work(), unit_of_work():
        """Check that both connections of the pool work."""


async def test_order_whose_connection_is_lost_at_commit_can_be_placed_by_a_retry(
    shop: Shop, place_batch: PlaceOrderBatch, psql: asyncpg.Connection
) -> None:
    await _at_commit_of_an_order(psql, "PERFORM pg_terminate_backend(pg_backend_pid());")
    command = shop.commands.place_order((await shop.product(stock=1), 1), customer=await shop.customer())
    with pytest.raises(DatabaseUnavailable):
        await place_batch([command])
    await psql.execute("DROP TRIGGER at_commit ON orders")
    await place_batch([command])
    assert len(await every_order(shop)) == 1
    await assert_invariants(shop)


async def test_order_is_stored_after_the_commit_of_the_previous_order_has_failed(
    shop: Shop, place_batch: PlaceOrderBatch, engine: AsyncEngine, psql: asyncpg.Connection
) -> None:
    mug, customer = await shop.product(stock=2), await shop.customer()
    lost, kept = (shop.commands.place_order((mug, 1), customer=customer) for _ in range(2))

    def fail(_connection: Connection) -> None:
        raise OSError

    event.listen(engine.sync_engine, "commit", fail)
    with pytest.raises(DatabaseUnavailable):
        await place_batch([lost])
    event.remove(engine.sync_engine, "commit", fail)
    assert await open_transactions(psql) == 0
    [outcome] = await place_batch([kept])
    assert isinstance(outcome, IdempotentResult)
    assert [order.id for order in await every_order(shop)] == [outcome.result.id]
    await assert_invariants(shop)


async def test_order_is_rejected_if_a_transaction_was_opened_without_sqlalchemy(
    shop: Shop, place_batch: PlaceOrderBatch, engine: AsyncEngine
) -> None:
    """SQLAlchemy would never commit such a transaction."""
    command = shop.commands.place_order((await shop.product(stock=1), 1), customer=await shop.customer())
    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute("BEGIN")
    with pytest.raises(InterfaceError):
        await place_batch([command])
    assert await every_order(shop) == []


async def open_transactions(psql: asyncpg.Connection) -> int:
    """Return the number of sessions of this database that are idle in a transaction."""
    found: int = await psql.fetchval(
        """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'
        """
    )
    return found


async def test_rejected_write_stores_nothing(shop: Shop, unit_of_work: PostgresUnitOfWorkFactory) -> None:
    """After a failed statement, PostgreSQL executes COMMIT as a rollback, without an error."""
    await shop.customer("ann@example.com")
    async with unit_of_work(SOMEBODY) as work:
        await work.users.add(user_of(shop, "bob@example.com"))
        with pytest.raises(EmailTaken):
            await work.users.add(user_of(shop, "ann@example.com"))
        with pytest.raises(RuntimeError, match="failed"):
            await work.commit()


async def test_postgresql_commit_is_completed_although_its_cleanup_is_canceled(
    shop: Shop, unit_of_work: PostgresUnitOfWorkFactory, psql: asyncpg.Connection
) -> None:
    wait, left = 1, True
    while left:
        async with unit_of_work(SOMEBODY) as work:
            await work.users.add(user_of(shop, f"leaver-{wait}@example.com"))
            left = await leave_at(work.commit(), wait, cancels_cleanup=True)
        assert await psql.fetchval("SELECT count(*) FROM users") == wait
        assert await psql.fetchval("SELECT count(*) FROM outbox") == wait
        wait += 1
    assert wait > 2
