"""A 2xx response means that the change is committed: a failed COMMIT never results in a 2xx."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from tests.integration.http.writing import WRITES, Send, WriteRequests
from tests.invariants import assert_invariants, every_order
from tests.kit.shop import Shop
from tests.kit.web import WebShop

AT_COMMIT = "at_commit"


@pytest.fixture
async def write_requests(web: WebShop) -> WriteRequests:
    return await WriteRequests.of(web)


def named(write: Callable[[WriteRequests], Awaitable[Send]]) -> str:
    return write.__name__


async def at_commit(psql: asyncpg.Connection, statement: str) -> None:
    """Make PostgreSQL run a PL/pgSQL statement in the COMMIT of every transaction that writes."""
    await psql.execute(
        f"CREATE FUNCTION {AT_COMMIT}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {statement} RETURN NULL; END $$"
    )
    for table in await tables(psql):
        await psql.execute(
            f"CREATE CONSTRAINT TRIGGER {AT_COMMIT} AFTER INSERT OR UPDATE OR DELETE ON {table} "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {AT_COMMIT}()"
        )


async def commits_again(psql: asyncpg.Connection) -> None:
    for table in await tables(psql):
        await psql.execute(f"DROP TRIGGER {AT_COMMIT} ON {table}")


async def tables(psql: asyncpg.Connection) -> list[str]:
    rows = await psql.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [row["tablename"] for row in rows]


async def rows_of(psql: asyncpg.Connection) -> dict[str, str]:
    """Return a hash of the rows of each table."""
    return {
        table: await psql.fetchval(f"SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {table} t")  # noqa: S608 - the only names are those of the service's tables
        for table in await tables(psql)
    }


@pytest.mark.parametrize("write", WRITES, ids=named)
async def test_constraint_failure_at_commit_returns_500_and_stores_nothing(
    write_requests: WriteRequests, psql: asyncpg.Connection, write: Callable[[WriteRequests], Awaitable[Send]]
) -> None:
    send = await write(write_requests)
    before = await rows_of(psql)
    await at_commit(psql, "RAISE check_violation;")
    for _ in range(2):
        response = await send()
        assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert await rows_of(psql) == before

    await commits_again(psql)
    response = await send()
    assert response.is_success
    assert "Idempotent-Replayed" not in response.headers
    assert await rows_of(psql) != before


@pytest.mark.parametrize("write", WRITES, ids=named)
async def test_connection_lost_at_commit_returns_503_with_retry_after(
    write_requests: WriteRequests, psql: asyncpg.Connection, write: Callable[[WriteRequests], Awaitable[Send]]
) -> None:
    send = await write(write_requests)
    before = await rows_of(psql)
    await at_commit(psql, "PERFORM pg_terminate_backend(pg_backend_pid());")
    response = await send()
    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert int(response.headers["Retry-After"]) >= 1
    assert await rows_of(psql) == before

    await commits_again(psql)
    assert (await send()).is_success


async def test_invariants_hold_after_failed_commits(
    write_requests: WriteRequests, direct_shop: Shop, psql: asyncpg.Connection
) -> None:
    send = await write_requests.place_order()
    await at_commit(psql, "RAISE check_violation;")
    assert (await send()).status_code == 500
    assert await every_order(direct_shop) == []
    await assert_invariants(direct_shop)
