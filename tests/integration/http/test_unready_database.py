"""PostgreSQL servers that accept reads but reject writes.

With such a server the service is unready. When the server accepts writes again, the service recovers without a
restart.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integration.http.services import container_on, pool_of
from tests.kit.children import run
from tests.kit.web import WebShop, key, order_body, web_shop
from tests.servers.embedded import data_directory
from tests.servers.own_server import OwnServer, own_server

HANG = 30
"""The number of seconds after which the service should have noticed the fault."""
DISK_BYTES = 192 << 20
"""The size of the small disk. The disk has space for a new data directory, the server's log, and some orders."""


@contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """Mount a file system of a fixed size. Skip the test if this is not permitted."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=711", "tmpfs", str(directory)]
    if os.geteuid() != 0 or run(mount, check=False).returncode != 0:
        pytest.skip("Only root can mount a small disk, and not in every container.")
    try:
        yield directory
    finally:
        # The unmount is lazy, because the server's last process may still have the directory open for a
        # moment.
        run(["umount", "--lazy", directory])


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with data_directory() as data_dir, own_server(data_dir) as server:
        yield server


@pytest.fixture
def server_on_small_disk() -> Iterator[OwnServer]:
    with data_directory() as directory, small_disk(directory) as data_dir, own_server(data_dir) as server:
        yield server


@pytest.fixture
async def web(server: OwnServer) -> AsyncIterator[WebShop]:
    async with web_shop(container_on(server.url)) as web:
        yield web


async def await_readiness(web: WebShop, status: int) -> httpx2.Response:
    async with asyncio.timeout(HANG):
        while True:
            response = await web.anonymous.get("/readyz")
            if response.status_code == status:
                return response
            await asyncio.sleep(0.05)


async def test_service_is_unready_while_the_database_is_read_only(web: WebShop, server: OwnServer) -> None:
    mug, customer = await web.product(stock=5), await web.customer()
    server.configure(default_transaction_read_only="on")
    assert (await await_readiness(web, 503)).json()["code"] == "database_unavailable"
    refused = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
    assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")

    server.configure()
    await await_readiness(web, 200)
    assert (await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))).status_code == 201


async def test_connections_are_closed_after_a_write_fails_on_a_read_only_server(
    web: WebShop, server: OwnServer
) -> None:
    """After a failover, old connections lead to a standby, and new connections lead to the new primary."""
    mug, customer = await web.product(stock=5), await web.customer()
    await make_pool_read_only(web)
    refused = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
    assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")
    for number in range(10):
        placed = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key(f"k{number % 5}"))
        assert placed.status_code == 201


async def make_pool_read_only(web: WebShop) -> None:
    """Replace every connection of the pool by a connection to a read-only server."""
    engine: AsyncEngine = web.container.database.engine()
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(engine.connect()) for _ in range(pool_of(web).size())]
        for connection in connections:
            await connection.exec_driver_sql("SET default_transaction_read_only = on")
            await connection.commit()


async def test_order_request_returns_503_while_a_commit_waits_for_an_unreachable_standby(
    web: WebShop, server: OwnServer
) -> None:
    mug, customer = await web.product(stock=5), await web.customer()
    server.configure(synchronous_standby_names="lost")
    undecided = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
    assert (undecided.status_code, undecided.json()["code"]) == (503, "database_unavailable")
    assert (await web.anonymous.get("/readyz")).status_code == 503
    again = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
    assert again.status_code == 503, "an order must not be acknowledged before the standby has it"

    server.configure()
    await await_readiness(web, 200)
    placed = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k"))
    assert placed.status_code == 201
    orders = (await customer.get("/v1/orders")).json()["items"]
    assert [order["id"] for order in orders] == [placed.json()["id"]]


async def test_service_is_unready_while_a_commit_waits_for_an_unreachable_standby(
    web: WebShop, server: OwnServer
) -> None:
    mug, customer = await web.product(stock=5), await web.customer()
    server.configure(synchronous_standby_names="lost")
    ordering = asyncio.create_task(customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("k")))
    await await_readiness(web, 503)
    assert not ordering.done()

    server.configure()
    assert (await ordering).status_code == 201
    await await_readiness(web, 200)


async def test_service_is_unready_while_the_disk_of_the_database_is_full(
    server_on_small_disk: OwnServer,
) -> None:
    server = server_on_small_disk
    async with web_shop(container_on(server.url)) as web:
        mug, customer = await web.product(stock=5000), await web.customer()
        filler = server.data_dir / "filler"
        fill(filler)
        placed = await order_until_refused(customer, order_body((mug, 1)))
        for _ in range(3):
            assert (await web.anonymous.get("/readyz")).status_code == 503
        assert (await web.anonymous.get("/livez")).status_code == 200

        filler.unlink()
        assert (await web.anonymous.get("/readyz")).status_code == 200
        retried = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key(f"k{placed}"))
        assert retried.status_code == 201
        available = (await web.anonymous.get(f"/v1/products/{mug['id']}")).json()["available"]
        assert available == 5000 - placed - 1


async def order_until_refused(customer: httpx2.AsyncClient, body: dict[str, Any]) -> int:
    """Place orders with the idempotency keys k0, k1 and so on until the disk is full.

    Returns the number of placed orders.
    """
    for number in range(2000):
        response = await customer.post("/v1/orders", json=body, headers=key(f"k{number}"))
        if response.status_code != 201:
            assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
            return number
    raise AssertionError("The disk is not full.")


def fill(file: Path) -> None:
    """Write until the disk is full."""
    with file.open("wb", buffering=0) as filler:
        try:
            while filler.write(b"x" * (1 << 16)):
                pass
        except OSError:
            return
