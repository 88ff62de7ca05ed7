"""`make attack`: attacks over real sockets, while customers place 20 orders per second.

The service is configured as by `make run`, but has its own embedded database. The customers' requests come through a
trusted proxy at 127.0.0.2. Each customer has an IP address in a different network. The attacker connects only to this
machine. Each order must get a 201 within a second, and each attack must get only permitted results. Otherwise the
exit code is 1.
"""

import asyncio
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx2

from tests.attacks.attacker import SECONDS, Attack, attacks
from tests.e2e.serving import Service, create_admin, serving

ORDERS_PER_SECOND = 20
CUSTOMERS = 40
SLOWEST_SECONDS = 1.0
END_SECONDS = 15.0
"""The maximum number of seconds between the last order and the end of an attack."""
PASSWORD = "a long password of the campaign"
PROXY = "127.0.0.2"


@dataclass(slots=True)
class Outcome:
    """The orders of the customers during one attack."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0

    @property
    def is_good(self) -> bool:
        return self.statuses.keys() == {201} and self.slowest < SLOWEST_SECONDS


@dataclass(frozen=True, slots=True)
class SteadyCustomers:
    """Customers that place orders at a constant rate, regardless of how long responses take."""

    http: httpx2.AsyncClient
    product_id: str
    customers: Sequence[Mapping[str, str]]

    async def order_during(self, attack: Attack, port: int) -> tuple[Counter[str], Outcome]:
        outcome = Outcome()
        attacking = asyncio.create_task(attack.run(port))
        orders = []
        for number in range(int(SECONDS * ORDERS_PER_SECOND)):
            orders.append(asyncio.create_task(self._order(number, outcome)))
            await asyncio.sleep(1 / ORDERS_PER_SECOND)
        await asyncio.gather(*orders)
        async with asyncio.timeout(END_SECONDS):
            return await attacking, outcome

    async def _order(self, number: int, outcome: Outcome) -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        response = await self.http.post(
            "/v1/orders",
            json={"lines": [{"product_id": self.product_id, "quantity": 1}]},
            headers={**self.customers[number % len(self.customers)], "Idempotency-Key": uuid4().hex},
        )
        outcome.slowest = max(outcome.slowest, clock() - began)
        outcome.statuses[response.status_code] += 1


async def prepare(service: Service, customer_count: int = CUSTOMERS) -> SteadyCustomers:
    """Create a product and the customers. Each customer has a different IP address, which the proxy passes on."""
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
    return SteadyCustomers(http, product.json()["id"], customers)


async def _log_in(http: httpx2.AsyncClient, email: str, network: Mapping[str, str]) -> Mapping[str, str]:
    form = {"grant_type": "password", "username": email, "password": PASSWORD}
    response = await http.post("/token", data=form, headers=network)
    response.raise_for_status()
    return {**network, "Authorization": f"Bearer {response.json()['access_token']}"}


async def campaign(service: Service) -> bool:
    buyers = await prepare(service)
    is_good = True
    print(f"{'attack':20} {'answers to the attacker':36} {'orders':12} {'slowest':>9}")  # noqa: T201 - prints the report
    for attack in attacks():
        answers, outcome = await buyers.order_during(attack, service.address.port)
        is_allowed = answers.keys() <= set(attack.allowed)
        is_good &= outcome.is_good and is_allowed
        print(  # noqa: T201 - prints the report
            f"{attack.name:20} {_listed(answers):36} {_listed(outcome.statuses):12} {outcome.slowest * 1000:6.0f} ms"
            f"{'' if outcome.is_good and is_allowed else '  WRONG'}"
        )
    await buyers.http.aclose()
    return is_good


def _listed(answers: Mapping[str, int] | Mapping[int, int]) -> str:
    return ", ".join(f"{number} x {answer}" for answer, number in sorted(answers.items()))


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="steelyard-attack-") as directory:
        Path(directory).chmod(0o755)  # if root starts PostgreSQL, PostgreSQL runs as another account
        key = secrets.token_urlsafe(32) + "="
        proxies = f"{PROXY}/32"
        # Nobody reads the output during an attack, so an access log would fill the pipe and block the
        # service.
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
