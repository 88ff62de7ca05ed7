"""A PostgreSQL server for one test. The test can stop the server, and change settings while the server runs."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.embedded_postgres.layout import Layout
from adapters.embedded_postgres.pid_file import PidFile
from adapters.postgres.core.migrations import upgrade
from tests.servers.embedded import await_end
from tests.servers.forgetful import FORGETFUL

SETTINGS = {name: value for name, value in FORGETFUL.items() if name != "synchronous_commit"}
"""The settings of the server. `synchronous_commit` stays on, so commits wait for standbys as in production."""


@dataclass
class OwnServer:
    data_dir: Path
    lease: ExitStack
    url: str = ""

    def start(self) -> None:
        self.url = self.lease.enter_context(EmbeddedPostgres(self.data_dir, SETTINGS).lease())

    def stop(self) -> None:
        self.lease.close()
        await_end(self.data_dir)

    def configure(self, **settings: str) -> None:
        """Replace the settings in the file that ALTER SYSTEM writes, and reload the settings."""
        cluster = Layout(self.data_dir).cluster
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        (cluster / "postgresql.auto.conf").write_text("".join(lines))
        running = PidFile.read(cluster)
        assert running is not None
        os.kill(running.pid, signal.SIGHUP)


@contextmanager
def own_server(data_dir: Path) -> Iterator[OwnServer]:
    """Start a server with the service's schema."""
    with ExitStack() as lease:
        server = OwnServer(data_dir, lease)
        server.start()
        upgrade(server.url)
        yield server
    await_end(data_dir)
