import asyncio
from typing import Any

import asyncpg
import pytest
from asyncpg import InternalClientError
from sqlalchemy import Integer, column, event, text
from sqlalchemy.exc import TimeoutError as SQLAlchemyTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.driver_statement import DriverStatement
from adapters.postgres.core.engine import create_engine
from adapters.postgres.core.errors import translated
from adapters.postgres.core.health import PostgresHealth
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.postgres.core.write_monitor import WriteMonitor
from adapters.postgres.users.queries import PostgresUserQueries
from application.shared.errors import DatabaseUnavailable, Overloaded
from domain.shared.ids import UserId
from tests.kit.ports import SequentialIds
from tests.kit.postgres_store import SECRET_BOX
from tests.kit.shop import Shop

NOBODY = UserId(SequentialIds().new())


STATES = pytest.mark.parametrize(
    ("state", "refusal"),
    [
        ("40001", Overloaded),
        ("40P01", Overloaded),
        ("55P03", Overloaded),
        ("57014", Overloaded),
        ("53300", Overloaded),
        ("53100", DatabaseUnavailable),
        ("25006", DatabaseUnavailable),
        ("57P03", DatabaseUnavailable),
        ("08006", DatabaseUnavailable),
        ("28P01", DatabaseUnavailable),
        ("3D000", DatabaseUnavailable),
        ("55000", DatabaseUnavailable),
    ],
)


@STATES
async def test_postgresql_error_is_translated_to_an_application_error(
    engine: AsyncEngine, state: str, refusal: type[Exception]
) -> None:
    transaction = Transaction(engine, WriteMonitor())
    await transaction.open()
    with pytest.raises(refusal):
        await transaction.execute(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"))
    await transaction.close()


@STATES
async def test_driver_statement_error_is_translated_to_an_application_error(
    engine: AsyncEngine, state: str, refusal: type[Exception]
) -> None:
    transaction = Transaction(engine, WriteMonitor())
    await transaction.open()
    await transaction.execute(
        text(
            "CREATE FUNCTION pg_temp.fail() RETURNS integer LANGUAGE plpgsql"
            f" AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"
        )
    )
    statement = DriverStatement(text("SELECT pg_temp.fail() AS failed").columns(column("failed", Integer)))
    with pytest.raises(refusal):
        await transaction.fetch(statement, {})
    await transaction.close()


def test_internal_error_of_the_driver_is_translated_to_database_unavailable() -> None:
    """asyncpg raises an internal error if the server ends the session between two messages."""
    with pytest.raises(DatabaseUnavailable), translated():
        raise InternalClientError


async def test_connection_pool_timeout_is_reported_as_overloaded(database_url: str) -> None:
    engine = create_engine(database_url, pool_size=1, checkout_timeout=0.01)
    unit_of_work = PostgresUnitOfWorkFactory(engine, SequentialIds(), SECRET_BOX)
    async with unit_of_work():
        with pytest.raises(Overloaded):
            async with unit_of_work():
                pytest.fail("There was a second connection.")
        with pytest.raises(Overloaded):
            await PostgresUserQueries(engine).get(NOBODY)
    assert await PostgresUserQueries(engine).get(NOBODY) is None
    await engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://nobody@127.0.0.1:1/nothing",
        "postgresql+asyncpg://nobody@/nothing?host=/nonexistent",
    ],
)
async def test_missing_database_server_is_reported_as_database_unavailable(url: str) -> None:
    engine = create_engine(url)
    with pytest.raises(DatabaseUnavailable):
        await PostgresUserQueries(engine).get(NOBODY)
    with pytest.raises(DatabaseUnavailable):
        async with PostgresUnitOfWorkFactory(engine, SequentialIds(), SECRET_BOX)():
            pytest.fail("There was a connection.")
    with pytest.raises(DatabaseUnavailable):
        await PostgresHealth(engine).check()
    await engine.dispose()


async def test_lost_connection_aborts_only_the_transaction_on_this_connection(
    engine: AsyncEngine, unit_of_work: PostgresUnitOfWorkFactory, psql: asyncpg.Connection
) -> None:
    async with unit_of_work() as work:
        await work.stocks.get([])
        await _cut_all_others(psql)
        with pytest.raises(DatabaseUnavailable):
            await work.stocks.get([])
    async with unit_of_work() as work:
        assert await work.stocks.get([]) == {}
    assert await PostgresUserQueries(engine).get(NOBODY) is None


async def test_connection_lost_between_statements_is_replaced_without_an_error(
    unit_of_work: PostgresUnitOfWorkFactory, psql: asyncpg.Connection
) -> None:
    async with unit_of_work() as work:
        await work.stocks.get([])
        await _cut_all_others(psql)
    async with unit_of_work() as one, unit_of_work() as other:
        assert await one.stocks.get([]) == await other.stocks.get([]) == {}


async def test_pool_replaces_closed_idle_connections_without_an_error(
    engine: AsyncEngine, unit_of_work: PostgresUnitOfWorkFactory, psql: asyncpg.Connection
) -> None:
    ends: list[asyncio.Event] = []

    def note_end(adapted: Any, _: Any) -> None:
        end = asyncio.Event()
        adapted.driver_connection.add_termination_listener(lambda _: end.set())
        ends.append(end)

    event.listen(engine.sync_engine, "connect", note_end)
    async with unit_of_work(), unit_of_work():
        pass
    await _cut_all_others(psql)
    for end in ends:
        await end.wait()
    async with unit_of_work() as one, unit_of_work() as other:
        assert await one.stocks.get([]) == await other.stocks.get([]) == {}
    assert await PostgresUserQueries(engine).get(NOBODY) is None


async def test_outdated_prepared_statement_raises_an_error_but_a_retry_succeeds(
    shop: Shop, engine: AsyncEngine, psql: asyncpg.Connection
) -> None:
    ann = await shop.customer()
    users = PostgresUserQueries(engine)
    assert await users.get(ann.id) == ann
    await psql.execute("ALTER TABLE users ALTER full_name TYPE varchar(50)")
    with pytest.raises(Overloaded):
        await users.get(ann.id)
    assert await users.get(ann.id) == ann


async def test_health_check_succeeds_while_the_pool_is_exhausted(database_url: str) -> None:
    engine = create_engine(database_url, pool_size=1, checkout_timeout=0.01)
    async with engine.connect():
        await PostgresHealth(engine).check()
    await engine.dispose()


async def _cut_all_others(psql: asyncpg.Connection) -> None:
    """End all other connections to this database, and wait until the connections are closed."""
    others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for (pid,) in await psql.fetch(others):
        await psql.execute("SELECT pg_terminate_backend($1)", pid)
    while await psql.fetch(others):
        pass


async def test_waiting_time_for_a_connection_of_the_pool_is_measured(database_url: str) -> None:
    waits: list[float] = []
    engine = create_engine(database_url, pool_size=1, checkout_timeout=0.05, on_checkout=waits.append)
    try:
        async with engine.connect():
            with pytest.raises(SQLAlchemyTimeoutError):
                await engine.connect()
        await engine.dispose()
        async with engine.connect():
            pass
    finally:
        await engine.dispose()

    assert len(waits) == 3
    assert waits[1] >= 0.05
