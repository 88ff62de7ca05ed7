from dataclasses import dataclass
from pathlib import Path

from adapters.embedded_postgres.sockets import answers


@dataclass(frozen=True, slots=True)
class PidFile:
    """What a postmaster writes of itself (PostgreSQL's source, src/include/utils/pidfile.h): a claim, not a proof."""

    pid: int
    socket: Path
    status: str

    @classmethod
    def path(cls, cluster: Path) -> Path:
        return cluster / "postmaster.pid"

    @classmethod
    def read(cls, cluster: Path) -> "PidFile | None":
        """Return None while there is none, or none that is complete."""
        try:
            lines = cls.path(cluster).read_text().splitlines()
            socket = Path(lines[4]) / f".s.PGSQL.{lines[3]}"
            return cls(pid=int(lines[0]), socket=socket, status=lines[7].strip())
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def is_true(self) -> bool:
        """Tell whether a postmaster listens at its socket; then the process id is its own, not one reused."""
        return answers(self.socket)

    def is_ready(self) -> bool:
        """Tell whether the server has started, and is not about to stop."""
        return self.status == "ready" and self.is_true()
