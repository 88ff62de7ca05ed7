"""Workers whose system clocks differ by an hour agree on leases, due times and expiry.

They agree because all workers use the time of the database.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from adapters.postgres.core.database_clock import DatabaseClock
from application.events.relay_events import LEASE
from application.mail.request import MailKind, MailRequest
from application.shared.ports import Clock
from domain.shared.actor import Actor
from entrypoints.bootstrap.root import Container
from entrypoints.email_addresses import parse_email_address
from tests.integration.http.services import container_on
from tests.kit.mailbox import Mailbox
from tests.kit.web import PASSWORD, key, order_body, web_shop

ANN = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
LOG_IN = {"username": "ann@example.com", "password": PASSWORD}
HOUR = timedelta(hours=1)
WORKER = Actor(None, "worker")


class ShiftedClock(Clock):
    """A system clock that is wrong by a constant duration."""

    def __init__(self, error: timedelta) -> None:
        self._error = error

    def now(self) -> datetime:
        return datetime.now(UTC) + self._error


async def process_with_clock(database_url: str, error: timedelta) -> Container:
    """Return the service of a process whose system clock is wrong.

    The process has already used the database.
    """
    container = container_on(database_url, storefront_url="https://shop.example")
    container.clock.override(DatabaseClock(system=ShiftedClock(error)))
    container.mail.mailer.override(Mailbox())
    await container.database.health().check()
    return container


@pytest.fixture
async def fast(database_url: str) -> AsyncIterator[Container]:
    container = await process_with_clock(database_url, HOUR)
    yield container
    await container.database.engine().dispose()


@pytest.fixture
async def slow(database_url: str) -> AsyncIterator[Container]:
    container = await process_with_clock(database_url, -HOUR)
    yield container
    await container.database.engine().dispose()


async def placed_order(container: Container) -> None:
    async with web_shop(container) as web:
        product, customer = await web.product(), await web.customer()
        response = await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("k"))
        assert response.status_code == 201


async def test_fast_clock_of_a_worker_does_not_lengthen_a_lease(
    fast: Container, slow: Container, psql: asyncpg.Connection
) -> None:
    await placed_order(slow)
    now = fast.clock().now()
    progress = fast.database.relay_progress()
    assert await progress.lease("webhooks", token=uuid4(), now=now, until=now + LEASE)
    left = await psql.fetchval("SELECT leased_until - now() FROM event_relays")
    assert timedelta() < left <= LEASE
    assert await slow.events.relay_to_webhooks()(limit=9) == 0
    await psql.execute("UPDATE event_relays SET leased_until = now()")
    assert await slow.events.relay_to_webhooks()(limit=9) > 0


async def test_worker_with_a_fast_clock_expires_no_order_before_its_expiry_time(
    fast: Container, slow: Container, psql: asyncpg.Connection
) -> None:
    await placed_order(slow)
    held = await psql.fetchval("SELECT expires_at - now() FROM orders")
    assert timedelta(minutes=14) < held <= timedelta(minutes=15)
    assert await fast.orders.expire_orders()(limit=9, actor=WORKER) == 0
    await psql.execute("UPDATE orders SET expires_at = now()")
    assert await slow.orders.expire_orders()(limit=9, actor=WORKER) == 1


async def test_due_webhooks_are_not_delayed_by_a_worker_with_a_slow_clock(
    fast: Container, slow: Container, psql: asyncpg.Connection
) -> None:
    await psql.execute(
        "INSERT INTO webhook_endpoints (id, url, event_types, secret, created_at) "
        "VALUES (gen_random_uuid(), 'https://shop.example', '{}', '', now())"
    )
    await placed_order(fast)
    while await fast.events.relay_to_webhooks()(limit=50):
        pass
    queue = slow.database.delivery_queue()
    await psql.execute("UPDATE webhook_deliveries SET due_at = due_at + interval '10 minutes'")
    now = fast.clock().now()
    assert await fast.database.delivery_queue().take(now=now, until=now + LEASE, limit=9) is None
    await psql.execute("UPDATE webhook_deliveries SET due_at = due_at - interval '10 minutes'")
    now = slow.clock().now()
    assert await queue.take(now=now, until=now + LEASE, limit=9)


async def test_due_mail_is_not_delayed_by_a_worker_with_a_slow_clock(
    fast: Container, slow: Container, psql: asyncpg.Connection
) -> None:
    address = parse_email_address("ann@example.com")
    async with fast.database.unit_of_work()() as work:
        now = fast.clock().now()
        await work.mail.add(MailRequest.made(MailKind.PASSWORD_RESET, address, now=now))
        await work.commit()
    await psql.execute("UPDATE mail_requests SET due_at = due_at + interval '10 minutes'")
    async with fast.database.unit_of_work()() as work:
        assert await work.mail.next_due(fast.clock().now()) is None
    await psql.execute("UPDATE mail_requests SET due_at = due_at - interval '10 minutes'")
    await slow.mail.deliver_mail()()
    assert await psql.fetchval("SELECT count(*) FROM mail_requests") == 0


async def test_clock_returns_database_time_instead_of_system_time(
    fast: Container, psql: asyncpg.Connection
) -> None:
    before = await psql.fetchval("SELECT clock_timestamp()")
    now = fast.clock().now()
    after = await psql.fetchval("SELECT clock_timestamp()")
    assert before - timedelta(seconds=1) < now < after + timedelta(seconds=1)


async def test_grace_period_of_a_refresh_token_does_not_depend_on_the_system_clock(
    fast: Container, slow: Container, psql: asyncpg.Connection
) -> None:
    async with web_shop(fast) as there, web_shop(slow) as here:
        await there.anonymous.post("/v1/users", json=ANN)
        tokens = (await there.anonymous.post("/token", data=LOG_IN)).json()
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        first, repeated = [await web.anonymous.post("/token", data=form) for web in (there, here)]
    assert first.json()["refresh_token"] == repeated.json()["refresh_token"]
    assert await psql.fetchval("SELECT reissued_at FROM sessions") is None
