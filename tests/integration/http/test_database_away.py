"""While the database is unavailable, requests get 503 without a long wait.

The service recovers as soon as the database is available again.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import httpx2
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integration.http.holding import assert_nothing_is_held
from tests.integration.http.services import Buyer, container_on, pool_of, public_read_pool_of
from tests.invariants import assert_invariants
from tests.kit.shop import Shop
from tests.kit.web import PASSWORD, WebShop, key, order_body, web_shop
from tests.servers.databases import connected
from tests.servers.embedded import data_directory
from tests.servers.own_server import OwnServer, own_server

HANG = 10
"""The number of seconds after which a request counts as hanging.

The service should reject the request within one second.
"""


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with data_directory() as data_dir, own_server(data_dir) as server:
        yield server


async def refusals(web: WebShop, customer: httpx2.AsyncClient, body: dict[str, Any]) -> list[httpx2.Response]:
    """Send concurrent requests for every operation that needs the database."""
    account = {"email": "new@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
    async with asyncio.timeout(HANG):
        return await asyncio.gather(
            customer.post("/v1/orders", json=body, headers=key("while-away")),
            customer.post("/v1/orders/preview", json=body),
            customer.get("/v1/orders"),
            customer.get("/v1/me"),
            web.anonymous.get("/v1/products"),
            web.anonymous.post("/v1/users", json=account),
            web.anonymous.post("/token", data={"username": "new@example.com", "password": PASSWORD}),
            web.anonymous.get("/readyz"),
        )


def assert_refused_for_a_while(responses: list[httpx2.Response], code: str) -> None:
    assert [(response.status_code, response.json()["code"]) for response in responses] == [(503, code)] * len(
        responses
    )
    assert all(int(response.headers["Retry-After"]) >= 1 for response in responses)


async def test_requests_succeed_again_after_a_database_outage(
    server: OwnServer,
) -> None:
    async with web_shop(container_on(server.url)) as web:
        mug, customer = await web.product(stock=5), await web.customer()
        body = order_body((mug, 1))
        assert (await customer.post("/v1/orders", json=body, headers=key("before"))).status_code == 201
        await asyncio.to_thread(server.stop)

        for _ in range(3):
            assert_refused_for_a_while(await refusals(web, customer, body), "database_unavailable")
            assert (await web.anonymous.get("/livez")).status_code == 200
            assert (await web.anonymous.get("/.well-known/jwks.json")).status_code == 200

        await asyncio.to_thread(server.start)
        assert (await web.anonymous.get("/readyz")).status_code == 200
        placed = await customer.post("/v1/orders", json=body, headers=key("while-away"))
        again = await customer.post("/v1/orders", json=body, headers=key("before"))
        assert (placed.status_code, again.status_code) == (201, 201)
        assert "Idempotent-Replayed" not in placed.headers
        assert again.headers["Idempotent-Replayed"] == "true"
        assert (await web.anonymous.get(f"/v1/products/{mug['id']}")).json()["available"] == 3
        async with connected(server.url) as psql:
            await assert_nothing_is_held(web, psql)


@pytest.fixture
async def maintenance(database_server: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to another database of the server."""
    async with connected(database_server) as connection:
        yield connection


CUT_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


async def test_database_that_rejects_connections_is_reported_as_unavailable(
    web: WebShop, database_url: str, maintenance: asyncpg.Connection
) -> None:
    name = make_url(database_url).database
    mug, customer = await web.product(stock=5), await web.customer()
    await maintenance.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await maintenance.execute(CUT_ALL, name)
    assert_refused_for_a_while(await refusals(web, customer, order_body((mug, 1))), "database_unavailable")

    await maintenance.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    placed = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("while-away"))
    assert placed.status_code == 201


async def test_order_whose_connection_was_cut_is_placed_only_once_after_retries(
    web: WebShop,
    direct_shop: Shop,
    database_url: str,
    maintenance: asyncpg.Connection,
    psql: asyncpg.Connection,
) -> None:
    name = make_url(database_url).database
    mug = await web.product(stock=1000)
    buyers = [await Buyer.of(web, direct_shop) for _ in range(10)]
    statuses: Counter[int] = Counter()

    async def order_until_placed(buyer: Buyer, number: int) -> None:
        while True:
            response = await buyer.order(web, order_body((mug, 1)), key_=f"k{number}")
            statuses[response.status_code] += 1
            if response.status_code == 201:
                return
            assert response.json()["code"] in {"database_unavailable", "overloaded"}
            await asyncio.sleep(0)  # a request that is rejected immediately never yields to the event loop

    async def cut_again_and_again() -> None:
        for _ in range(30):
            await maintenance.execute(CUT_ALL + " AND pid <> $2", name, psql.get_server_pid())

    await asyncio.gather(
        cut_again_and_again(),
        *(order_until_placed(buyer, number) for buyer in buyers for number in range(20)),
    )
    assert statuses[201] == 200
    assert (await web.anonymous.get(f"/v1/products/{mug['id']}")).json()["available"] == 800
    await assert_invariants(direct_shop)
    await assert_nothing_is_held(web, psql)


async def test_request_returns_overloaded_if_the_connection_pool_is_exhausted(web: WebShop) -> None:
    mug, customer = await web.product(stock=5), await web.customer()
    engine: AsyncEngine = web.container.database.engine()
    public_read_engine: AsyncEngine = web.container.database.public_read_engine()
    async with AsyncExitStack() as stack:
        for _ in range(pool_of(web).size()):
            await stack.enter_async_context(engine.connect())
        for _ in range(public_read_pool_of(web).size()):
            await stack.enter_async_context(public_read_engine.connect())
        *refused, ready = await refusals(web, customer, order_body((mug, 1)))
        assert_refused_for_a_while(refused, "overloaded")
        assert ready.status_code == 200, "busy is not broken: to take it out would make the others busier"
        assert (await web.anonymous.get("/livez")).status_code == 200
    placed = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("while-away"))
    assert placed.status_code == 201
