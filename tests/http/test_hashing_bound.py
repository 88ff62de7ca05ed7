"""While the hashing queue is full, log-ins get 503 immediately. Other requests are served."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from threading import Event
from typing import Literal

import argon2
import httpx2
import pytest

from adapters.security.passwords import Argon2PasswordHasher
from tests.kit.store import memory_store
from tests.kit.web import PASSWORD, WebShop, container_over, web_shop

ANN = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
BOB = {**ANN, "email": "bob@example.com"}
LOG_IN = {"username": "ann@example.com", "password": PASSWORD}
PLACES = 2
"""The number of log-ins that fill the queue. The password of one log-in is being verified, and the other log-in is
queued.
"""


class PausableArgon2(argon2.PasswordHasher):
    """A cheap hasher. A verification waits until the test permits the hasher to continue."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.begun = Event()
        self.may_go_on = Event()
        self.may_go_on.set()

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2 has this parameter name
        self.begun.set()
        assert self.may_go_on.wait(60)
        return super().verify(hash, password)


@dataclass(frozen=True, slots=True)
class FullHashingQueue:
    """A shop whose hashing queue is full of waiting log-ins."""

    web: WebShop
    customer: httpx2.AsyncClient
    argon2: PausableArgon2
    waiting: list[asyncio.Task[httpx2.Response]]


@pytest.fixture
async def full_queue() -> AsyncIterator[FullHashingQueue]:
    hasher = Argon2PasswordHasher(memory_kib=8, passes=1, workers=1, max_waiting=PLACES - 1)
    hasher._argon2 = pausable_argon2 = PausableArgon2()
    container = container_over(memory_store())
    container.security.hasher.override(hasher)
    async with web_shop(container) as web:
        await web.anonymous.post("/v1/users", json=ANN)
        customer = await web.customer()
        pausable_argon2.begun.clear()
        pausable_argon2.may_go_on.clear()
        waiting = [asyncio.create_task(web.anonymous.post("/token", data=LOG_IN)) for _ in range(PLACES)]
        await asyncio.to_thread(pausable_argon2.begun.wait, 60)
        await asyncio.sleep(0.05)  # time for the second log-in to enter the queue
        yield FullHashingQueue(web, customer, pausable_argon2, waiting)
        pausable_argon2.may_go_on.set()
        await asyncio.gather(*waiting)
    hasher.close()


async def test_log_in_is_rejected_immediately_if_the_hashing_queue_is_full(
    full_queue: FullHashingQueue,
) -> None:
    """The response arrives although the queued log-ins make no progress."""
    refused = (
        await full_queue.web.anonymous.post("/token", data=LOG_IN),
        await full_queue.web.anonymous.post("/token", data={**LOG_IN, "username": "nobody@example.com"}),
        await full_queue.web.anonymous.post("/v1/users", json=BOB),
    )
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
        assert answer.headers["Retry-After"] == "1"
    assert not any(task.done() for task in full_queue.waiting)


async def test_requests_without_passwords_succeed_while_the_hashing_queue_is_full(
    full_queue: FullHashingQueue,
) -> None:
    for path in ("/livez", "/readyz", "/v1/products", "/v1/orders", "/v1/me", "/.well-known/jwks.json"):
        assert (await full_queue.customer.get(path)).status_code == 200, path
    assert not any(task.done() for task in full_queue.waiting)


async def test_queued_and_later_log_ins_succeed_after_the_hashing_queue_was_full(
    full_queue: FullHashingQueue,
) -> None:
    assert (await full_queue.web.anonymous.post("/token", data=LOG_IN)).status_code == 503
    full_queue.argon2.may_go_on.set()
    answers = await asyncio.gather(*full_queue.waiting)
    answers.append(await full_queue.web.anonymous.post("/token", data=LOG_IN))
    assert [answer.status_code for answer in answers] == [200] * (PLACES + 1)
