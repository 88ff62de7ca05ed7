"""The CPU time of servers, read from /proc.

Other programs on the machine reduce the throughput of a server, but they hardly change the CPU time of a request.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuTime:
    """The CPU seconds of the serving processes, and those of PostgreSQL. User and system time are added."""

    server: float
    database: float

    @classmethod
    def until_now(cls, server_pid: int, database_pid: int) -> Self:
        return cls(cpu_seconds(server_pid), cpu_seconds(database_pid))

    def since(self, earlier: "CpuTime") -> "CpuTime":
        return CpuTime(self.server - earlier.server, self.database - earlier.database)


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    ticks: int
    """The CPU time, in clock ticks, of the process and of its ended child processes."""


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and of its descendants, including ended descendants."""
    return sum(process.ticks for process in _family(pid)) / _TICKS_PER_SECOND


def descendants(pid: int) -> Iterator[int]:
    return (process.pid for process in _family(pid) if process.pid != pid)


def _family(pid: int) -> list[_Process]:
    # /proc/<pid>/task/<tid>/children is simpler to read, but can omit a process while another process ends.
    processes = list(_processes())
    found = [process for process in processes if process.pid == pid]
    for process in found:  # The loop also visits the processes that are appended here.
        found += (child for child in processes if child.parent == process.pid)
    return found


def _processes() -> Iterator[_Process]:
    """Yield the running processes. proc_pid_stat(5) defines the fields."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, _, rest = file.read_text().partition(" (")
        except (FileNotFoundError, ProcessLookupError):
            # The process has ended, so its CPU time is included in the CPU time of its parent.
            continue
        fields = rest.rpartition(")")[2].split()
        yield _Process(pid=int(pid), parent=int(fields[1]), ticks=sum(map(int, fields[11:15])))
