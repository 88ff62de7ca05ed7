from dataclasses import dataclass
from pathlib import Path

PASSWORD_FILE = "steelyard.password"  # noqa: S105 - the name of a file in the cluster; the file is deleted with the cluster


@dataclass(frozen=True, slots=True)
class Layout:
    """The files and directories below the data directory."""

    data_dir: Path

    @property
    def home(self) -> Path:
        return self.data_dir / "postgresql"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory (PGDATA).

        The directory gets this name when it is complete and contains the role and the database.
        """
        return self.home / "cluster"

    @property
    def password(self) -> Path:
        return self.cluster / PASSWORD_FILE

    @property
    def lease(self) -> Path:
        """The file on which each process that uses the server holds a shared lock."""
        return self.home / "lease"

    @property
    def supervisor_lock(self) -> Path:
        """The file that the supervisor locks.

        While the server is ready, the file contains the path of the socket's directory.
        """
        return self.home / "supervisor.lock"

    @property
    def server_lock(self) -> Path:
        """The file that every process of the server locks."""
        return self.home / "server.lock"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def socket(self) -> Path:
        """The directory of the socket, or a symbolic link to this directory."""
        return self.home / "socket"
