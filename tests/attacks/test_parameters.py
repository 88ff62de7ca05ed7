"""Hostile URLs and headers are either rejected with a helpful error or processed without harm."""

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from urllib.parse import quote

import httpx2
import pytest

from tests.attacks.bodies import CANARY
from tests.attacks.conftest import ChangeDetector
from tests.kit.openapi import Operation, operations
from tests.kit.samples import Sample, SampleShop
from tests.kit.web import WebShop

HOSTILE = (
    "",
    " ",
    "null",
    "NaN",
    "Infinity",
    "1e400",
    "1E+200000",
    "-1",
    "0",
    "1.5",
    "9" * 400,
    "true",
    "[]",
    "{}",
    CANARY,
    CANARY * 500,
    f"{CANARY}\x00",
    f"{CANARY}\r\nSet-Cookie: a=b",
    f"';DROP TABLE {CANARY};--",
    f"<script>{CANARY}</script>",
    f"../../{CANARY}",
    "\u202e",
    "2026-02-30T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "00000000-0000-0000-0000-000000000000",
)
ENCODED = ("%00", "%ff", "%ed%a0%80", "%c0%af", "%", "%zz", "%0d%0a", "%2e%2e%2f", "%25", "+", "%F0%9F%A6%84")
"""URL-encoded values: NUL, invalid UTF-8, a surrogate, an overlong slash, broken escapes."""
BYTES = (
    b"",
    b" ",
    b"\xff",
    b"\x80abc",
    b"a b",
    b"x" * 256,
    b"x" * 20_000,
    CANARY.encode() + b"\t",
    b'"',
    b"*",
    b",",
)


@pytest.fixture(params=operations(), ids=lambda operation: operation.id)
def operation(request: pytest.FixtureRequest) -> Operation:
    operation: Operation = request.param
    return operation


@pytest.fixture
async def sample(sample_shop: SampleShop, operation: Operation, detector: ChangeDetector) -> Sample:
    sample = await sample_shop.sample(operation)
    detector.has_changed()
    return sample


def assert_refused_or_understood(response: httpx2.Response, detector: ChangeDetector, sent: object) -> None:
    changed = detector.has_changed()
    assert response.status_code < 500, sent
    if not response.is_success and response.status_code != 304:
        assert CANARY not in response.text + repr(response.headers), sent
        assert not changed, sent


def escaped() -> Iterator[str]:
    yield from (quote(value, safe="") for value in HOSTILE)
    yield from ENCODED


async def test_hostile_query_parameter_causes_no_server_error(
    web: WebShop, sample: Sample, detector: ChangeDetector, log: StringIO, operation: Operation
) -> None:
    for parameter in operation.parameters("query"):
        for value in escaped():
            address = f"{sample.url}?{parameter['name']}={value}"
            assert_refused_or_understood(await replace(sample, url=address).send(web), detector, address)
        twice = f"{sample.url}?{parameter['name']}={CANARY}&{parameter['name']}={CANARY}"
        assert (await replace(sample, url=twice).send(web)).status_code == 400
    assert CANARY not in log.getvalue()


async def test_unknown_query_parameters_are_rejected(
    web: WebShop, sample: Sample, detector: ChangeDetector, log: StringIO
) -> None:
    for query in (
        CANARY,
        f"{CANARY}={CANARY}",
        f"limit={CANARY}%00&{CANARY}",
        f"%00={CANARY}",
        "_=1",
        "%ff=1",
    ):
        response = await replace(sample, url=f"{sample.url}?{query}").send(web)
        assert response.status_code == 400, query
        assert CANARY not in response.text
        assert not detector.has_changed(), query
    assert CANARY not in log.getvalue()


async def test_hostile_path_parameter_is_rejected(
    web: WebShop,
    sample_shop: SampleShop,
    sample: Sample,
    detector: ChangeDetector,
    log: StringIO,
    operation: Operation,
) -> None:
    for parameter in operation.parameters("path"):
        for value in escaped():
            address = sample_shop.url_of(operation, **{parameter["name"]: value or "%20"})
            response = await replace(sample, url=address).send(web)
            assert response.status_code in {404, 405, 412}, address
            assert_refused_or_understood(response, detector, address)
    assert CANARY not in log.getvalue()


async def test_hostile_header_causes_no_server_error(
    web: WebShop, sample: Sample, detector: ChangeDetector, log: StringIO, operation: Operation
) -> None:
    described = {parameter["name"] for parameter in operation.parameters("header")}
    usual = {"Accept", "If-None-Match", "X-Request-Id", "User-Agent", "Cookie", "Forwarded", "Host"}
    for name in sorted(described | usual):
        for value in BYTES:
            headers = [
                *((key.encode(), text.encode()) for key, text in sample.headers.items() if key != name),
                (name.encode(), value),
                *([(b"Content-Type", sample.media_type.encode())] if sample.media_type else []),
            ]
            response = await web.anonymous.request(
                sample.method, sample.url, content=sample.content, headers=headers
            )
            assert_refused_or_understood(response, detector, (name, value[:50]))
    assert CANARY not in log.getvalue()


@pytest.mark.parametrize("name", ["Idempotency-Key", "If-Match"])
async def test_request_that_repeats_the_idempotency_key_or_if_match_header_is_rejected(
    web: WebShop, sample: Sample, detector: ChangeDetector, operation: Operation, name: str
) -> None:
    if name not in {
        parameter["name"] for parameter in operation.parameters("header") if parameter["required"]
    }:
        return
    headers = [*sample.headers.items(), (name, '"v99"')]
    media = [("Content-Type", sample.media_type)] if sample.media_type else []
    response = await web.anonymous.request(
        sample.method, sample.url, content=sample.content, headers=[*headers, *media]
    )
    assert not response.is_success
    assert not detector.has_changed()
