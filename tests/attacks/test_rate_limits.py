"""Rate limits count every request before the request's token, query or body is checked."""

from collections.abc import AsyncIterator, Mapping
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import Message

from application.rate_limits.ports import Allowance, RateLimiter, RateLimitPolicy
from tests.attacks.conftest import ChangeDetector
from tests.http.test_rate_limits import UNLIMITED
from tests.kit.openapi import operations
from tests.kit.samples import FORM, Sample, SampleShop
from tests.kit.web import WebShop, container_over, web_shop

JSON = "application/json"


class RecordingLimiter(RateLimiter):
    """A rate limiter that records the names of the applied policies.

    If `allowed` is true, the limiter allows all requests. Otherwise the limiter rejects all requests.
    """

    def __init__(self) -> None:
        self.counted: list[str] = []
        self.allowed = True

    async def take(self, policy: RateLimitPolicy, partition: str) -> Allowance:
        self.counted.append(policy.name)
        return Allowance(self.allowed, remaining=policy.quota, resets_in=1)

    async def close(self) -> None: ...


@pytest.fixture
def limiter() -> RecordingLimiter:
    return RecordingLimiter()


@pytest.fixture
async def web(detector: ChangeDetector, limiter: RecordingLimiter) -> AsyncIterator[WebShop]:
    container = container_over(detector.store)
    container.security.rate_limiter.override(limiter)
    async with web_shop(container) as web:
        yield web


@pytest.fixture
async def samples(sample_shop: SampleShop, limiter: RecordingLimiter) -> list[Sample]:
    """One valid request for each operation that has a rate limit."""
    samples = [await sample_shop.sample(one) for one in operations() if one.id not in UNLIMITED]
    limiter.counted.clear()
    return samples


async def send(web: WebShop, sample: Sample, *, query: str = "", **changed: Any) -> tuple[int, bool]:
    """Return the status of the response, and whether the service requested the body."""
    parts = urlsplit(sample.url)
    headers: Mapping[str, str] = changed.get("headers", sample.headers)
    media = {"Content-Type": sample.media_type} if sample.media_type else {}
    content: bytes = changed.get("content", sample.content)
    statuses: list[int] = []
    asked: list[bool] = []

    async def receive() -> Message:
        asked.append(True)
        return {"type": "http.request", "body": content, "more_body": False}

    async def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": sample.method,
        "scheme": "http",
        "server": ("shop", 80),
        "client": ("192.0.2.1", 1),
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": (query or parts.query).encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in {**media, **headers}.items()],
    }
    await web.app(scope, receive, take)
    return statuses[0], bool(asked)


QUERIES = ("unknown=1", "a" * 9000, "%ff=1", "&".join(["a=1"] * 60))
TOKENS = ("nonsense", "a.b.c", "a" * 10_000)
BODIES = (
    b"",
    b"{",
    b"\xff",
    b'{"unknown": 1}',
    b"[" * 5000,
    b'{"a":1,"a":2}',
    b"&" * 30,
    b"a=%00",
    b"a" * 300_000,
)


async def test_rate_limiter_counts_a_request_with_a_malformed_query_exactly_once(
    web: WebShop, samples: list[Sample], limiter: RecordingLimiter
) -> None:
    for sample, query in product(samples, QUERIES):
        limiter.counted.clear()
        status, _ = await send(web, sample, query=query)
        assert (status in {400, 414}, len(limiter.counted)) == (True, 1), (sample.url, query[:50])


async def test_rate_limiter_counts_a_request_with_a_malformed_body_exactly_once(
    web: WebShop, samples: list[Sample], limiter: RecordingLimiter
) -> None:
    for sample, body in product(samples, BODIES):
        if sample.media_type:
            limiter.counted.clear()
            await send(web, sample, content=body)
            assert len(limiter.counted) == 1, (sample.url, body[:50])


async def test_rate_limiter_counts_a_request_of_an_unsupported_media_type_exactly_once(
    web: WebShop, samples: list[Sample], limiter: RecordingLimiter
) -> None:
    for sample in samples:
        if sample.media_type:
            limiter.counted.clear()
            other = JSON if sample.media_type == FORM else FORM
            status, _ = await send(web, sample, headers={**sample.headers, "Content-Type": other})
            assert (status, len(limiter.counted)) == (415, 1), sample.url


async def test_rate_limiter_counts_a_request_with_an_invalid_access_token_exactly_once(
    web: WebShop, samples: list[Sample], limiter: RecordingLimiter
) -> None:
    for sample, token in product(samples, TOKENS):
        limiter.counted.clear()
        await send(web, sample, headers={**sample.headers, "Authorization": f"Bearer {token}"})
        assert len(limiter.counted) == 1, (sample.url, token[:50])


async def test_rate_limit_is_checked_before_the_query_and_the_body_are_validated(
    web: WebShop, samples: list[Sample], limiter: RecordingLimiter
) -> None:
    limiter.allowed = False
    for sample, query in product(samples, ("", *QUERIES)):
        assert await send(web, sample, query=query) == (429, False), (sample.url, query[:50])


async def test_rate_limit_is_checked_before_the_access_token_is_verified(
    web: WebShop, samples: list[Sample], limiter: RecordingLimiter
) -> None:
    limiter.allowed = False
    for sample, token in product(samples, TOKENS):
        status, _ = await send(web, sample, headers={"Authorization": f"Bearer {token}"})
        assert status == 429, (sample.url, token[:50])
