"""`make rolling-upgrade`: a rolling upgrade and a roll-back under load.

Two services of the former release run behind HAProxy while customers place orders. The current release migrates the
database. Services of the current release replace the two services one by one. Then two services of the former release
replace the services of the current release. All requests must succeed, and each acknowledged order must be stored
exactly once. The check of the invariants must succeed too. Otherwise the exit code is 1.
"""

import asyncio
import random
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.e2e.serving import CHECKOUT, PROGRAM, STOP_SECONDS, Service, create_admin, free_port, serving
from tests.integration.releases.ordering import PASSWORD, Customers, prepare
from tests.kit.children import run
from tests.servers.databases import connected, create_empty
from tests.servers.embedded import embedded_server
from tests.servers.haproxy import haproxy

SECONDS_PER_PHASE = 5.0
DRAIN_DELAY = "PT6S"
"""The drain delay. It is longer than the time that HAProxy needs to notice that a service is draining.

HAProxy needs two failed checks, which are two seconds apart, and waits for the response of each check.
"""
DRAIN_DELAY_SINCE = 3
"""The first release with STEELYARD_DRAIN_DELAY.

A service of an earlier release has to be drained at the proxy before the service is stopped.
"""
SERVER_LINE = 'server service1 "${SERVICE_ADDRESS}" check inter 2s fall 2 rise 1 maxconn 1000'


@dataclass(frozen=True, slots=True)
class Release:
    """The number of a release, and the directory with the code of the release."""

    number: int
    commit: str
    checkout: Path

    @property
    def drains_itself(self) -> bool:
        return self.number >= DRAIN_DELAY_SINCE

    def settings(self) -> dict[str, str]:
        """Return the settings of the release's services."""
        common = {"log_level": "warning", "rate_limit_enabled": "false", "max_unpaid_orders": "0"}
        return common | ({"drain_delay": DRAIN_DELAY} if self.drains_itself else {})


class Proxy:
    """A client of HAProxy that sends commands to HAProxy's socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def command(self, line: str) -> str:
        reader, writer = await asyncio.open_unix_connection(self._path)
        writer.write(f"{line}\n".encode())
        answer = (await reader.read()).decode()
        writer.close()
        return answer

    async def await_up(self, server: str) -> None:
        """Wait until the proxy sends requests to the server."""
        async with asyncio.timeout(60):
            while not any(  # noqa: ASYNC110 - must poll, because another process cannot set an asyncio.Event
                line.startswith(f"service,{server},") and ",UP," in line
                for line in (await self.command("show stat")).splitlines()
            ):
                await asyncio.sleep(0.1)


@dataclass(slots=True)
class Host:
    """One of the two places where a service runs. The name and the port of a host never change."""

    name: str
    port: int
    database_url: str
    with_worker: bool
    release: Release
    running: ExitStack
    service: Service
    former_errors: list[str]
    """The errors that the former services of the host have logged."""

    @classmethod
    def start(cls, name: str, port: int, database_url: str, release: Release, *, with_worker: bool) -> "Host":
        running = ExitStack()
        service = running.enter_context(
            serving(
                database_url,
                with_worker=with_worker,
                checkout=release.checkout,
                port=str(port),
                **release.settings(),
            )
        )
        return cls(name, port, database_url, with_worker, release, running, service, former_errors=[])

    async def await_ready(self) -> None:
        await asyncio.to_thread(self.service.await_answer)
        async with httpx2.AsyncClient() as http, asyncio.timeout(60):
            while (await http.get(f"{self.service.address.url}/readyz")).status_code != 200:  # noqa: ASYNC110 - must poll, because another process cannot set an asyncio.Event
                await asyncio.sleep(0.1)

    async def replace(self, release: Release, proxy: Proxy) -> None:
        """Stop the service of this host, and start another release. Meanwhile the other host serves requests."""
        if not self.release.drains_itself:
            await proxy.command(f"set server service/{self.name} state drain")
            await asyncio.sleep(1)
        await asyncio.to_thread(self._stop)
        self.former_errors = self.errors()
        other = Host.start(self.name, self.port, self.database_url, release, with_worker=self.with_worker)
        self.release, self.running = release, other.running
        self.service = other.service
        await self.await_ready()
        await proxy.command(f"set server service/{self.name} state ready")
        await proxy.await_up(self.name)

    def _stop(self) -> None:
        self.service.process.terminate()
        code = self.service.process.wait(STOP_SECONDS)
        self.close()
        if code != 0:
            raise RuntimeError(f"{self.name} of release {self.release.number} ended with {code}")

    def close(self) -> None:
        """Kill the service if it still runs."""
        self.running.close()

    def errors(self) -> list[str]:
        """Return the errors that the services of the host have logged."""
        logged = (line[:2000] for line in list(self.service.output.lines) if '"level": "error"' in line)
        return [*self.former_errors, *logged]


def former_release(directory: Path) -> Release:
    """Extract the code of the last listed release."""
    releases = tomllib.loads((CHECKOUT / "tests" / "releases.toml").read_text())["release"]
    commit = releases[-1]["commit"]
    archive = directory / "release.tar"
    run(["git", "archive", "--output", archive, commit], cwd=CHECKOUT)
    run(["tar", "--extract", "--file", archive, "--directory", directory])
    if (directory / "requirements.lock").read_text() != (CHECKOUT / "requirements.lock").read_text():
        print(f"Release {commit} runs with the dependencies of this release, not with its own.")  # noqa: T201 - prints the report
    return Release(len(releases), commit, directory)


def manage(release: Release, service: Service, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the release on the service's database."""
    environment = {n: v for n, v in service.environment.items() if n != "STEELYARD_DRAIN_DELAY"}
    return run([*PROGRAM, *command], check=False, cwd=release.checkout, env=environment)


