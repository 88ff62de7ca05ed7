from dataclasses import dataclass
from pathlib import Path

from adapters.embedded_postgres.sockets import answers


@dataclass(frozen=True, slots=True)
class PidFile:
    """The content of postmaster.pid, which may be outdated.

    PostgreSQL defines the format in src/include/utils/pidfile.h.
    """

    pid: int
    socket: Path
    status: str

    @classmethod
    def path(cls, cluster: Path) -> Path:
        return cluster / "postmaster.pid"

    @classmethod
    def read(cls, cluster: Path) -> "PidFile | None":
        """Read the file. Return None if it is missing or incomplete."""
        try:
            lines = cls.path(cluster).read_text().splitlines()
            socket = Path(lines[4]) / f".s.PGSQL.{lines[3]}"
            return cls(pid=int(lines[0]), socket=socket, status=lines[7].strip())
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def is_true(self) -> bool:
        """Whether a postmaster listens on the socket.

        If no postmaster listens, another program may now have the process id from the file.
        """
        return answers(self.socket)

    def is_ready(self) -> bool:
        """Whether the server has started and is not stopping."""
        return self.status == "ready" and self.is_true()
