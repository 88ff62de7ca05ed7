"""Checks that a process returned its database connections."""

import asyncio
from contextlib import AsyncExitStack

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integration.http.services import pool_of, public_read_pool_of
from tests.kit.web import WebShop

OPEN_TRANSACTIONS = """
SELECT state, query FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state NOT IN ('idle', 'disabled')
"""


async def assert_nothing_is_held(web: WebShop, psql: asyncpg.Connection) -> None:
    """Check that all connections are returned to the pool, have no open transaction, and can be used concurrently."""
    await await_disconnected_requests(web)
    await await_returned_connections(web)
    async with asyncio.timeout(10):
        while await psql.fetch(OPEN_TRANSACTIONS):
            """Wait, because a closed connection disappears with a delay."""
    engine: AsyncEngine = web.container.database.engine()
    pool_size = pool_of(web).size()
    async with AsyncExitStack() as stack:
        for _ in range(pool_size):
            await stack.enter_async_context(engine.connect())
    responses = await asyncio.gather(*(web.anonymous.get("/v1/products") for _ in range(pool_size)))
    assert [response.status_code for response in responses] == [200] * pool_size


async def await_returned_connections(web: WebShop) -> None:
    """Wait until periodic work, such as reloading keys, has returned all connections.

    If a connection is leaked, the wait fails after ten seconds.
    """
    async with asyncio.timeout(10):
        while any(pool.checkedout() for pool in (pool_of(web), public_read_pool_of(web))):  # noqa: ASYNC110 - must poll, because the service sends no notification
            await asyncio.sleep(0.01)


async def await_disconnected_requests(web: WebShop) -> None:
    """Wait until the requests of disconnected clients have ended."""
    async with asyncio.timeout(10):
        while len(web.app.state.request_drainer):  # noqa: ASYNC110 - must poll, because the service sends no notification
            await asyncio.sleep(0)
        await web.container.orders.order_batcher().drain()
        await web.container.orders.order_lanes().drain()