@contextmanager
def database() -> Iterator[str]:
    with embedded_server() as server_url:
        yield asyncio.run(create_empty(server_url))


async def roll(seed: int, former: Release, database_url: str, directory: Path) -> Sequence[str]:
    """Upgrade and roll back under load, and return the errors."""
    present = Release(former.number + 1, "present", CHECKOUT)
    ports = free_port(), free_port()
    hosts: list[Host] = []
    stats = directory / "haproxy.sock"
    changes = {
        "log stdout format raw local0": f"stats socket {stats} level admin",
        SERVER_LINE: "\n    ".join(
            SERVER_LINE.replace("service1", name).replace('"${SERVICE_ADDRESS}"', f"127.0.0.1:{port}")
            for name, port in zip("ab", ports, strict=True)
        ),
    }
    with ExitStack() as stack:
        stack.callback(stop_all, hosts)
        for name, port in zip("ab", ports, strict=True):
            hosts.append(Host.start(name, port, database_url, former, with_worker=name == "b"))
            await hosts[-1].await_ready()
        proxy = Proxy(stats)
        url = f"http://127.0.0.1:{stack.enter_context(haproxy(directory, ports[0], changes))}"
        create_admin(hosts[0].service, "admin@example.com", PASSWORD)
        for host in hosts:
            await proxy.await_up(host.name)
        customers = await prepare(url, random.Random(seed))  # noqa: S311 - the random numbers simulate customers, and are not secret
        ordering = asyncio.create_task(customers.order_until_stopped())
        try:
            await phase(customers, "former release")
            customers.phase = "migration"
            upgraded = await asyncio.to_thread(manage, present, hosts[0].service, "db", "upgrade")
            if upgraded.returncode != 0:
                raise RuntimeError(upgraded.stderr)
            await phase(customers, "former release on the new schema")
            for release in (present, former):
                for host in hosts:
                    customers.phase = f"{host.name} becomes release {release.number}"
                    await host.replace(release, proxy)
                    await phase(customers, f"{host.name} is release {release.number}")
        finally:
            customers.stop()
            await ordering
            customers.print_report()
        wrong = [
            *customers.failures,
            *(error for host in hosts for error in host.errors()[:3]),
            *await differences(database_url, customers),
        ]
        checked = await asyncio.to_thread(manage, present, hosts[0].service, "check")
        return [*wrong, *([checked.stdout + checked.stderr] if checked.returncode else [])]


def stop_all(hosts: Sequence[Host]) -> None:
    for host in hosts:
        host.close()


async def phase(customers: Customers, name: str) -> None:
    customers.phase = name
    await asyncio.sleep(SECONDS_PER_PHASE)


async def differences(database_url: str, customers: Customers) -> Sequence[str]:
    """Compare the stored orders and stock with the acknowledged orders."""
    async with connected(database_url) as psql:
        rows = await psql.fetch("SELECT idempotency_key, id::text FROM orders")
        available = await psql.fetchval("SELECT sum(on_hand - reserved) FROM stocks")
    stored = sorted((row["idempotency_key"], row["id"]) for row in rows)
    wrong = [
        f"{what}: {order}"
        for what, orders in (
            ("acknowledged, but not stored", set(customers.placed.items()) - set(stored)),
            ("stored, but not acknowledged", set(stored) - set(customers.placed.items())),
        )
        for order in sorted(orders)
    ]
    if len(stored) != len(customers.placed):
        wrong.append(f"{len(stored)} orders are stored, {len(customers.placed)} were acknowledged")
    if available != customers.stock - customers.units:
        wrong.append(f"{available} units are available, not {customers.stock - customers.units}")
    return wrong


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="steelyard-") as directory, database() as database_url:
        checkout = Path(directory) / "former"
        checkout.mkdir()
        former = former_release(checkout)
        print(f"SEED={seed}, release {former.number} ({former.commit}) and the present one")  # noqa: T201 - prints the report
        wrong = asyncio.run(roll(seed, former, database_url, Path(directory)))
    for line in wrong[:20]:
        print(line)  # noqa: T201 - prints the report
    print(f"{'FAILED' if wrong else 'passed'} in {time.monotonic() - began:.0f} s, SEED={seed}")  # noqa: T201 - prints the report
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
