"""A study of the CPU time that a pooler and a read replica use, and of the CPU time that they save.

Run the study with `python -m tests.integration.cluster.connections_study`. The same requests are sent to three
services in turn. The first service is connected directly to the primary. The second service is connected to the
primary through PgBouncer. The third service is connected directly to the primary and to a read replica. The report
has the CPU time of each program per request.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

import httpx2

from adapters.postgres.core.migrations import upgrade
from tests.integration.http.services import container_on
from tests.kit.web import BASE_URL, key, order_body, web_shop
from tests.servers.pgbouncer import PgBouncer, pgbouncer
from tests.servers.replication import Replication, replication

PRODUCTS = 40
ORDERS = 80
CONCURRENT = 8
REQUESTS = 64
ROUNDS = 7

Send = Callable[[int], Awaitable[httpx2.Response]]


@dataclass(frozen=True, slots=True)
class Programs:
    databases: Replication
    pooler: PgBouncer

    def cpu_seconds(self) -> Mapping[str, float]:
        return {
            "service": time.process_time(),
            "primary": sum(map(run_seconds, with_children(self.databases.primary.pid))),
            "standby": sum(map(run_seconds, with_children(self.databases.standby.pid))),
            "PgBouncer": run_seconds(self.pooler.pid),
        }


def with_children(pid: int) -> Iterator[int]:
    yield pid
    yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def run_seconds(pid: int) -> float:
    """Return the number of seconds for which a process with one thread has run on a CPU."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except FileNotFoundError:
        return 0.0


@dataclass(frozen=True, slots=True)
class Service:
    """A client of one of the services. The client does not check responses."""

    http: httpx2.AsyncClient
    products: list[str]
    orders: list[str]
    numbers: Iterator[int]

    def requests(self) -> Mapping[str, Send]:
        get = self.http.get
        return {
            "product by id": lambda n: get(f"/v1/products/{self.products[n % PRODUCTS]}"),
            "order by id": lambda n: get(f"/v1/orders/{self.orders[n % ORDERS]}"),
            "search of products": lambda n: get("/v1/products", params={"q": f"mug {n % PRODUCTS}"}),
            "page of own orders": lambda n: get("/v1/orders", params={"limit": 20 + n % 80}),
            "placing an order": lambda n: self.http.post(
                "/v1/orders",
                json=order_body(({"id": self.products[n % PRODUCTS]}, 1)),
                headers=key(f"{next(self.numbers)}"),
            ),
        }


@asynccontextmanager
async def services(programs: Programs) -> AsyncIterator[Mapping[str, Service]]:
    """Start the services on one filled database."""
    primary = programs.databases.primary.url
    containers = {
        "direct": container_on(primary),
        "PgBouncer": container_on(programs.pooler.url, database_pooler="pgbouncer"),
        "replica": container_on(primary, database_read_url=programs.databases.standby.url),
    }
    async with AsyncExitStack() as stack:
        shops = {
            name: await stack.enter_async_context(web_shop(container))
            for name, container in containers.items()
        }
        direct = shops["direct"]
        customer = await direct.customer()
        products = [(await direct.product(stock=1_000_000, name=f"Mug {n}"))["id"] for n in range(PRODUCTS)]
        numbers = count()
        clients = {
            name: await stack.enter_async_context(
                httpx2.AsyncClient(
                    transport=httpx2.ASGITransport(app=shop.app),
                    base_url=BASE_URL,
                    headers={"Authorization": customer.headers["Authorization"]},
                )
            )
            for name, shop in shops.items()
        }
        orders: list[str] = []
        made = {name: Service(client, products, orders, numbers) for name, client in clients.items()}
        place = made["direct"].requests()["placing an order"]
        while len(orders) < ORDERS:
            response = await place(len(orders))
            if response.is_success:
                orders.append(response.json()["id"])
        yield made


async def send(request: Send) -> bool:
    """Send requests, some of them at the same time. Return whether all requests succeeded.

    On a busy machine, the service can reject some requests after a timeout.
    """
    all_succeeded = True
    for first in range(0, REQUESTS, CONCURRENT):
        for response in await asyncio.gather(*(request(first + n) for n in range(CONCURRENT))):
            all_succeeded &= response.is_success
    return all_succeeded


async def measure(programs: Programs) -> None:
    found: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    async with services(programs) as made:
        for round_ in range(-1, ROUNDS):
            for name, service in made.items():
                for title, request in service.requests().items():
                    before = programs.cpu_seconds()
                    is_complete = await send(request)
                    after = programs.cpu_seconds()
                    if round_ >= 0 and is_complete:  # the first round only fills pools and caches
                        for program, seconds in after.items():
                            cost = (seconds - before[program]) / REQUESTS * 1e6
                            found[title, name][program].append(cost)
    for (title, name), costs in sorted(found.items()):
        row = "  ".join(f"{program} {median(values):5.0f}" for program, values in costs.items())
        print(f"{title:20} {name:10} {row}  ({len(costs['service'])} rounds)")  # noqa: T201 - prints the report


def main() -> None:
    with replication() as databases:
        upgrade(databases.primary.url)
        with pgbouncer(databases.primary.url) as pooler:
            print("CPU time per request in microseconds, median of the rounds")  # noqa: T201 - prints the report
            asyncio.run(measure(Programs(databases, pooler)))


if __name__ == "__main__":
    main()
