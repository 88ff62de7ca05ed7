"""The health of the periodic jobs of one process."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

LONGEST_RUN = timedelta(minutes=10)
"""The maximum duration of one run of a job, unless the job has another limit."""


@dataclass(slots=True)
class _State:
    every: float
    longest_run: float
    succeeded_at: float
    has_failed: bool = False


class JobHealth:
    """A record of when each job last succeeded. The record shows which jobs fail or hang.

    If the last run of a job failed, and its last success is older than two intervals, the job is failing.

    If the last run of a job succeeded, and this success is older than two intervals plus the maximum duration of a
    run, the job hangs.

    Any thread can read the health. `now` returns seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._states: dict[str, _State] = {}

    def add(self, name: str, *, every: timedelta, longest_run: timedelta = LONGEST_RUN) -> None:
        """Watch a job. The time until the job's first success is counted from now."""
        self._states[name] = _State(every.total_seconds(), longest_run.total_seconds(), self._now())

    def succeeded(self, name: str) -> None:
        """Record that a run of the job, or a part of the run, has succeeded."""
        state = self._states[name]
        state.succeeded_at, state.has_failed = self._now(), False

    def failed(self, name: str) -> None:
        self._states[name].has_failed = True

    def ages(self) -> Mapping[str, float]:
        """Return the seconds since each job's last success, or since the job was added."""
        now = self._now()
        return {name: now - state.succeeded_at for name, state in list(self._states.items())}

    def intervals(self) -> Mapping[str, float]:
        """Return the seconds between two runs of each job."""
        return {name: state.every for name, state in list(self._states.items())}

    def failing(self) -> list[str]:
        """Return the jobs whose last run failed, and whose last success is older than two intervals."""
        ages = self.ages()
        return [
            name
            for name, state in list(self._states.items())
            if state.has_failed and ages[name] > 2 * state.every
        ]

    def hanging(self) -> list[str]:
        """Return the jobs whose latest report is a success, but is too old."""
        ages = self.ages()
        return [
            name
            for name, state in list(self._states.items())
            if not state.has_failed and ages[name] > 2 * state.every + state.longest_run
        ]
