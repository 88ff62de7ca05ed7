"""Public reads use a separate connection pool, so that public reads cannot starve orders of connections."""

from contextlib import AsyncExitStack

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integration.http.services import public_read_pool_of
from tests.kit.web import PASSWORD, WebShop, key, order_body


async def test_orders_are_placed_while_the_connection_pool_for_reads_is_exhausted(web: WebShop) -> None:
    customer, product = await web.customer(), await web.product()
    engine: AsyncEngine = web.container.database.public_read_engine()
    async with AsyncExitStack() as stack:
        for _ in range(public_read_pool_of(web).size()):
            await stack.enter_async_context(engine.connect())
        for address in ("/v1/products?q=mug", f"/v1/products/{product['id']}"):
            refused = await web.anonymous.get(address)
            assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
            assert "Retry-After" in refused.headers

        placed = await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("k"))
        assert placed.status_code == 201
        assert (await customer.get(placed.headers["Location"])).status_code == 200
        me = (await customer.get("/v1/me")).json()
        login = {"username": me["email"], "password": PASSWORD}
        assert (await web.anonymous.post("/token", data=login)).status_code == 200
    assert (await web.anonymous.get("/v1/products?q=mug")).status_code == 200


async def test_query_of_a_public_request_is_canceled_by_postgresql_after_one_second(web: WebShop) -> None:
    engine: AsyncEngine = web.container.database.public_read_engine()
    async with engine.connect() as connection:
        assert (await connection.execute(text("SHOW statement_timeout"))).scalar_one() == "1s"
        with pytest.raises(DBAPIError) as cancelled:
            await connection.execute(text("SELECT pg_sleep(60)"))
    assert isinstance(
        cancelled.value.orig.__cause__ if cancelled.value.orig else None, asyncpg.QueryCanceledError
    )


async def test_only_queries_of_public_requests_have_the_short_statement_timeout(web: WebShop) -> None:
    engine: AsyncEngine = web.container.database.engine()
    async with engine.connect() as connection:
        assert (await connection.execute(text("SHOW statement_timeout"))).scalar_one() == "5s"
