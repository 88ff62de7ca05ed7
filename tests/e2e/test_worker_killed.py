"""The worker is killed repeatedly while there is work to do."""

import asyncio
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

from tests.e2e.serving import CHECKOUT, PROGRAM, Service, create_admin, serving
from tests.kit.children import run, started
from tests.kit.streams import stored_messages
from tests.servers.databases import connected
from tests.servers.nats import nats_server

PASSWORD = "a long password of mine"
PRICE = {"amount": 1999, "currency": "EUR"}
TOKENS = ("tok_ok", "tok_twice", "tok_timeout", "tok_late", "tok_declined")
OF_EACH = 3
KILLED_AFTER = (0.5, 1.0, 1.1)
"""For each kill, the number of seconds between the start of the worker and the kill.

Jobs begin half a second and one second after the start of the worker, so the kills are close to the beginning of
jobs.
"""

TIME_PASSES = """
    UPDATE payments SET inquire_at = now() WHERE inquire_at IS NOT NULL;
    UPDATE refunds SET inquire_at = now() WHERE inquire_at IS NOT NULL;
    UPDATE sandbox_messages SET due_at = now();
    UPDATE event_relays SET leased_until = now();
"""
"""SQL statements that end all leases and waiting times.

After these statements, another worker can immediately continue the unfinished work of a killed worker.
"""

UNDONE = """
    SELECT (SELECT count(*) FROM payments WHERE status = 'pending')
         + (SELECT count(*) FROM refunds WHERE status = 'pending')
         + (SELECT count(*) FROM orders WHERE status = 'pending_payment')
         + (SELECT count(*) FROM sandbox_messages)
         + (SELECT count(*) FROM outbox WHERE position IS NULL)
         + (SELECT count(*) FROM outbox LEFT JOIN event_relays ON publisher = 'nats'
            WHERE position = (SELECT max(position) FROM outbox) AND after IS DISTINCT FROM outbox.id)
"""


async def test_all_work_is_done_exactly_once_although_workers_are_killed(
    database_url: str, tmp_path: Path
) -> None:
    """The test is slow, because processes are started and killed, and orders have to expire."""
    settings: dict[str, Any] = {"rate_limit_enabled": "false", "log_level": "warning", "order_hold": "PT3S"}
    with (
        nats_server(tmp_path) as events,
        serving(database_url, with_worker=False, nats_url=events.url, **settings) as service,
    ):
        service.await_answer()
        create_admin(service, "boss@example.com", PASSWORD)
        await place_and_pay(service)
        async with connected(database_url) as psql:
            for seconds in KILLED_AFTER:
                with worker_beside(service):
                    await asyncio.sleep(seconds)
                await psql.execute(TIME_PASSES)
            with worker_beside(service):
                async with asyncio.timeout(60):
                    while await psql.fetchval(UNDONE):
                        await asyncio.sleep(0.2)
                        await psql.execute(TIME_PASSES)
            await assert_work_is_done_once(psql)
            rows = await psql.fetch("SELECT id, position FROM outbox ORDER BY position")
            assert [each.message_id for each in await stored_messages(events.url)] == [
                str(row["id"]) for row in rows
            ]
        await asyncio.to_thread(run, [*PROGRAM, "check"], cwd=CHECKOUT, env=service.environment)


async def assert_work_is_done_once(psql: asyncpg.Connection) -> None:
    orders = await psql.fetch("SELECT status FROM orders")
    # If a payment is late, the order first expires. The late payment then reinstates the order, because there is
    # enough stock for all orders. Only orders with a declined card stay expired.
    assert Counter(row["status"] for row in orders) == {"confirmed": 4 * OF_EACH, "expired": OF_EACH}
    charges = await psql.fetch(
        "SELECT count(*) AS n FROM sandbox_charges WHERE failure IS NULL GROUP BY payment_id"
    )
    assert Counter(row["n"] for row in charges) == {1: 3 * OF_EACH, 2: OF_EACH}
    given_back = await psql.fetch("SELECT count(*) AS n FROM sandbox_refunds GROUP BY charge_reference")
    assert Counter(row["n"] for row in given_back) == {1: OF_EACH}
    places = [row["position"] for row in await psql.fetch("SELECT position FROM outbox ORDER BY position")]
    assert places == list(range(1, len(places) + 1))
    expired = await psql.fetchval("SELECT count(*) FROM outbox WHERE type = 'order.expired'")
    revived = await psql.fetchval("SELECT count(*) FROM outbox WHERE type = 'order.revived'")
    assert expired == OF_EACH + revived


async def place_and_pay(service: Service) -> None:
    async with httpx2.AsyncClient(base_url=service.address.url, timeout=30) as client:
        form = {"username": "boss@example.com", "password": PASSWORD}
        token = (await client.post("/token", data=form)).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        product = {"sku": "MUG", "name": "Mug", "price": PRICE, "initial_stock": 100}
        product_id = (await client.post("/v1/products", json=product)).json()["id"]
        body = {"lines": [{"product_id": product_id, "quantity": 1}]}
        for number in range(OF_EACH):
            for card in TOKENS:
                order = await _post(client, "/v1/orders", body, f"{card}-{number}")
                payment = {"amount": PRICE, "method": "sandbox", "token": card}
                await _post(client, f"/v1/orders/{order['id']}/payments", payment, f"pay-{card}-{number}")


async def _post(client: httpx2.AsyncClient, url: str, body: object, key: str) -> Any:
    response = await client.post(url, json=body, headers={"Idempotency-Key": key})
    assert response.is_success, response.text
    return response.json()


@contextmanager
def worker_beside(service: Service) -> Iterator[None]:
    """Run a worker in addition to the service's worker, and kill it at the end."""
    with started(
        [*PROGRAM, "worker"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"], **service.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "The worker is running.\n"
        yield
