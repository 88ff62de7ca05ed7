"""Customers that place orders, retry and pay through a proxy. Every response is recorded."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import httpx2

CUSTOMERS = 12
STOCK = 1_000_000
PASSWORD = "a long password of the customers"
LONGEST_PAUSE = 0.6
"""The maximum pause in seconds between two orders of one customer.

Pauses are uniformly distributed.
"""
RETRIED, PAID, READ = 0.3, 0.2, 0.3
"""The probabilities with which a customer retries a request, pays, and reads the order after placing an order."""


@dataclass(slots=True)
class Phase:
    requests: int = 0
    failed: int = 0
    slowest: float = 0.0


@dataclass(slots=True)
class Customers:
    """Customers that place one order after another.

    `placed` has the acknowledged orders by idempotency key.
    """

    http: httpx2.AsyncClient
    product_id: str
    headers: Sequence[Mapping[str, str]]
    random: Random
    stock: int = STOCK
    units: int = 0
    phase: str = ""
    placed: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    phases: dict[str, Phase] = field(default_factory=lambda: defaultdict(Phase))
    _stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Let each customer finish its requests and stop."""
        self._stopped.set()

    async def order_until_stopped(self) -> None:
        randoms = [Random(self.random.random()) for _ in self.headers]  # noqa: S311 - the random numbers simulate customers, and are not secret
        await asyncio.gather(*map(self._order_until_stopped, self.headers, randoms))

    async def _order_until_stopped(self, headers: Mapping[str, str], random: Random) -> None:
        sent: list[tuple[str, dict[str, Any]]] = []
        while not self._stopped.is_set():
            key, quantity = str(UUID(int=random.getrandbits(128))), random.randint(1, 3)
            body = {"lines": [{"product_id": self.product_id, "quantity": quantity}]}
            order = await self._post("/v1/orders", headers, key, body, {201})
            if order is not None:
                self.placed[key] = order["id"]
                self.units += quantity
                sent.append((key, body))
                await self._follow_up(headers, random, order, sent)
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))

    async def _follow_up(
        self,
        headers: Mapping[str, str],
        random: Random,
        order: Mapping[str, Any],
        sent: Sequence[tuple[str, dict[str, Any]]],
    ) -> None:
        """Repeat an earlier request, pay the order, and read the order, each with some probability.

        The earlier request may have been sent to another release.
        """
        if random.random() < RETRIED:
            key, body = random.choice(sent)
            replay = await self._post("/v1/orders", headers, key, body, {201})
            if replay is not None and replay["id"] != self.placed[key]:
                self._fail(f"the retry of {key} got another order, {replay['id']}")
        if random.random() < PAID:
            body = {"amount": order["total"], "method": "sandbox", "token": "tok_ok"}
            await self._post(
                f"/v1/orders/{order['id']}/payments",
                headers,
                str(UUID(int=random.getrandbits(128))),
                body,
                {201, 202},
            )
        if random.random() < READ:
            await self._request("GET", f"/v1/orders/{order['id']}", {200}, headers=headers)

    async def _post(
        self, path: str, headers: Mapping[str, str], key: str, body: Mapping[str, Any], expected: set[int]
    ) -> Any:
        response = await self._request(
            "POST", path, expected, headers={**headers, "Idempotency-Key": key}, json=body
        )
        return None if response is None else response.json()

    async def _request(
        self, method: str, path: str, expected: set[int], **options: Any
    ) -> httpx2.Response | None:
        """Return the response, or None after a failure. Failures are recorded and not retried."""
        began, phase = time.monotonic(), self.phases[self.phase]
        phase.requests += 1
        try:
            response = await self.http.request(method, path, **options)
        except httpx2.HTTPError as error:
            self._fail(f"{method} {path}: {error!r}")
            return None
        phase.slowest = max(phase.slowest, time.monotonic() - began)
        if response.status_code not in expected:
            self._fail(f"{method} {path}: {response.status_code} {response.text[:200]}")
            return None
        return response

    def _fail(self, what: str) -> None:
        self.phases[self.phase].failed += 1
        self.failures.append(f"{self.phase}: {what}")

    def print_report(self) -> None:
        print(f"{'phase':34} {'requests':>8} {'failed':>7} {'slowest':>9}")  # noqa: T201 - prints the report
        for name, phase in self.phases.items():
            print(f"{name:34} {phase.requests:8} {phase.failed:7} {phase.slowest * 1000:6.0f} ms")  # noqa: T201 - prints the report
        print(f"{len(self.placed)} orders acknowledged")  # noqa: T201 - prints the report


async def prepare(url: str, random: Random) -> Customers:
    """Create a product and the customers."""
    http = httpx2.AsyncClient(base_url=url, timeout=30)
    admin = await _log_in(http, "admin@example.com")
    price = {"amount": 1999, "currency": "EUR"}
    body = {"sku": "MUG", "name": "Mug", "price": price, "initial_stock": STOCK}
    product = (await http.post("/v1/products", json=body, headers=admin)).raise_for_status().json()
    headers = []
    for number in range(CUSTOMERS):
        email = f"customer{number}@example.com"
        account = {"email": email, "password": PASSWORD, "password_confirm": PASSWORD}
        (await http.post("/v1/users", json=account)).raise_for_status()
        headers.append(await _log_in(http, email))
    return Customers(http, product["id"], headers, random)


async def _log_in(http: httpx2.AsyncClient, email: str) -> Mapping[str, str]:
    form = {"grant_type": "password", "username": email, "password": PASSWORD}
    response = (await http.post("/token", data=form)).raise_for_status()
    return {"Authorization": f"Bearer {response.json()['access_token']}"}
