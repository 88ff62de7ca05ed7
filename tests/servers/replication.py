"""A primary and a synchronous standby on loopback ports. Tests kill and promote these servers."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.binaries import Binaries, find_binaries
from adapters.embedded_postgres.layout import Layout
from tests.e2e.serving import STOP_SECONDS, free_port
from tests.servers.embedded import data_directory

ROLE = DATABASE = "steelyard"
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "unix_socket_directories": "",
    "wal_keep_size": "256MB",
    # A promoted standby accepts connections before the first checkpoint has finished.
    "hot_standby": "on",
}
ACCESS = """\
host all all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
"""
TRIES = 600


@dataclass(slots=True)
class Node:
    """A server with a name. The primary identifies the standby by the name of the standby."""

    name: str
    directory: Path
    binaries: Binaries
    account: Account
    password: str
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://{ROLE}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def pid(self) -> int:
        """The id of the main process. Children of this process serve the connections."""
        assert self._process is not None
        return self._process.pid

    def create(self) -> None:
        """Initialize the data directory of a primary, with the role and the database."""
        password_file = self.directory.with_suffix(".password")
        self.account.write(password_file, self.password)
        self._run("initdb", "-D", str(self.directory), f"--username={ROLE}", f"--pwfile={password_file}",
                  "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        self.account.write(self.directory / "pg_hba.conf", ACCESS)
        self._single_user(f"CREATE DATABASE {DATABASE}")

    def copy(self, primary: "Node") -> None:
        """Replace the data directory by a copy of a running primary, so that this server becomes a standby."""
        shutil.rmtree(self.directory, ignore_errors=True)
        source = (
            f"host=127.0.0.1 port={primary.port} user={ROLE} password={self.password} "
            f"application_name={self.name}"
        )
        self._run("pg_basebackup", "-D", str(self.directory), "-d", source, "--write-recovery-conf",
                  "--checkpoint=fast", "--wal-method=stream", "--no-sync")  # fmt: skip

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        options = [f"-c{name}={value}" for name, value in {**SETTINGS, "port": self.port}.items()]
        self._process = subprocess.Popen(
            [self.binaries["postgres"], "-D", str(self.directory), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            user=self.account.uid if self.account.is_another else None,
            group=self.account.gid if self.account.is_another else None,
            extra_groups=[] if self.account.is_another else None,
            # A separate process group, so that a signal reaches all processes of the server.
            start_new_session=True,
        )
        for _ in range(TRIES):
            assert self._process.poll() is None, f"The server {self.name} does not start."
            if self._is_ready():
                return
            sleep(0.05)
        raise RuntimeError(f"The server {self.name} accepts no connections.")

    def await_standbys(self, *standbys: "Node") -> None:
        """Make commits wait for the standbys."""
        names = ", ".join(standby.name for standby in standbys)
        self.account.write(
            self.directory / "postgresql.auto.conf",
            f"synchronous_standby_names = '{names}'\n" if names else "",
        )
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def promote(self) -> None:
        """Make the standby a primary. Wait until the new primary accepts writes."""
        self._run("pg_ctl", "promote", "-D", str(self.directory), "--wait")

    def kill(self) -> None:
        """Kill all processes of the server at the same time, as a power failure does."""
        self._signal_all(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def stop(self) -> None:
        """Stop the server cleanly."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(STOP_SECONDS)

    def await_end(self, seconds: float) -> int:
        """Wait until the server ends by itself. Return the exit code of the server."""
        assert self._process is not None
        return self._process.wait(seconds)

    def pause(self) -> None:
        """Pause all processes. The server then accepts connections, but never responds."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        """Signal the main process and its children. Each child has a separate process group."""
        if self._process is None or self._process.poll() is not None:
            return
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for pid in (self._process.pid, *map(int, children)):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    def _is_ready(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=10).close()
        except ConnectionRefusedError:
            return False
        return self._call("pg_isready", "-h", "127.0.0.1", "-p", str(self.port)).returncode == 0

    def _single_user(self, statement: str) -> None:
        command = [self.binaries["postgres"], "--single", "-D", str(self.directory), "postgres"]
        result = self.account.run(command, input_text=f"{statement}\n")
        assert result.returncode == 0, result.stderr

    def _run(self, program: str, *arguments: str) -> None:
        result = self._call(program, *arguments)
        assert result.returncode == 0, result.stderr

    def _call(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.account.run([self.binaries[program], *arguments])


@dataclass(slots=True)
class Replication:
    primary: Node
    standby: Node

    @property
    def url(self) -> str:
        """A URL that contains the hosts of both servers."""
        return url_of((self.primary, self.standby))

    def fail_over(self) -> None:
        """Kill the primary and promote the standby."""
        self.primary.kill()
        self.standby.promote()

    def repair(self) -> None:
        """Make the former primary a standby of the current primary."""
        self.primary, self.standby = self.standby, self.primary
        self.standby.copy(self.primary)
        self.standby.start()
        self.primary.await_standbys(self.standby)


def url_of(nodes: Sequence[Node]) -> str:
    hosts = "&".join(f"host=127.0.0.1:{node.port}" for node in nodes)
    return f"postgresql+asyncpg://{ROLE}:{nodes[0].password}@/{DATABASE}?{hosts}"


@contextmanager
def nodes(*names: str) -> Iterator[Sequence[Node]]:
    """Yield servers that have no data directory yet. The servers are killed at the end."""
    with data_directory() as data_dir:
        layout = Layout(data_dir)
        account = Account.for_layout(layout)
        layout.home.mkdir(parents=True, exist_ok=True)
        account.own(layout.home)
        binaries, password = find_binaries(layout, account), secrets.token_urlsafe(12)
        made = [Node(name, layout.home / name, binaries, account, password) for name in names]
        try:
            yield made
        finally:
            for node in made:
                node.kill()


@contextmanager
def replication() -> Iterator[Replication]:
    """Start a primary and a standby.

    The primary confirms a commit after the standby has received the commit.
    """
    with nodes("node1", "node2") as (primary, standby):
        primary.create()
        primary.start()
        standby.copy(primary)
        standby.start()
        primary.await_standbys(standby)
        yield Replication(primary, standby)
