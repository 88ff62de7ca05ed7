"""Attacks over real sockets while a bystander places 20 orders a second: `make attack`.

The service runs as `make run` starts it, with an embedded database of its own. The attacker connects from 127.0.0.1. The
customers come through a trusted proxy at 127.0.0.2, each from its own network. Every attack is bounded in connections
and seconds, and reaches only this machine. The exit code is 1 if an order is not answered 201 within a second.
"""

import asyncio
import secrets
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx2

from tests.e2e.serving import Service, create_admin, serving

ORDERS_PER_SECOND = 20
SECONDS = 8.0
"""Seconds of each attack."""
CUSTOMERS = 40
SLOWEST_SECONDS = 1.0
PASSWORD = "a long password of the campaign"
PROXY = "127.0.0.2"

Attack = Callable[[int], Awaitable[int]]
"""Attacks the port until it is cancelled, or ends by itself; returns the number of connections or requests."""


@dataclass(slots=True)
class Outcome:
    """The orders of the bystander during one attack."""

    statuses: dict[int, int] = field(default_factory=dict)
    slowest: float = 0.0

    @property
    def is_good(self) -> bool:
        return self.statuses.keys() == {201} and self.slowest < SLOWEST_SECONDS


@dataclass(frozen=True, slots=True)
class Bystander:
    """Customers that place orders at a constant rate, however long the responses take."""

    http: httpx2.AsyncClient
    product_id: str
    customers: Sequence[Mapping[str, str]]

    async def order_during(self, attack: Attack, port: int) -> tuple[int | BaseException, Outcome]:
        outcome = Outcome()
        attacking = asyncio.create_task(_bounded(attack, port))
        orders = []
        for number in range(int(SECONDS * ORDERS_PER_SECOND)):
            orders.append(asyncio.create_task(self._order(number, outcome)))
            await asyncio.sleep(1 / ORDERS_PER_SECOND)
        await asyncio.gather(*orders)
        [result] = await asyncio.gather(attacking, return_exceptions=True)
        return result, outcome

    async def _order(self, number: int, outcome: Outcome) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        response = await self.http.post(
            "/v1/orders",
            json={"lines": [{"product_id": self.product_id, "quantity": 1}]},
            headers={**self.customers[number % len(self.customers)], "Idempotency-Key": uuid4().hex},
        )
        outcome.slowest = max(outcome.slowest, clock() - began)
        outcome.statuses[response.status_code] = outcome.statuses.get(response.status_code, 0) + 1


async def _bounded(attack: Attack, port: int) -> int:
    async with asyncio.timeout(SECONDS + 15):
        return await attack(port)


async def no_attack(_port: int) -> int:
    return 0


async def unfinished_bodies(port: int) -> int:
    """Send headers and one byte of a body on 128 connections, without credentials."""
    head = _head("POST", "/v1/orders", "Content-Type: application/json", "Content-Length: 100")
    return await _hold(port, 128, head + b"{")


async def silent_connections(port: int) -> int:
    """Open 300 connections and send nothing."""
    return await _hold(port, 300, b"")


async def slow_readers(port: int) -> int:
    """Request the largest document 50 times on each of 64 connections, and read none of it."""
    return await _hold(port, 64, _head("GET", "/openapi.json") * 50)


async def combining_marks(port: int) -> int:
    """Log in with forms of 240 kB whose password is combining marks."""
    body = b"grant_type=password&username=a%40example.com&password=" + b"%CC%81" * 40_000
    head = _head(
        "POST", "/token", "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"
    )
    return await _flood(port, 4, 50, head + body)


async def unknown_parameters(port: int) -> int:
    """Send queries of unknown parameters."""
    query = "&".join(f"unknown{number}=1" for number in range(400))
    return await _flood(port, 8, 1000, _head("GET", f"/v1/products?{query}"))


