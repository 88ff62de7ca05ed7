import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from adapters.embedded_postgres.cluster import DATABASE, ROLE
from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.layout import Layout
from adapters.embedded_postgres.locks import share, try_lock
from adapters.embedded_postgres.pid_file import PidFile
from adapters.embedded_postgres.sockets import PORT

CHECKOUT = Path(__file__).parents[2]
SUPERVISOR = "adapters.embedded_postgres.supervisor"
PYTHON = (sys.executable, "-P", "-W", "ignore", "-m")
TICK = 0.02

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """The PostgreSQL server of one data directory. Any number of processes can share the server.

    `settings` are PostgreSQL settings by name. The settings apply only if this process starts the server.
    """

    data_dir: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def lease(self) -> Iterator[str]:
        """Yield the URL of a running server. The server stops when no process has a lease.

        The URL contains the password, and stays valid during the lease. If the server or the supervisor dies, the
        dead process is replaced within about two seconds. Raises EmbeddedPostgresError.
        """
        layout = Layout(self.data_dir.expanduser().resolve())
        _prepare(layout)
        over = threading.Event()
        with layout.lease.open("a") as lease:
            share(lease)  # This call waits while a supervisor stops an unused server.
            socket_directory = self._await_server(layout)
            threading.Thread(target=self._keep_supervised, args=(layout, over), daemon=True).start()
            try:
                yield _url(layout, socket_directory)
            finally:
                over.set()

    def _await_server(self, layout: Layout) -> str:
        """Return the socket directory of a ready server. Start a supervisor if none runs."""
        complaint = ""
        while True:
            with layout.supervisor_lock.open("a+") as state:
                supervised = not try_lock(state)
                if supervised:
                    state.seek(0)
                    if (directory := state.read()).endswith("\n") and _is_ready(layout):
                        if complaint:
                            logger.warning("%s", complaint)
                        return directory.rstrip("\n")
                else:
                    state.truncate(0)  # A killed supervisor may have left text in the file.
            if supervised:
                time.sleep(TICK)
            elif complaint:
                raise EmbeddedPostgresError(complaint)
            else:
                complaint = self._start_supervisor(layout)

    def _start_supervisor(self, layout: Layout) -> str:
        """Start a supervisor. Return the errors that the supervisor writes before it closes standard error."""
        path = os.pathsep.join([str(CHECKOUT), *filter(None, [os.environ.get("PYTHONPATH")])])
        detached = subprocess.run(  # noqa: S603 - the program is a module of the service
            [*PYTHON, SUPERVISOR, str(layout.data_dir), json.dumps(dict(self.settings))],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C in the terminal must not reach the supervisor
        )
        return detached.stderr.strip()

    def _keep_supervised(self, layout: Layout, over: threading.Event) -> None:
        """Start another supervisor if the current supervisor is killed during the lease."""
        while not over.is_set():
            try:
                with layout.supervisor_lock.open("a") as state:
                    share(state)  # This call blocks while a supervisor runs.
                if not over.is_set():
                    self._await_server(layout)
            except (EmbeddedPostgresError, OSError) as error:
                logger.error("The embedded PostgreSQL cannot be started again: %s", error)  # noqa: TRY400 - the message is complete without a traceback
                over.wait(5)


def _prepare(layout: Layout) -> None:
    """Create the data directory and its shared files. The files get the owner of the directory."""
    try:
        layout.data_dir.mkdir(parents=True, exist_ok=True)
        owner = layout.data_dir.stat()
        layout.home.mkdir(mode=0o700, exist_ok=True)
        shared = (layout.lease, layout.supervisor_lock, layout.server_lock, layout.log)
        for file in shared:
            file.touch(mode=0o600)
        if os.geteuid() == 0:
            for path in (layout.home, *shared):
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The data directory {layout.data_dir} cannot be used ({error.strerror}: {error.filename}): "
            "set STEELYARD_DATA_DIR to a directory of your own."
        ) from None


def _is_ready(layout: Layout) -> bool:
    """Return whether the server is ready, according to its pid file."""
    file = PidFile.read(layout.cluster)
    return file is not None and file.is_ready()


def _url(layout: Layout, socket_directory: str) -> str:
    password = layout.password.read_text()
    return f"postgresql+asyncpg://{ROLE}:{password}@/{DATABASE}?host={quote(socket_directory, safe='')}&port={PORT}"
