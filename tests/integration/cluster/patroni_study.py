"""A study of failover by Patroni and etcd.

Run the study with `python -m tests.integration.cluster.patroni_study`, as root on Debian. Customers place orders
during two failures. First, PostgreSQL on the leading node is killed. Then the new leading node is killed as a whole,
including Patroni. The report has the longest time without a placed order. All acknowledged orders must be stored, and
the only permitted error response is a 503 with Retry-After. Otherwise the exit code is 1.
"""

import asyncio
import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2

from adapters.postgres.core.migrations import upgrade
from tests.e2e.serving import CHECKOUT, free_port
from tests.integration.cluster.patient_customers import PatientCustomers
from tests.integration.cluster.programs import Program
from tests.integration.releases.ordering import PASSWORD, prepare
from tests.integration.releases.rolling_upgrade import differences

CONFIGURATION = CHECKOUT / "deploy" / "patroni" / "patroni.yml"
SECRET = "of-this-study"
SECONDS_PER_STEP = 45.0
START_SECONDS = 180


@dataclass(slots=True)
class PatroniNode:
    name: str
    directory: Path
    etcd_port: int
    port: int
    rest_port: int
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def data_dir(self) -> Path:
        return self.directory / self.name

    def start(self) -> None:
        settings = {
            "NAME": self.name,
            "RESTAPI_LISTEN": f"127.0.0.1:{self.rest_port}",
            "RESTAPI_CONNECT_ADDRESS": f"127.0.0.1:{self.rest_port}",
            "POSTGRESQL_LISTEN": f"127.0.0.1:{self.port}",
            "POSTGRESQL_CONNECT_ADDRESS": f"127.0.0.1:{self.port}",
            "POSTGRESQL_DATA_DIR": str(self.data_dir),
            "ETCD3_HOSTS": f"127.0.0.1:{self.etcd_port}",
            "SUPERUSER_PASSWORD": SECRET,
            "REPLICATION_PASSWORD": SECRET,
        }
        with (self.directory / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["patroni", str(shutil.copy(CONFIGURATION, self.directory))],  # noqa: S607 - PATH contains the program of Debian's package
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.directory),
                    **{f"PATRONI_{name}": value for name, value in settings.items()},
                },
                cwd=self.directory,
                stdout=log,
                stderr=log,
                user="postgres",
                group="postgres",
                extra_groups=[],
            )

    def answers(self, path: str) -> bool:
        """Return whether Patroni responds with 200, for example to `/leader` or `/sync`."""
        try:
            return httpx2.get(f"http://127.0.0.1:{self.rest_port}{path}", timeout=3).status_code == 200
        except httpx2.HTTPError:
            return False

    def kill_postgres(self) -> None:
        """Kill all processes of the PostgreSQL server, if the server runs."""
        try:
            postmaster = int((self.data_dir / "postmaster.pid").read_text().split()[0])
            children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        except FileNotFoundError:
            return
        for pid in (postmaster, *map(int, children)):
            kill(pid)

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self.kill_postgres()


def kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


@dataclass(frozen=True, slots=True)
class Study:
    nodes: Sequence[PatroniNode]
    service: Program
    url: str

    def leader(self) -> PatroniNode:
        return next(node for node in self.nodes if node.answers("/leader"))

    def steps(self) -> Sequence[tuple[str, Callable[[], None]]]:
        return [
            ("no failure", lambda: None),
            ("PostgreSQL of the leader is killed", lambda: self.leader().kill_postgres()),
            ("the node of the leader is killed", self._kill_leader),
        ]

    def _kill_leader(self) -> None:
        await_true(lambda: all(node.answers("/health") for node in self.nodes), "a node is away")
        await_true(lambda: any(node.answers("/sync") for node in self.nodes), "no synchronous standby")
        self.leader().kill()


