"""Attempts are throttled separately for each account and for each network."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from domain.users.attempts import ACCOUNT_BACKOFF, NETWORK_BACKOFF, AttemptKind
from entrypoints.http.security.client_network import network_of
from tests.kit.openapi import validate_response
from tests.kit.store import memory_store
from tests.kit.web import BASE_URL, PASSWORD, WebShop, container_over, web_shop

ANN = {"username": "ann@example.com", "password": PASSWORD}
FREE = ACCOUNT_BACKOFF[AttemptKind.LOG_IN].free
FREE_ATTEMPTS = NETWORK_BACKOFF[AttemptKind.LOG_IN].free


@pytest.fixture
async def web() -> AsyncIterator[WebShop]:
    async with web_shop(container_over(memory_store(), rate_limit_enabled=True)) as web:
        yield web


async def log_in(
    web: WebShop, username: str, *, address: str = "203.0.113.9", **headers: str
) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=web.app, client=(address, 1))
    async with httpx2.AsyncClient(
        transport=transport, base_url=BASE_URL, event_hooks={"response": [validate_response]}
    ) as client:
        return await client.post("/token", data={"username": username, "password": "wrong"}, headers=headers)


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
async def test_response_to_a_throttled_log_in_has_the_header_retry_after(web: WebShop, email: str) -> None:
    body = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
    assert (await web.anonymous.post("/v1/users", json=body)).status_code == 201
    answers = [await log_in(web, email) for _ in range(FREE + 2)]
    assert [answer.status_code for answer in answers] == [*[400] * (FREE + 1), 429]
    assert answers[-1].json()["code"] == "too_many_attempts"
    assert answers[-1].headers["Retry-After"] == "1"
    assert email not in answers[-1].text


async def test_repeated_http_sign_ups_with_one_email_address_return_429(web: WebShop) -> None:
    body = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
    free = ACCOUNT_BACKOFF[AttemptKind.SIGN_UP].free
    answers = [await web.anonymous.post("/v1/users", json=body) for _ in range(free + 2)]
    assert [answer.status_code for answer in answers] == [201, *[409] * free, 429]
    assert answers[-1].headers["Retry-After"] == "1"


async def test_log_in_attempts_from_one_ipv6_network_are_counted_together(web: WebShop) -> None:
    for number in range(FREE_ATTEMPTS + 1):
        await log_in(web, f"guess-{number}@example.com", address=f"2001:db8:0:1::{number:x}")
    assert (await log_in(web, "ann@example.com", address="2001:db8:0:1:ffff::1")).status_code == 429
    assert (await log_in(web, "ann@example.com", address="2001:db8:0:2::1")).status_code == 400


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9/32"),
        ("::ffff:203.0.113.9", "203.0.113.9/32"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "local"),
        ("unix:", "local"),
        ("203.0.113.256", "local"),
    ],
)
def test_network_of_a_client_is_a_prefix_of_the_client_ip_address(address: str, network: str) -> None:
    assert network_of(address) == network


async def test_forwarding_headers_of_untrusted_peers_do_not_evade_throttling(web: WebShop) -> None:
    said = [
        {name: f"198.51.100.{n}"}
        for n in range(FREE_ATTEMPTS)
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")
    ]
    for number in range(FREE_ATTEMPTS + 1):
        await log_in(web, f"guess-{number}@example.com", **said[number])
    assert (await log_in(web, "ann@example.com", **said[-1])).status_code == 429


async def test_clients_behind_a_trusted_proxy_are_distinguished_by_ip_address() -> None:
    settings = {"rate_limit_enabled": True, "trusted_proxies": "10.0.0.0/8, 2001:db8::7"}
    async with web_shop(container_over(memory_store(), **settings)) as web:
        for number in range(FREE_ATTEMPTS + 1):
            await log_in(
                web, f"g-{number}@example.com", address="10.0.0.1", **{"X-Forwarded-For": "203.0.113.9"}
            )
        answers = [
            await log_in(web, "ann@example.com", address="10.0.0.1", **{"X-Forwarded-For": said})
            for said in ("203.0.113.9", "198.51.100.1, 203.0.113.9", "203.0.113.9, 198.51.100.1")
        ]
    assert [answer.status_code for answer in answers] == [429, 429, 400]
