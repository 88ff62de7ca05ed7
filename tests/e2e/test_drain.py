"""When the service stops, it completes running requests and deliveries, and releases its leases."""

import asyncio
import os
import signal
from collections import Counter
from itertools import count
from typing import Any

import httpx2
from aiohttp import web

from tests.e2e.serving import CHECKOUT, PROGRAM, STOP_SECONDS, Service, create_admin, free_port, serving
from tests.kit.children import started
from tests.servers.databases import connected
from tests.servers.subscriber import Subscriber

PASSWORD = "a long password of mine"
CLIENTS = 4
LEASES = """
    SELECT (SELECT count(*) FROM event_relays WHERE token IS NOT NULL)
         + (SELECT count(*) FROM webhook_endpoints WHERE leased_until IS NOT NULL)
"""


async def test_service_accepts_every_connection_during_the_drain_delay(database_url: str) -> None:
    """Each request opens a new connection, like the requests of a load balancer without keep-alive.

    The test is slow, because the drain delay has to pass.
    """
    with serving(
        database_url, with_worker=False, workers="2", drain_delay="PT5S", rate_limit_enabled="false"
    ) as service:
        await asyncio.to_thread(service.await_answer)
        headers, order = await staff_and_order(service)
        placing, unready = asyncio.Event(), asyncio.Event()
        keys, statuses = count(), Counter[int]()

        async def client() -> None:
            while not unready.is_set():
                key = {"Idempotency-Key": f"k{next(keys)}", "Connection": "close"}
                async with httpx2.AsyncClient(base_url=service.address.url, timeout=30) as http:
                    placed = await http.post("/v1/orders", json=order, headers=headers | key)
                statuses[placed.status_code] += 1
                placing.set()

        async def balancer() -> None:
            """Send SIGTERM while orders are placed. Then poll `/readyz`, as a load balancer does."""
            await placing.wait()
            os.kill(service.process.pid, signal.SIGTERM)
            async with httpx2.AsyncClient(base_url=service.address.url, timeout=30) as http:
                while (await http.get("/readyz", headers={"Connection": "close"})).status_code == 200:  # noqa: ASYNC110 - load balancers poll, too
                    await asyncio.sleep(0.1)
            unready.set()

        async with asyncio.timeout(STOP_SECONDS * 2):
            await asyncio.gather(balancer(), *(client() for _ in range(CLIENTS)))
        assert await asyncio.to_thread(service.process.wait, STOP_SECONDS) == 0
    assert set(statuses) == {201}
    async with connected(database_url) as psql:
        assert await psql.fetchval("SELECT count(*) FROM orders") == statuses[201]


async def test_worker_completes_the_running_delivery_and_releases_leases_when_it_stops(
    database_url: str,
) -> None:
    is_called, may_answer = asyncio.Event(), asyncio.Event()

    async def answer_late(_: web.Request) -> web.StreamResponse:
        is_called.set()
        await may_answer.wait()
        return web.Response(status=204)

    subscriber = Subscriber()
    subscriber.answer = answer_late
    with serving(database_url, with_worker=False, webhooks_to_private_addresses="true") as service:
        async with subscriber.server:
            await asyncio.to_thread(service.await_answer)
            headers, _ = await staff_and_order(service)
            async with httpx2.AsyncClient(base_url=service.address.url, headers=headers) as staff:
                endpoint = {"url": subscriber.url, "event_types": ["product.created"]}
                assert (await staff.post("/v1/webhook-endpoints", json=endpoint)).status_code == 201
                product = {
                    "sku": "CUP",
                    "name": "Cup",
                    "price": {"amount": 1, "currency": "EUR"},
                    "initial_stock": 1,
                }
                assert (await staff.post("/v1/products", json=product)).status_code == 201
            environment = service.environment | {"STEELYARD_METRICS_PORT": str(free_port())}
            with started([*PROGRAM, "worker"], cwd=CHECKOUT, env=environment) as worker:
                async with asyncio.timeout(STOP_SECONDS * 2):
                    await is_called.wait()
                worker.terminate()
                await asyncio.sleep(0.5)
                may_answer.set()
                assert await asyncio.to_thread(worker.wait, STOP_SECONDS) == 0
    async with connected(database_url) as psql:
        assert await psql.fetchval(LEASES) == 0
        statuses = await psql.fetch("SELECT DISTINCT status FROM webhook_deliveries")
        assert [row["status"] for row in statuses] == ["delivered"]


async def staff_and_order(service: Service) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the headers of an admin, and the body of an order."""
    await asyncio.to_thread(create_admin, service, "boss@example.com", PASSWORD)
    async with httpx2.AsyncClient(base_url=service.address.url, timeout=30) as client:
        form = {"username": "boss@example.com", "password": PASSWORD}
        token = (await client.post("/token", data=form)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        product = {
            "sku": "MUG",
            "name": "Mug",
            "price": {"amount": 1999, "currency": "EUR"},
            "initial_stock": 9999,
        }
        made = (await client.post("/v1/products", json=product, headers=headers)).json()
    return headers, {"lines": [{"product_id": made["id"], "quantity": 1}]}
