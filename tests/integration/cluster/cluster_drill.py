"""`make cluster-drill`: the parts of a cluster on one machine fail one by one under load.

Four serving processes run behind HAProxy. The other parts are two workers, PgBouncer, a primary with a synchronous
standby, Valkey and NATS. Each part is killed or restarted once while customers place orders. The only permitted error
response is a 503 with Retry-After. Each acknowledged order must be stored exactly once. NATS must have all events in
the right sequence, and the check of the invariants must succeed. Otherwise the exit code is 1.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.postgres.core.migrations import upgrade
from tests.e2e.serving import free_port
from tests.integration.cluster.patient_customers import PatientCustomers
from tests.integration.cluster.programs import Program
from tests.integration.releases.ordering import PASSWORD, prepare
from tests.integration.releases.rolling_upgrade import SERVER_LINE, differences
from tests.kit.streams import stored_messages
from tests.servers.databases import connected
from tests.servers.haproxy import HAProxy
from tests.servers.nats import NatsServer, nats_server
from tests.servers.pgbouncer import PgBouncer, pgbouncer
from tests.servers.replication import Replication, replication
from tests.servers.valkey import ValkeyServer, valkey_server

APIS, WORKERS = 4, 2
SERVER_CONNECTIONS = 30
DRAIN_DELAY = "PT6S"
PUBLISH_SECONDS = 120
"""The maximum number of seconds that the workers need to publish the last events."""

UNPUBLISHED = """
    SELECT (SELECT count(*) FROM outbox WHERE position IS NULL)
         + (SELECT count(*) FROM outbox LEFT JOIN event_relays ON publisher = 'nats'
            WHERE position = (SELECT max(position) FROM outbox) AND after IS DISTINCT FROM outbox.id)
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    databases: Replication
    pooler: PgBouncer
    valkey: ValkeyServer
    nats: NatsServer
    proxy: HAProxy
    apis: Sequence[Program]
    workers: Sequence[Program]

    def steps(self) -> Sequence[tuple[str, Callable[[], None]]]:
        """Return the steps in sequence: the name of each step, and the function that causes the failure."""
        return [
            ("no failure", lambda: None),
            ("API process 1 is killed", self.apis[0].restart_killed),
            ("API process 2 is stopped (SIGTERM)", self.apis[1].restart_stopped),
            ("API process 3 is killed", self.apis[2].restart_killed),
            ("API process 4 is stopped (SIGTERM)", self.apis[3].restart_stopped),
            ("worker 1 is killed", self.workers[0].restart_killed),
            ("worker 2 is stopped (SIGTERM)", self.workers[1].restart_stopped),
            ("Valkey is killed", lambda: restart(self.valkey)),
            ("NATS is killed", lambda: restart(self.nats)),
            ("HAProxy is reloaded", self.proxy.start),
            ("PgBouncer is killed", lambda: restart(self.pooler)),
            ("the standby is restarted", self._restart_standby),
            ("the primary is killed, the standby promoted", self._fail_over),
            ("a new standby joins", self.databases.repair),
        ]

    def _restart_standby(self) -> None:
        self.databases.standby.stop()
        self.databases.standby.start()

    def _fail_over(self) -> None:
        self.databases.fail_over()
        self.pooler.follow(self.databases.standby.url)


def restart(server: ValkeyServer | NatsServer | PgBouncer) -> None:
    server.kill()
    time.sleep(1)
    server.start()


