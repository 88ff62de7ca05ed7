"""An HTTP client that honors Retry-After and retries requests that got no response."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

import httpx2

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 32
"""The maximum number of concurrent requests."""
WAITING_LIMIT = 300.0
"""The maximum time in seconds for which a request is retried.

After that time, the last response is the result.
"""
WAIT_AFTER_LOSS = 0.5

_TRY_AGAIN = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass(frozen=True, slots=True)
class Client:
    http: httpx2.AsyncClient
    on_wait: Callable[[float], None]
    """A function that is called with the seconds for which the service asks the client to wait."""
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    """The semaphore that limits the number of concurrent requests."""

    async def send(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        key: str | None = None,
        json: object = None,
        data: Mapping[str, str] | None = None,
        params: Mapping[str, str | int] | None = None,
    ) -> httpx2.Response:
        """Send a request, and repeat the request while responses ask the client to try again later.

        Raises httpx2.TransportError if the last attempt gets no response.
        """
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = key
        clock = asyncio.get_running_loop().time
        deadline = clock() + WAITING_LIMIT
        while True:
            try:
                async with self.slots:
                    response = await self.http.request(
                        method, path, headers=headers, json=json, data=data, params=params
                    )
            except httpx2.TransportError:
                if clock() > deadline:
                    raise
                await asyncio.sleep(WAIT_AFTER_LOSS)
                continue
            if response.status_code not in _TRY_AGAIN or clock() > deadline:
                return response
            seconds = float(response.headers.get("Retry-After", "1"))
            self.on_wait(seconds)
            await asyncio.sleep(seconds)


@asynccontextmanager
async def connected(url: str, on_wait: Callable[[float], None]) -> AsyncIterator[Client]:
    """Yield a client of a service on this machine. The client ignores proxies from the environment."""
    limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx2.AsyncClient(base_url=url, limits=limits, timeout=30, trust_env=False) as http:
        yield Client(http, on_wait)


async def side_by_side(work: Callable[[T], Awaitable[R]], items: Iterable[T]) -> list[R]:
    """Call `work` with every item. The number of concurrent calls is limited."""
    remaining = iter(items)
    results: list[R] = []

    async def work_on() -> None:
        for item in remaining:
            results.append(await work(item))  # noqa: PERF401 - several workers share the iterator and the list

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work_on())
    return results
