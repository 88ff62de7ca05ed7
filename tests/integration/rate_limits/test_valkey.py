"""Several processes share the counts of requests in a real Valkey server.

While the server is unavailable, each process counts requests separately.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from io import StringIO
from typing import Any

import pytest

from adapters.rate_limits.valkey import PAUSE, ValkeyRateLimiter
from application.rate_limits.ports import Allowance, RateLimitPolicy
from tests.kit.logs import captured_log
from tests.kit.stopwatch import Stopwatch
from tests.kit.store import memory_store
from tests.kit.web import container_over, web_shop
from tests.servers.valkey import ValkeyServer

ORDERS = RateLimitPolicy("orders", quota=3, window=60)
Processes = list[ValkeyRateLimiter]


@pytest.fixture
def log() -> Iterator[StringIO]:
    with captured_log() as log:
        yield log


def events(log: StringIO) -> list[str]:
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.getvalue().splitlines()]
    return [line["event"] for line in lines]


async def test_requests_to_two_processes_count_toward_one_quota_in_valkey(
    processes: Processes,
) -> None:
    answers = [await processes[number % 2].take(ORDERS, "ann") for number in range(5)]
    assert [(answer.allowed, answer.remaining) for answer in answers] == [
        (True, 2),
        (True, 1),
        (True, 0),
        (False, 0),
        (False, 0),
    ]
    assert all(1 <= answer.resets_in <= ORDERS.window for answer in answers)


@pytest.mark.parametrize("processes", [60], indirect=True, ids=["patient"])
async def test_number_of_admitted_concurrent_requests_equals_the_quota_in_valkey(
    processes: Processes,
) -> None:
    policy = RateLimitPolicy("reads", quota=70, window=60)
    answers = await asyncio.gather(*(processes[n % 2].take(policy, "ann") for n in range(200)))
    assert sum(answer.allowed for answer in answers) == 70
    assert sorted(answer.remaining for answer in answers if answer.allowed) == list(range(70))


async def test_valkey_counts_each_combination_of_policy_and_caller_separately(processes: Processes) -> None:
    one, other = processes
    for _ in range(3):
        await one.take(ORDERS, "ann")
    assert (await other.take(ORDERS, "bob")).remaining == 2
    assert (await other.take(RateLimitPolicy("reads", quota=3, window=60), "ann")).remaining == 2


async def test_every_request_is_rejected_by_a_quota_of_zero_in_valkey(processes: Processes) -> None:
    closed = RateLimitPolicy("closed", quota=0, window=10)
    assert await processes[0].take(closed, "ann") == Allowance(allowed=False, remaining=0, resets_in=10)


async def test_request_is_admitted_by_valkey_after_the_announced_waiting_time(processes: Processes) -> None:
    policy = RateLimitPolicy("blinks", quota=2, window=1)
    for _ in range(2):
        assert (await processes[0].take(policy, "ann")).allowed
    answer = await processes[1].take(policy, "ann")
    if not answer.allowed:
        await asyncio.sleep(answer.resets_in)
        answer = await processes[1].take(policy, "ann")
    assert answer.allowed


async def test_valkey_deletes_counters_after_the_time_window_ends(
    server: ValkeyServer, processes: Processes
) -> None:
    await processes[0].take(ORDERS, "ann")
    [key] = await processes[0]._server.keys()
    assert 0 < await processes[0]._server.ttl(key) <= ORDERS.window


async def test_valkey_script_is_loaded_again_after_a_flush(processes: Processes) -> None:
    await processes[0].take(ORDERS, "ann")
    await processes[0]._server.script_flush()
    assert (await processes[0].take(ORDERS, "ann")).remaining == 1


@pytest.mark.parametrize("happens", ["kill", "pause"])
async def test_each_process_counts_requests_itself_during_a_valkey_outage(
    server: ValkeyServer, processes: Processes, stopwatch: Stopwatch, log: StringIO, happens: str
) -> None:
    for _ in range(3):
        await processes[0].take(ORDERS, "ann")
    getattr(server, happens)()
    for process in processes:
        answers = [await process.take(ORDERS, "ann") for _ in range(4)]
        assert [answer.allowed for answer in answers] == [True, True, True, False]
    stopwatch.seconds += PAUSE
    await processes[0].take(ORDERS, "ann")
    assert events(log) == ["rate limits are not shared"] * 2
    server.resume()


async def test_valkey_counters_are_used_again_after_an_outage(
    server: ValkeyServer, processes: Processes, stopwatch: Stopwatch, log: StringIO
) -> None:
    process = processes[0]
    server.kill()
    await process.take(ORDERS, "ann")
    server.start()
    await process.take(ORDERS, "ann")
    assert await process._server.dbsize() == 0
    stopwatch.seconds += PAUSE
    assert (await process.take(ORDERS, "ann")).remaining == 2
    assert events(log) == ["rate limits are not shared", "rate limits are shared again"]


async def test_requests_of_a_customer_to_two_service_processes_use_the_same_quota(
    server: ValkeyServer,
) -> None:
    store = memory_store()
    async with AsyncExitStack() as stack:
        webs = [
            await stack.enter_async_context(
                web_shop(container_over(store, rate_limit_enabled=True, rate_limit_url=server.url))
            )
            for _ in range(2)
        ]
        ann = await webs[0].customer()
        token = {"Authorization": ann.headers["Authorization"], "Idempotency-Key": "k"}
        answers = [
            await webs[number % 2].anonymous.post("/v1/orders", json={}, headers=token)
            for number in range(61)
        ]
    assert [answer.status_code for answer in answers] == [*[422] * 60, 429]
    assert answers[-1].headers["RateLimit"].startswith('"orders";r=0;t=')