@contextmanager
def cluster(directory: Path) -> Iterator[Cluster]:
    with ExitStack() as stack:
        databases = stack.enter_context(replication())
        upgrade(databases.primary.url)
        pooler = stack.enter_context(pgbouncer(databases.primary.url, SERVER_CONNECTIONS))
        valkey = stack.enter_context(valkey_server(directory))
        (directory / "nats").mkdir()
        nats = stack.enter_context(nats_server(directory / "nats"))
        ports = [free_port() for _ in range(APIS)]
        servers = "\n    ".join(
            SERVER_LINE.replace("service1", f"api{number}").replace(
                '"${SERVICE_ADDRESS}"', f"127.0.0.1:{port}"
            )
            for number, port in enumerate(ports, 1)
        )
        proxy = HAProxy(directory, ports[0], {SERVER_LINE: servers})
        stack.callback(proxy.kill)
        settings = {
            "DATABASE_URL": pooler.url,
            "DATABASE_POOLER": "pgbouncer",
            "DATABASE_READ_URL": databases.url,
            "RATE_LIMIT_URL": valkey.url,
            **{f"RATE_LIMIT_{kind}": "1000000" for kind in ("READS", "WRITES", "ORDERS", "TOKENS")},
            "NATS_URL": nats.url,
            "TRUSTED_PROXIES": "127.0.0.1",
            "SANDBOX_WEBHOOK_URL": f"http://127.0.0.1:{proxy.port}/v1/webhooks/payments/sandbox",
            "MAX_UNPAID_ORDERS": "0",
            "MAX_UNITS_HELD": "0",
            "TOKEN_LIFETIME": "PT1H",
            "METRICS_PORT": "0",
            "DRAIN_DELAY": DRAIN_DELAY,
            "LOG_LEVEL": "warning",
        }
        environment = {f"STEELYARD_{name}": value for name, value in settings.items()}
        apis = [
            Program(
                f"api{number}",
                ["serve", "--no-worker"],
                {**environment, "STEELYARD_PORT": str(port)},
                directory / f"api{number}.log",
                port,
            )
            for number, port in enumerate(ports, 1)
        ]
        workers = [
            Program(f"worker{number}", ["worker"], environment, directory / f"worker{number}.log")
            for number in range(1, WORKERS + 1)
        ]
        for program in (*apis, *workers):
            stack.callback(program.kill)
            program.start()
            program.await_ready()
        proxy.start()
        yield Cluster(databases, pooler, valkey, nats, proxy, apis, workers)


async def drill(parts: Cluster, seed: int, seconds: float) -> Sequence[str]:
    """Make the parts of a cluster fail under load, and return the detected errors."""
    created = parts.apis[0].run("users", "create-admin", "admin@example.com", typed=f"{PASSWORD}\n")
    if created.returncode != 0:
        return [created.stderr]
    url = f"http://127.0.0.1:{parts.proxy.port}"
    # HAProxy sends requests to a host only after the first successful check of this host.
    await asyncio.sleep(3)
    customers = PatientCustomers.of(await prepare(url, random.Random(seed)))  # noqa: S311 - the random numbers simulate customers, and are not secret
    steps = parts.steps()
    ordering = asyncio.create_task(customers.order_until_stopped())
    try:
        for name, fail in steps:
            customers.phase = name
            ends = time.monotonic() + seconds / len(steps)
            await asyncio.to_thread(fail)
            await asyncio.sleep(max(0.0, ends - time.monotonic()))
    finally:
        customers.stop()
        await ordering
        customers.print_report()
    primary = parts.databases.primary.url
    wrong = [
        *customers.failures,
        *await differences(primary, customers),
        *await event_differences(primary, parts.nats.url),
    ]
    checked = await asyncio.to_thread(parts.apis[0].run, "check")
    return [*wrong, *([checked.stdout + checked.stderr] if checked.returncode else [])]


async def event_differences(database_url: str, nats_url: str) -> Sequence[str]:
    """Compare the events at NATS with the outbox, after the workers have published all events."""
    deadline = time.monotonic() + PUBLISH_SECONDS
    async with connected(database_url) as psql:
        while await psql.fetchval(UNPUBLISHED):
            if time.monotonic() > deadline:
                return ["The workers do not publish the last events."]
            await asyncio.sleep(0.5)
        recorded = {str(row["id"]) for row in await psql.fetch("SELECT id FROM outbox")}
    events = {stored.event["id"]: stored.event for stored in await stored_messages(nats_url)}
    print(f"{len(recorded)} events recorded, {len(events)} at NATS")  # noqa: T201 - prints the report
    versions: dict[str, list[int]] = defaultdict(list)
    for event in events.values():  # in the sequence of their first occurrence
        versions[event["partitionkey"]].append(event["aggregateversion"])
    return [
        *(f"missing at NATS: event {missing}" for missing in sorted(recorded - set(events))),
        *(f"unknown event {unknown}" for unknown in sorted(set(events) - recorded)),
        *(
            f"events of {key} out of order: {found}"
            for key, found in versions.items()
            if found != sorted(found)
        ),
    ]


def main() -> int:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 1_000_000
    began = time.monotonic()
    print(f"SEED={seed} MINUTES={minutes:g}", flush=True)  # noqa: T201 - prints the report
    with (
        tempfile.TemporaryDirectory(prefix="steelyard-") as directory,
        cluster(Path(directory)) as parts,
    ):
        wrong = asyncio.run(drill(parts, seed, minutes * 60))
    for line in wrong[:20]:
        print(line)  # noqa: T201 - prints the report
    print(f"{'FAILED' if wrong else 'passed'} in {time.monotonic() - began:.0f} s, SEED={seed}")  # noqa: T201 - prints the report
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
