"""PgBouncer with the configuration of `deploy/`, in front of a test's database."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep

import pytest
from sqlalchemy import URL, make_url

from tests.e2e.serving import CHECKOUT, free_port

CONFIGURATION = CHECKOUT / "deploy" / "pgbouncer" / "pgbouncer.ini"
SERVER_CONNECTIONS = 8
TRIES = 500


def find_pgbouncer() -> str:
    """Return the path of PgBouncer.

    If PgBouncer is missing, the test is skipped.

    If the tests run as root in CI, the test fails instead, because CI can install the program.
    """
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        must_exist = "CI" in os.environ and os.geteuid() == 0 and shutil.which("apt-get") is not None
        (pytest.fail if must_exist else pytest.skip)("There is no pgbouncer here.")
    return found


@dataclass(slots=True)
class PgBouncer:
    """A pooler with fewer connections to the server than connections from the service."""

    directory: Path
    server: URL
    server_connections: int
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        through = URL.create(
            "postgresql+asyncpg",
            username=self.server.username,
            password=self.server.password,
            host="127.0.0.1",
            port=self.port,
            database=self.server.database,
        )
        return through.render_as_string(hide_password=False)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        configuration = self.directory / "pgbouncer.ini"
        configuration.write_text(self._configuration())
        self._process = subprocess.Popen(
            [find_pgbouncer(), *self._account(), str(configuration)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(TRIES):
            assert self._process.poll() is None, "PgBouncer does not start."
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=10).close()
            except ConnectionRefusedError:
                sleep(0.01)
            else:
                return
        raise RuntimeError("PgBouncer does not listen.")

    def follow(self, database_url: str) -> None:
        """Switch to another server, as the callback of a failover manager does."""
        self.server = make_url(database_url)
        (self.directory / "pgbouncer.ini").write_text(self._configuration())
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _configuration(self) -> str:
        """Return the configuration of `deploy/` with this test's addresses.

        The configuration does not refer to a password file.
        """
        server = self.server
        target = {
            "host": server.query.get("host", server.host),
            "port": server.port or server.query.get("port") or 5432,
            "dbname": server.database,
            "user": server.username,
            "password": server.password,
        }
        changes = {
            "steelyard = host=127.0.0.1 port=5432 dbname=steelyard": "* = "
            + " ".join(f"{name}={value}" for name, value in target.items() if value is not None),
            "listen_port = 6432": f"listen_port = {self.port}\nunix_socket_dir =",
            "auth_type = scram-sha-256": "auth_type = any",
            "auth_file = /etc/pgbouncer/userlist.txt": "",
            "default_pool_size = 20": f"default_pool_size = {self.server_connections}",
        }
        text = CONFIGURATION.read_text()
        for old, new in changes.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return text

    def _account(self) -> list[str]:
        """Return the option that selects an unprivileged account, because PgBouncer does not run as root."""
        if os.geteuid() != 0:
            return []
        socket_directory = self.server.query.get("host")
        owner = Path(str(socket_directory)).stat().st_uid if socket_directory else 0
        return ["-u", pwd.getpwuid(owner).pw_name if owner else "nobody"]


@contextmanager
def pgbouncer(database_url: str, server_connections: int = SERVER_CONNECTIONS) -> Iterator[PgBouncer]:
    with tempfile.TemporaryDirectory(prefix="steelyard-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        pooler = PgBouncer(directory, make_url(database_url), server_connections=server_connections)
        pooler.start()
        try:
            yield pooler
        finally:
            pooler.kill()
