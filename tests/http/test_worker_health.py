"""The health checks of a worker, over a real connection."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2

from entrypoints.job_health import JobHealth
from entrypoints.metrics.server import operations_server
from entrypoints.worker import work
from entrypoints.worker_health import health_apps
from tests.e2e.serving import free_port
from tests.kit.store import memory_store
from tests.kit.web import container_over


@asynccontextmanager
async def checks(
    health: JobHealth, is_stopping: Callable[[], bool] = lambda: False
) -> AsyncIterator[httpx2.AsyncClient]:
    port = free_port()
    with operations_server("127.0.0.1", port, health_apps(health, is_stopping=is_stopping)):
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield client


def aged(seconds: float) -> JobHealth:
    """Return the health of a job `send` that was added `seconds` ago.

    The interval of the job is one second.
    """
    times = iter([0.0])
    health = JobHealth(lambda: next(times, seconds))
    health.add("send", every=timedelta(seconds=1), longest_run=timedelta(seconds=5))
    return health


async def eventually(client: httpx2.AsyncClient, status: int) -> httpx2.Response:
    """Return the first readiness response with this status."""
    while (response := await client.get("/readyz")).status_code != status:  # noqa: ASYNC110 - must poll, because a client gets no notification of the change
        await asyncio.sleep(0.05)
    return response


async def test_worker_with_successful_jobs_is_live_and_ready() -> None:
    async with checks(aged(1)) as client:
        for path in ("/livez", "/readyz"):
            response = await client.get(path)
            assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_worker_with_a_failing_job_is_live_and_unready() -> None:
    health = aged(3)
    health.failed("send")
    async with checks(health) as client:
        assert (await client.get("/livez")).status_code == 200
        response = await client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "failing", "jobs": ["send"]})


async def test_worker_with_a_hanging_job_is_neither_live_nor_ready() -> None:
    async with checks(aged(8)) as client:
        response = await client.get("/livez")
        assert (response.status_code, response.json()) == (503, {"status": "hanging", "jobs": ["send"]})
        assert (await client.get("/readyz")).status_code == 503


async def test_worker_is_live_and_unready_while_it_stops() -> None:
    async with checks(aged(0), is_stopping=lambda: True) as client:
        assert (await client.get("/livez")).status_code == 200
        response = await client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"status": "stopping", "jobs": []})


async def test_worker_is_unready_until_its_failing_job_succeeds() -> None:
    """The test is slow, because two intervals of the job have to pass."""
    container = container_over(memory_store())
    relay, is_broken = container.events.relay_to_webhooks(), True

    async def relay_unless_broken(*, limit: int) -> int:
        if is_broken:
            raise LookupError
        return await relay(limit=limit)

    container.events.relay_to_webhooks.override(relay_unless_broken)
    until = asyncio.Event()
    working = asyncio.create_task(work(container, until))
    async with checks(container.job_health(), until.is_set) as client, asyncio.timeout(60):
        failing = await eventually(client, 503)
        assert failing.json() == {"status": "failing", "jobs": ["relay to webhooks"]}
        is_broken = False
        await eventually(client, 200)
    until.set()
    await working
    await container.database.engine().dispose()
