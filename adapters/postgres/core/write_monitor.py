"""Failed and waiting writes, which the readiness check has to know of."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

from application.shared.errors import DatabaseUnavailable

LONGEST_COMMIT = timedelta(seconds=3)
"""A commit that takes longer waits for a synchronous standby that does not confirm it, or for a disk."""


class WriteMonitor:
    """What the transactions of one process have learned about writes.

    A server can answer reads while it rejects writes (its disk is full) or never confirms them (its synchronous standby is
    lost). After a failed write the readiness check tries one, until one succeeds.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._resolved = 0
        self._commits: dict[object, float] = {}

    @property
    def failures(self) -> int:
        """The number of failed writes. Pass it to `resolve`, so that a failure meanwhile is not forgotten."""
        return self._failures

    @property
    def is_suspect(self) -> bool:
        """Whether a write has failed since the last one that succeeded for the readiness check."""
        return self._failures > self._resolved

    @property
    def is_commit_waiting(self) -> bool:
        """Whether a commit has been waiting for longer than any should."""
        before = monotonic() - LONGEST_COMMIT.total_seconds()
        return any(begun < before for begun in self._commits.values())

    def resolve(self, failures: int) -> None:
        """Record that a write has succeeded after so many failures."""
        self._resolved = failures

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Count a DatabaseUnavailable."""
        try:
            yield
        except DatabaseUnavailable:
            self._failures += 1
            raise

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Count a DatabaseUnavailable, and watch how long the commit takes."""
        commit = object()
        self._commits[commit] = monotonic()
        try:
            with self.writing():
                yield
        finally:
            del self._commits[commit]
