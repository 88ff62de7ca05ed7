"""A monitor of failed and waiting writes, for the readiness check."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

from application.shared.errors import DatabaseUnavailable

LONGEST_COMMIT = timedelta(seconds=3)
"""The duration after which a commit counts as blocked by a standby or a disk."""


class WriteMonitor:
    """Counts of failed and waiting writes of one process.

    If the disk of the server is full, writes fail. If the server has no connection to its synchronous standby,
    commits wait forever. In both cases the server can still respond to reads. After a failed write, each readiness
    check makes a test write. The test writes end when one of them succeeds.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._resolved = 0
        self._commits: dict[object, float] = {}

    @property
    def failures(self) -> int:
        """The number of failed writes.

        Read this number before a test write, and pass the number to `resolve` afterwards.
        """
        return self._failures

    @property
    def is_suspect(self) -> bool:
        """Whether a write has failed since the last successful test write."""
        return self._failures > self._resolved

    @property
    def is_commit_waiting(self) -> bool:
        """Whether a commit has been waiting for longer than LONGEST_COMMIT."""
        before = monotonic() - LONGEST_COMMIT.total_seconds()
        return any(begun < before for begun in self._commits.values())

    def resolve(self, failures: int) -> None:
        """Record that a test write succeeded.

        `failures` is the value that the property `failures` had before the test write.
        """
        self._resolved = failures

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Count a DatabaseUnavailable as a failed write."""
        try:
            yield
        except DatabaseUnavailable:
            self._failures += 1
            raise

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Count a DatabaseUnavailable as a failed write, and measure how long the commit takes."""
        commit = object()
        self._commits[commit] = monotonic()
        try:
            with self.writing():
                yield
        finally:
            del self._commits[commit]
