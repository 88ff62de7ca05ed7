"""Attempts to log in, to sign up and to reset a password are admitted, or have to wait."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from application.shared.clock import Clock
from application.unit_of_work import UnitOfWork
from domain.shared.errors import DomainError
from domain.users.attempts import Attempt, AttemptTally


class TooManyAttempts(DomainError):
    """There were too many for this account or from this network. `retry_after` is in whole seconds, at least one."""

    code = "too_many_attempts"

    def __init__(self, wait: timedelta) -> None:
        super().__init__("There were too many attempts. Try again later.")
        self.retry_after = max(1, math.ceil(wait.total_seconds()))


class Throttle(Protocol):
    async def admit(self, work: UnitOfWork, attempt: Attempt) -> None:
        """Count the attempt, or raise TooManyAttempts, and count nothing. The unit of work is still to be committed."""
        ...

    async def reset(self, work: UnitOfWork, attempt: Attempt) -> None:
        """Take back an admitted attempt that was rightful: the account's owner is there, and starts afresh."""
        ...


@dataclass(frozen=True, slots=True)
class CountingThrottle(Throttle):
    """Counts in the database, so that several processes agree.

    An attempt is counted before anybody knows whether it is rightful: of any number of guesses at the same time no
    more are admitted than one after the other. One that has to wait does not count, so that a wait always ends.
    """

    clock: Clock

    async def admit(self, work: UnitOfWork, attempt: Attempt) -> None:
        now = self.clock.now()
        # A flood of attempts that have to wait neither writes nor queues for a lock, with a connection each.
        _ensure_admitted(await work.attempts.peek(attempt, now=now), now)
        tallies = await work.attempts.lock(attempt, now=now)
        _ensure_admitted(tallies, now)
        for tally in tallies:
            tally.add(now)
        await work.attempts.save(tallies)

    async def reset(self, work: UnitOfWork, attempt: Attempt) -> None:
        now = self.clock.now()
        account, network = await work.attempts.lock(attempt, now=now)
        account.clear(now)
        network.take_back(now)
        await work.attempts.save((account, network))


def _ensure_admitted(tallies: Sequence[AttemptTally], now: datetime) -> None:
    wait = max(tally.wait(now) for tally in tallies)
    if wait:
        raise TooManyAttempts(wait)


class NullThrottle(Throttle):
    """Admits everybody, as for a benchmark."""

    async def admit(self, work: UnitOfWork, attempt: Attempt) -> None: ...

    async def reset(self, work: UnitOfWork, attempt: Attempt) -> None: ...
