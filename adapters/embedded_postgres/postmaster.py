import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from adapters.embedded_postgres.account import Account
from adapters.embedded_postgres.binaries import Binaries
from adapters.embedded_postgres.errors import EmbeddedPostgresError
from adapters.embedded_postgres.former_server import ESCALATION, end_former_server
from adapters.embedded_postgres.layout import Layout
from adapters.embedded_postgres.pid_file import PidFile
from adapters.embedded_postgres.sockets import PORT, SOCKET, remove_stale_sockets

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    # After a crash, flush the data directory by one system call instead of file by file.
    "recovery_init_sync_method": "syncfs" if sys.platform == "linux" else "fsync",
    # By default, a log entry about a rejected statement quotes values. The server's log must not contain data.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
}
"""PostgreSQL settings for one small shop on one machine."""


@dataclass(slots=True)
class Postmaster:
    """PostgreSQL's first process, as a child of this process."""

    layout: Layout
    account: Account
    binaries: Binaries
    socket_directory: Path
    settings: Mapping[str, str]
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the server, and wait until it has recovered and accepts connections.

        There is no timeout, because an interrupted recovery would have to start from the beginning. Raises
        EmbeddedPostgresError.
        """
        with self.layout.server_lock.open("a") as lock, self.layout.log.open("a") as log:
            end_former_server(self.layout, self.account, lock)
            remove_stale_sockets(self.socket_directory)
            self._process = self.account.start(self._command(), log=log, keep_open=lock)
        while not self._is_ready():
            if not self.is_running:
                raise EmbeddedPostgresError(
                    f"PostgreSQL did not start: {self._last_words()} (see {self.layout.log})"
                )
            time.sleep(0.01)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def is_serving(self) -> bool:
        """Whether the server runs and still has its socket.

        Programs that clean up temporary files may delete the socket.
        """
        return self.is_running and (self.socket_directory / SOCKET).exists()

    def stop(self) -> None:
        """Stop the server. If a clean shutdown takes too long, kill the server."""
        if self._process is None:
            return
        for how, seconds in ESCALATION:
            self._process.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                return

    def _command(self) -> list[str]:
        settings = {
            **SETTINGS,
            "unix_socket_directories": self.socket_directory,
            "port": PORT,
            **self.settings,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.binaries["postgres"], "-D", str(self.layout.cluster), *options]

    def _is_ready(self) -> bool:
        file = PidFile.read(self.layout.cluster)
        return (
            file is not None
            and self._process is not None
            and (file.pid, file.status) == (self._process.pid, "ready")
        )

    def _last_words(self) -> str:
        lines = self.layout.log.read_text(errors="replace").splitlines()
        return next(
            (line for line in reversed(lines) if "FATAL" in line or "PANIC" in line), "no reason given"
        )
