"""A statement has equal results and errors, whether asyncpg or SQLAlchemy executes it."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import (
    JSON,
    DateTime,
    Float,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.driver_read import DriverRead
from adapters.postgres.core.engine import create_engine
from adapters.postgres.core.reader import AutocommitReader
from application.shared.errors import DatabaseUnavailable, Overloaded

_NUMBER = select(cast(bindparam("number"), Integer).label("number"))
_SLEEP = select(cast(func.pg_sleep(cast(bindparam("seconds"), Float)), Text).label("slept"))

_RUNNING = (
    "SELECT pid FROM pg_stat_activity WHERE query LIKE $1 AND state = 'active' AND pid <> pg_backend_pid()"
)


@pytest.mark.parametrize("pooled", [False, True])
async def test_query_through_the_driver_returns_the_same_values_as_sqlalchemy(
    database_url: str, pooled: bool
) -> None:
    statement = select(
        literal_column("""'{"a": [1, null]}'::jsonb""", JSONB).label("json"),
        literal_column("null::jsonb", JSONB).label("nothing"),
        literal_column("array['0191b2c5-0000-7000-8000-000000000001'::uuid]", ARRAY(Uuid)).label("ids"),
        literal_column("timestamptz '2026-11-30 12:00+01'", DateTime(timezone=True)).label("time"),
        cast(bindparam("number"), Integer).label("number"),
    )
    engine = create_engine(database_url, pooled=pooled)
    [found] = await AutocommitReader(engine).prepare(statement)({"number": 7})
    [expected] = await AutocommitReader(engine).all(statement, {"number": 7})
    assert tuple(found) == tuple(expected)
    assert found._fields == expected._fields
    assert [type(value) for value in found] == [type(value) for value in expected]
    await engine.dispose()


async def test_query_through_the_driver_converts_parameters_like_sqlalchemy(engine: AsyncEngine) -> None:
    statement = select(
        cast(bindparam("object", type_=JSON), JSON).label("object"),
        cast(bindparam("objects", type_=ARRAY(JSON)), ARRAY(JSON)).label("objects"),
        cast(bindparam("ids", type_=ARRAY(Uuid)), ARRAY(Uuid)).label("ids"),
        cast(bindparam("constant", 7), Integer).label("constant"),
    )
    parameters = {"object": {"a": 1}, "objects": [{"a": 1}, None], "ids": [UUID(int=1), UUID(int=2)]}
    [found] = await DriverRead(engine, statement)(parameters)
    [expected] = await AutocommitReader(engine).all(statement, parameters)
    assert tuple(found) == tuple(expected)


async def test_read_by_the_driver_raises_overloaded_if_no_connection_is_free(database_url: str) -> None:
    engine = create_engine(database_url, pool_size=1, checkout_timeout=0.01)
    read = DriverRead(engine, _NUMBER)
    async with engine.connect():
        with pytest.raises(Overloaded):
            await read({"number": 1})
    assert [row.number for row in await read({"number": 1})] == [1]
    await engine.dispose()


async def test_read_by_the_driver_raises_unavailable_without_a_database_server() -> None:
    engine = create_engine("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(DatabaseUnavailable):
        await DriverRead(engine, _NUMBER)({"number": 1})
    await engine.dispose()


async def test_connection_that_is_cut_during_a_query_causes_only_one_error(
    engine: AsyncEngine, psql: asyncpg.Connection
) -> None:
    sleeping = asyncio.create_task(DriverRead(engine, _SLEEP)({"seconds": 60}))
    await _cut(psql, "%pg_sleep%")
    with pytest.raises(DatabaseUnavailable):
        await sleeping
    assert [row.number for row in await DriverRead(engine, _NUMBER)({"number": 2})] == [2]


async def test_connection_of_a_canceled_query_is_closed(database_url: str, psql: asyncpg.Connection) -> None:
    engine = create_engine(database_url, pool_size=1)
    session = DriverRead(engine, select(func.pg_backend_pid().label("pid")))
    [former] = await session({})
    sleeping = asyncio.create_task(DriverRead(engine, _SLEEP)({"seconds": 60}))
    while not await psql.fetch(_RUNNING, "%pg_sleep%"):  # noqa: ASYNC110 - must poll, because the server sends no notification
        await asyncio.sleep(0.01)
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    [present] = await session({})
    assert present.pid != former.pid
    while await psql.fetch(_RUNNING, "%pg_sleep%"):  # noqa: ASYNC110 - must poll, because the server sends no notification
        await asyncio.sleep(0.01)
    await engine.dispose()


async def test_error_for_a_wrong_sql_statement_is_raised_unchanged(engine: AsyncEngine) -> None:
    statement = select(literal_column("1 / 0", Integer).label("number"))
    with pytest.raises(asyncpg.DivisionByZeroError):
        await DriverRead(engine, statement)({})


async def _cut(psql: asyncpg.Connection, query: str) -> None:
    """End the connection that executes a query, as soon as the query runs."""
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()"
    while not await psql.fetch(cut, query):  # noqa: ASYNC110 - must poll, because the server sends no notification
        await asyncio.sleep(0.01)
