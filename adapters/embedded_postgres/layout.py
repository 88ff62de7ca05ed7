from dataclasses import dataclass
from pathlib import Path

PASSWORD_FILE = "steelyard.password"  # noqa: S105 - a name; it lies in the cluster, as neither is of use alone


@dataclass(frozen=True, slots=True)
class Layout:
    """What lies where below the data directory."""

    data_dir: Path

    @property
    def home(self) -> Path:
        return self.data_dir / "postgresql"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory (PGDATA). It appears by one rename, complete with role and database."""
        return self.home / "cluster"

    @property
    def password(self) -> Path:
        return self.cluster / PASSWORD_FILE

    @property
    def lease(self) -> Path:
        """SingleFlight by those who use the server."""
        return self.home / "lease"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor. While the server is ready, its content is the directory of the socket."""
        return self.home / "supervisor.lock"

    @property
    def server_lock(self) -> Path:
        """Held by every process of the server."""
        return self.home / "server.lock"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def socket(self) -> Path:
        """The directory of the socket, or a symbolic link to it."""
        return self.home / "socket"
