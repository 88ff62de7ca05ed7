"""Customers that retry a request 0.2 seconds after a 503 with Retry-After."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.integration.releases.ordering import Customers

LONGEST_WAIT = 120.0
"""If a request gets only 503 responses for this number of seconds, the request has failed."""


@dataclass(slots=True)
class Outage:
    """The measurements during one step of the drill."""

    requests: int = 0
    retried: int = 0
    failed: int = 0
    longest_pause: float = 0.0
    """The longest time without a placed order, in seconds."""


@dataclass(slots=True)
class PatientCustomers(Customers):
    outages: dict[str, Outage] = field(default_factory=lambda: defaultdict(Outage))
    latest_order: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, customers: Customers) -> "PatientCustomers":
        return cls(customers.http, customers.product_id, customers.headers, customers.random)

    def _fail(self, what: str) -> None:
        self.outages[self.phase].failed += 1
        self.failures.append(f"{self.phase}: {what}")

    async def _request(
        self, method: str, path: str, expected: set[int], **options: Any
    ) -> httpx2.Response | None:
        deadline = time.monotonic() + LONGEST_WAIT
        while True:
            response = await self._send(method, path, **options)
            if response is None:
                return None
            if response.status_code in expected:
                if method == "POST" and path == "/v1/orders":
                    self._note_order()
                return response
            if response.status_code != 503 or time.monotonic() > deadline:
                self._fail(f"{method} {path}: {response.status_code} {response.text[:200]}")
                return None
            if "Retry-After" not in response.headers:
                self._fail(f"{method} {path}: 503 without Retry-After {response.text[:200]}")
                return None
            self.outages[self.phase].retried += 1
            await asyncio.sleep(0.2)

    async def _send(self, method: str, path: str, **options: Any) -> httpx2.Response | None:
        self.outages[self.phase].requests += 1
        try:
            return await self.http.request(method, path, **options)
        except httpx2.HTTPError as error:
            self._fail(f"{method} {path}: {error!r}")
            return None

    def _note_order(self) -> None:
        now = time.monotonic()
        outage = self.outages[self.phase]
        outage.longest_pause = max(outage.longest_pause, now - self.latest_order)
        self.latest_order = now

    def print_report(self) -> None:
        print(f"{'step':44} {'requests':>8} {'503, retried':>13} {'failed':>7} {'longest pause':>14}")  # noqa: T201 - prints the report
        for name, outage in self.outages.items():
            print(  # noqa: T201 - prints the report
                f"{name:44} {outage.requests:8} {outage.retried:13} {outage.failed:7} {outage.longest_pause:12.2f} s"
            )
        print(f"{len(self.placed)} orders acknowledged")  # noqa: T201 - prints the report
