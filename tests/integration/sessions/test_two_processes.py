"""Sessions in one PostgreSQL are valid in several processes and after a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from entrypoints.bootstrap.root import Container
from entrypoints.settings import Settings
from tests.kit.passwords import ListedBreachedPasswords, PlainHasher
from tests.kit.ports import FixedClock
from tests.kit.web import PASSWORD, WebShop, web_shop

ANN = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
BUSY = 503
LOG_IN = {"username": "ann@example.com", "password": PASSWORD}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@asynccontextmanager
async def process(database_url: str, clock: FixedClock) -> AsyncIterator[WebShop]:
    """Run another process of the service on a shared database with a shared clock."""
    container = Container(settings=Settings(database_url=database_url, rate_limit_enabled=False))
    container.clock.override(clock)
    container.security.hasher.override(PlainHasher())
    container.security.breached_passwords.override(ListedBreachedPasswords())
    async with web_shop(container) as web:
        yield web


async def log_in(web: WebShop) -> dict[str, Any]:
    tokens: dict[str, Any] = (await web.anonymous.post("/token", data=LOG_IN)).json()
    return tokens


async def refresh(web: WebShop, tokens: dict[str, Any]) -> httpx2.Response:
    """Refresh a session. Like other clients, retry while the service returns 503."""
    form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    while (response := await web.anonymous.post("/token", data=form)).status_code == BUSY:
        pass
    return response


async def test_concurrent_refreshes_in_two_processes_return_the_same_refresh_token(
    database_url: str, clock: FixedClock
) -> None:
    async with AsyncExitStack() as stack:
        webs = [await stack.enter_async_context(process(database_url, clock)) for _ in range(2)]
        await webs[0].anonymous.post("/v1/users", json=ANN)
        tokens = await log_in(webs[0])
        answers = await asyncio.gather(*(refresh(webs[n % 2], tokens) for n in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_session_ends_if_a_refresh_token_is_reused_after_a_restart(
    database_url: str, clock: FixedClock
) -> None:
    async with process(database_url, clock) as web:
        await web.anonymous.post("/v1/users", json=ANN)
        first = await log_in(web)
        second = (await refresh(web, (await refresh(web, first)).json())).json()
    clock.advance(timedelta(minutes=1))
    async with process(database_url, clock) as web:
        replayed = await refresh(web, first)
    async with process(database_url, clock) as web:
        after = await refresh(web, second)
    for response in (replayed, after):
        assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


async def test_refresh_token_of_a_lost_response_is_returned_again_after_a_restart(
    database_url: str, clock: FixedClock
) -> None:
    async with process(database_url, clock) as web:
        await web.anonymous.post("/v1/users", json=ANN)
        first = await log_in(web)
        lost = (await refresh(web, first)).json()
    clock.advance(timedelta(seconds=3))
    async with process(database_url, clock) as web:
        assert (await refresh(web, first)).json()["refresh_token"] == lost["refresh_token"]
