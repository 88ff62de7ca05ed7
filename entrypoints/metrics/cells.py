"""The metrics of one process, as numbers in memory that other processes can read."""

import fcntl
import json
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO
from weakref import finalize

from entrypoints.metrics.families import FAMILIES, Family

SIZE = 2 * 1024 * 1024
"""The memory for the numbers of a process, in bytes: enough for about 16,000 series of a histogram."""
SUFFIX = ".metrics"
_BYTES = 8
_WIDEST = max(family.width for family in FAMILIES)
_FAMILIES = {family.name: family for family in FAMILIES}


@dataclass(frozen=True, slots=True)
class Series:
    """The numbers of a metric family for one combination of label values."""

    family: Family
    labels: tuple[str, ...]
    values: tuple[float, ...]


class Cells:
    """The metrics of one process. Each cell is a number of type double.

    A series occupies consecutive cells. The number of cells per series is the width of the metric family.

    Other processes read the cells from a file. The file begins with `SIZE` bytes of cells. After the cells, the file
    has one line per series, in the sequence of the cells. A line is a JSON array of the family's name, the family's
    width and the values of the labels.

    While the process runs, it holds a lock on the file, so that readers know whether the process is running. If the
    process is killed, its numbers stay in the file.

    The file is mapped to memory, so a write to a cell is a write to memory. Without a file, no other process can read
    the cells.
    """

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file = file
        if file is not None:
            finalize(self, file.close)
        self._used = 0
        self.values = memoryview(mmap.mmap(-1 if file is None else file.fileno(), SIZE)).cast("d")

    @classmethod
    def shared(cls, directory: Path) -> "Cells":
        """Create cells in a new file in the directory. Other processes can read the file. Raises OSError."""
        path = directory / f"{os.getpid()}-{token_hex(4)}{SUFFIX}"
        hidden = path.with_suffix(".new")
        try:
            # Write zeros now, to reserve the disk space. Otherwise, if the disk is full later, a
            # write to a cell would end the process.
            hidden.write_bytes(bytes(SIZE))
        except OSError:
            hidden.unlink(missing_ok=True)
            raise
        file = hidden.open("r+b", buffering=0)
        fcntl.flock(file, fcntl.LOCK_EX)
        hidden.rename(path)  # Readers must not see the file before it is locked.
        return cls(file)

    def allocate(self, family: Family, labels: tuple[str, ...]) -> int:
        """Return the first cell of a new series.

        If no cells are left, the last cells are returned. Several series can share these cells, which are never read.
        """
        at = self._used
        if at + family.width > len(self.values) - _WIDEST:
            return len(self.values) - _WIDEST
        self._used += family.width
        if self._file is not None:
            self._file.seek(0, os.SEEK_END)
            self._file.write(json.dumps([family.name, family.width, *labels]).encode() + b"\n")
        return at

    def close(self) -> None:
        """Mark the process as ended.

        The file keeps the process's numbers. Series that the process adds after this call are not written to the file.
        """
        if self._file is not None:
            # Closing the file does not release the lock, because the memory map has a copy of the descriptor.
            fcntl.flock(self._file, fcntl.LOCK_UN)
            self._file.close()
            self._file = None


@dataclass(frozen=True, slots=True)
class CellsOfProcess:
    """The series of a process, read by another process."""

    series: tuple[Series, ...]
    is_running: bool


def read_cells(path: Path) -> CellsOfProcess:
    """Read the file of a process. Skip unknown families. Raises OSError."""
    with path.open("rb") as file:
        is_running = _is_locked(file)
        file.seek(SIZE)
        lines = file.read().split(b"\n")[:-1]  # The last line may be incomplete.
        file.seek(0)
        return CellsOfProcess(tuple(_series(file, lines)), is_running)


def _series(file: BinaryIO, lines: list[bytes]) -> Iterator[Series]:
    for line in lines:
        name, width, *labels = json.loads(line)
        values = memoryview(file.read(width * _BYTES)).cast("d")
        family = _FAMILIES.get(name)
        if family is not None and (family.width, len(family.labels)) == (width, len(labels)):
            yield Series(family, tuple(labels), tuple(values))


def _is_locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