async def unknown_fields(port: int) -> int:
    """Send bodies of 20,000 unknown fields."""
    body = b"{%b}" % b",".join(b'"f%d":1' % number for number in range(20_000))
    head = _head("POST", "/v1/users", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return await _flood(port, 4, 100, head + body)


async def malformed_chunks(port: int) -> int:
    """Send bodies whose chunk sizes are not numbers."""
    head = _head("POST", "/v1/users", "Content-Type: application/json", "Transfer-Encoding: chunked")
    return await _flood(port, 8, 500, head + b"zz\r\nnot a chunk\r\n")


ATTACKS: Mapping[str, Attack] = {
    attack.__name__.replace("_", " "): attack
    for attack in (
        no_attack,
        unfinished_bodies,
        silent_connections,
        slow_readers,
        combining_marks,
        unknown_parameters,
        unknown_fields,
        malformed_chunks,
    )
}


def _head(method: str, target: str, *headers: str) -> bytes:
    return "\r\n".join((f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", *headers, "", "")).encode()


async def _hold(port: int, connections: int, sent: bytes) -> int:
    """Open connections, send the bytes on each, and hold them until the time is over."""
    writers = []
    for _ in range(connections):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(sent)
        writers.append(writer)
    await asyncio.sleep(SECONDS)
    for writer in writers:
        writer.transport.abort()
    return len(writers)


async def _flood(port: int, at_once: int, bound: int, sent: bytes) -> int:
    """Send the bytes on one connection after another, `at_once` of them concurrently, until the time is over."""
    deadline = asyncio.get_running_loop().time() + SECONDS
    left = iter(range(bound))
    answered = 0

    async def send() -> None:
        nonlocal answered
        for _ in left:
            if asyncio.get_running_loop().time() > deadline:
                return
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(sent)
                answered += bool(await reader.read(64))
            except ConnectionError:
                answered += 1  # the service has closed the connection before it read everything
            finally:
                writer.transport.abort()

    await asyncio.gather(*(send() for _ in range(at_once)))
    return answered


async def prepare(service: Service, customer_count: int = CUSTOMERS) -> Bystander:
    """Create a product and the customers, each behind the proxy at an address of its own."""
    http = httpx2.AsyncClient(
        base_url=service.address.url,
        transport=httpx2.AsyncHTTPTransport(local_address=PROXY),
        timeout=30,
    )
    admin = await _log_in(http, "admin@example.com", {})
    product = await http.post(
        "/v1/products",
        json={
            "sku": "ATTACK",
            "name": "Mug",
            "price": {"amount": 100, "currency": "EUR"},
            "initial_stock": 100_000,
        },
        headers=admin,
    )
    product.raise_for_status()
    customers = []
    for number in range(customer_count):
        email, network = f"customer{number}@example.com", {"X-Forwarded-For": f"192.0.2.{number + 1}"}
        body = {"email": email, "password": PASSWORD, "password_confirm": PASSWORD}
        (await http.post("/v1/users", json=body, headers=network)).raise_for_status()
        customers.append(await _log_in(http, email, network))
    return Bystander(http, product.json()["id"], customers)


async def _log_in(http: httpx2.AsyncClient, email: str, network: Mapping[str, str]) -> Mapping[str, str]:
    form = {"grant_type": "password", "username": email, "password": PASSWORD}
    response = await http.post("/token", data=form, headers=network)
    response.raise_for_status()
    return {**network, "Authorization": f"Bearer {response.json()['access_token']}"}


async def campaign(service: Service) -> bool:
    bystander = await prepare(service)
    is_good = True
    print(f"{'attack':22} {'sent':>6} {'orders':24} {'slowest':>9}")  # noqa: T201 - the report
    for name, attack in ATTACKS.items():
        sent, outcome = await bystander.order_during(attack, service.address.port)
        is_good &= outcome.is_good and not isinstance(sent, BaseException)
        statuses = ", ".join(f"{count} x {status}" for status, count in sorted(outcome.statuses.items()))
        print(f"{name:22} {sent!s:>6} {statuses:24} {outcome.slowest * 1000:6.0f} ms")  # noqa: T201 - the report
    await bystander.http.aclose()
    return is_good


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="steelyard-attack-") as directory:
        Path(directory).chmod(0o755)  # the embedded PostgreSQL of root runs as another account
        key = secrets.token_urlsafe(32) + "="
        proxies = f"{PROXY}/32"
        # Nobody reads the output meanwhile: an access log would fill the pipe and stop the service.
        with serving(
            data_dir=directory, log_level="error", trusted_proxies=proxies, secrets_key=key
        ) as service:
            service.await_answer()
            create_admin(service, "admin@example.com", PASSWORD)
            is_good = asyncio.run(campaign(service))
            service.interrupt()
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
