"""The catalog and lists are read from a standby, and callers see their own writes."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

import httpx2
import pytest
from sqlalchemy import event, text

from adapters.postgres.core import replica
from adapters.postgres.core.engine import STATEMENT_TIMEOUT, create_engine
from adapters.postgres.core.migrations import upgrade
from adapters.postgres.core.replica import ReplicaReader, create_reader
from tests.integration.http.services import container_on
from tests.kit.web import WebShop, key, order_body, web_shop
from tests.servers.databases import connected, delete_rows
from tests.servers.replication import Replication, replication

HANG = 60


@pytest.fixture(scope="module")
def running_servers() -> Iterator[Replication]:
    with replication() as servers:
        upgrade(servers.primary.url)
        yield servers


@pytest.fixture
async def servers(running_servers: Replication, monkeypatch: pytest.MonkeyPatch) -> Replication:
    # On a machine under load, a short wait would end before the replica has received the latest writes.
    monkeypatch.setattr(replica, "LONGEST_WAIT", 5.0)
    async with connected(running_servers.primary.url) as connection:
        await delete_rows(connection)
    return running_servers


@pytest.fixture
async def web(servers: Replication) -> AsyncIterator[WebShop]:
    settings = {"database_read_url": servers.standby.url}
    async with web_shop(container_on(servers.primary.url, **settings)) as web:
        yield web


def reads_of(web: WebShop) -> Sequence[str]:
    """Return a list to which each later statement on the replica is appended.

    Statements that read the replica's position are not appended.
    """
    statements: list[str] = []

    def collect(*arguments: object) -> None:
        statement = str(arguments[2])
        if "pg_last_wal_replay_lsn" not in statement:
            statements.append(statement)

    for reader in (web.container.database.catalog_reader(), web.container.database.list_reader()):
        assert isinstance(reader, ReplicaReader)
        event.listen(reader.replica.sync_engine, "before_cursor_execute", collect)
    return statements


async def test_catalog_and_all_lists_are_read_from_the_replica(web: WebShop) -> None:
    statements = reads_of(web)
    mug, customer, admin = await web.product(stock=5), await web.customer(), await web.admin()
    statements_before = len(statements)
    for client, path in (
        (web.anonymous, f"/v1/products/{mug['id']}"),
        (web.anonymous, "/v1/products?q=mug"),
        (customer, "/v1/orders"),
        (admin, "/v1/audit"),
    ):
        count = len(statements)
        assert (await client.get(path)).status_code == 200
        assert len(statements) > count, path
    count = len(statements)
    placed = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
    assert (await customer.get(f"/v1/orders/{placed.json()['id']}")).status_code == 200
    assert len(statements) == count, "single orders are read from the primary"
    assert count > statements_before


async def test_caller_who_reads_from_the_replica_sees_own_earlier_writes(
    web: WebShop, servers: Replication
) -> None:
    mug, customer = await web.product(stock=1000), await web.customer()
    statements = reads_of(web)
    settings = {"database_read_url": servers.standby.url}
    async with web_shop(container_on(servers.primary.url, **settings)) as other_process:
        for number in range(1, 31):
            await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key(f"k{number}"))
            assert await orders_of(customer) == number
            product = (await other_process.anonymous.get(f"/v1/products/{mug['id']}")).json()
            assert product["available"] == 1000 - number
    assert len(statements) >= 30


async def orders_of(customer: httpx2.AsyncClient) -> int:
    return len((await customer.get("/v1/orders?limit=100")).json()["items"])


@pytest.mark.parametrize(("skip_seconds", "later_reads"), [(0.0, 1), (HANG, 0)])
async def test_replica_that_lags_behind_is_skipped_for_some_seconds(
    web: WebShop,
    servers: Replication,
    monkeypatch: pytest.MonkeyPatch,
    skip_seconds: float,
    later_reads: int,
) -> None:
    mug, customer = await web.product(stock=5), await web.customer()
    monkeypatch.setattr(replica, "SKIP_SECONDS", skip_seconds)
    statements = reads_of(web)
    async with connected(servers.standby.url) as standby:
        await standby.execute("SELECT pg_wal_replay_pause()")
        monkeypatch.setattr(replica, "LONGEST_WAIT", 0.05)
        await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
        assert await orders_of(customer) == 1
        assert statements == []
        await standby.execute("SELECT pg_wal_replay_resume()")
    monkeypatch.setattr(replica, "LONGEST_WAIT", 5.0)
    assert await orders_of(customer) == 1
    assert len(statements) == later_reads


@pytest.mark.parametrize("failure", ["pause", "kill"])
async def test_read_requests_succeed_although_the_replica_is_unavailable(
    web: WebShop, servers: Replication, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mug, customer = await web.product(stock=5), await web.customer()
    assert await orders_of(customer) == 0
    monkeypatch.setattr(replica, "LONGEST_WAIT", 0.25)
    getattr(servers.standby, failure)()
    try:
        async with asyncio.timeout(HANG):
            assert await orders_of(customer) == 0
            assert (await web.anonymous.get(f"/v1/products/{mug['id']}")).status_code == 200
    finally:
        if failure == "pause":
            servers.standby.resume()
        else:
            await asyncio.to_thread(servers.standby.start)


async def test_service_reads_from_another_replica_after_its_replica_was_promoted(
    servers: Replication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "SKIP_SECONDS", 0.0)
    primary = create_engine(servers.url)
    reader = create_reader(primary, replica_url=servers.url, pool_size=1, statement_timeout=STATEMENT_TIMEOUT)
    is_replica = text("SELECT pg_is_in_recovery() AS answer")
    assert [row.answer for row in await reader.all(is_replica)] == [True]
    await asyncio.to_thread(servers.fail_over)
    await asyncio.to_thread(servers.repair)
    await primary.dispose()
    answers = [(await reader.all(is_replica))[0].answer for _ in range(2)]
    await reader.close()
    await primary.dispose()
    assert answers == [False, True]