def await_true(condition: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(failure)
        time.sleep(0.5)


@contextmanager
def running(directory: Path) -> Iterator[Study]:
    account = pwd.getpwnam("postgres")
    os.chown(directory, account.pw_uid, account.pw_gid)
    with ExitStack() as stack:
        etcd_port = free_port()
        client, peer = f"http://127.0.0.1:{etcd_port}", f"http://127.0.0.1:{free_port()}"
        with (directory / "etcd.log").open("wb") as log:
            etcd = subprocess.Popen(
                ["etcd", "--name=study", f"--data-dir={directory}/etcd", f"--listen-client-urls={client}",  # noqa: S607 - PATH contains the program of Debian's package
                 f"--advertise-client-urls={client}", f"--listen-peer-urls={peer}",
                 f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=study={peer}"],
                stdout=log, stderr=log,
            )  # fmt: skip
        stack.callback(etcd.wait)
        stack.callback(etcd.kill)
        nodes = [
            PatroniNode(f"node{number}", directory, etcd_port, free_port(), free_port())
            for number in (1, 2, 3)
        ]
        for node in nodes:
            stack.callback(node.kill)
        nodes[0].start()
        await_true(lambda: nodes[0].answers("/leader"), "no leader")
        for node in nodes[1:]:
            node.start()
        # Without a synchronous standby, every commit would wait.
        await_true(lambda: any(node.answers("/sync") for node in nodes), "no synchronous standby")
        asyncio.run(create_database(nodes[0].port))
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
        url = f"postgresql://steelyard:{SECRET}@{hosts}/steelyard"
        upgrade(f"postgresql+asyncpg://steelyard:{SECRET}@127.0.0.1:{nodes[0].port}/steelyard")
        port = free_port()
        settings = {
            "DATABASE_URL": url,
            "PORT": str(port),
            "RATE_LIMIT_ENABLED": "false",
            "MAX_UNPAID_ORDERS": "0",
            "MAX_UNITS_HELD": "0",
            "TOKEN_LIFETIME": "PT1H",
            "METRICS_PORT": "0",
            "LOG_LEVEL": "warning",
        }
        environment = {f"STEELYARD_{name}": value for name, value in settings.items()}
        service = Program("service", ["serve"], environment, directory / "service.log", port)
        stack.callback(service.kill)
        service.start()
        service.await_ready()
        yield Study(nodes, service, url)


async def create_database(port: int) -> None:
    connection = await asyncpg.connect(
        host="127.0.0.1", port=port, user="postgres", password=SECRET, database="postgres"
    )
    try:
        await connection.execute(f"CREATE ROLE steelyard LOGIN PASSWORD '{SECRET}'")
        await connection.execute("CREATE DATABASE steelyard OWNER steelyard")
    finally:
        await connection.close()


async def observe(study: Study, seed: int) -> Sequence[str]:
    """Kill the leader in two ways under load, and return the detected errors."""
    created = study.service.run("users", "create-admin", "admin@example.com", typed=f"{PASSWORD}\n")
    if created.returncode != 0:
        return [created.stderr]
    url = f"http://127.0.0.1:{study.service.port}"
    customers = PatientCustomers.of(await prepare(url, random.Random(seed)))  # noqa: S311 - the random numbers simulate customers, and are not secret
    ordering = asyncio.create_task(customers.order_until_stopped())
    try:
        for name, fail in study.steps():
            customers.phase = name
            await asyncio.to_thread(fail)
            await asyncio.sleep(SECONDS_PER_STEP)
    finally:
        customers.stop()
        await ordering
        customers.print_report()
    leader = await asyncio.to_thread(study.leader)
    primary = f"postgresql+asyncpg://steelyard:{SECRET}@127.0.0.1:{leader.port}/steelyard"
    return [*customers.failures, *await differences(primary, customers)]


def main() -> int:
    missing = [program for program in ("etcd", "patroni") if shutil.which(program) is None]
    if missing:
        print(f"not installed: {', '.join(missing)}")  # noqa: T201 - prints the report
        return 1
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else time.time_ns() % 1_000_000
    with (
        tempfile.TemporaryDirectory(prefix="steelyard-") as directory,
        running(Path(directory)) as study,
    ):
        wrong = asyncio.run(observe(study, seed))
    for line in wrong[:20]:
        print(line)  # noqa: T201 - prints the report
    print(f"{'FAILED' if wrong else 'passed'}, SEED={seed}")  # noqa: T201 - prints the report
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
