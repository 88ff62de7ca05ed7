"""Throttling of attempts to log in, to sign up and to reset a password."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from application.shared.ports import Clock
from application.unit_of_work import UnitOfWork
from domain.shared.errors import DomainError
from domain.users.attempts import Attempt, AttemptTally


class TooManyAttempts(DomainError):
    """Too many attempts for this account or from this network.

    `retry_after` is in whole seconds, at least one.
    """

    code = "too_many_attempts"

    def __init__(self, wait: timedelta) -> None:
        super().__init__("There were too many attempts. Try again later.")
        self.retry_after = max(1, math.ceil(wait.total_seconds()))


class Throttle(Protocol):
    async def admit(self, work: UnitOfWork, attempt: Attempt) -> None:
        """Count the attempt. The caller commits.

        Raises TooManyAttempts if the attempt is throttled. A throttled attempt is not counted.
        """
        ...

    async def reset(self, work: UnitOfWork, attempt: Attempt) -> None:
        """Reset the account's tally, and remove the successful attempt from the network's tally."""
        ...


@dataclass(frozen=True, slots=True)
class CountingThrottle(Throttle):
    """Throttle attempts with tallies in the database, which all processes share.

    An attempt is counted before it is verified, so that concurrent guesses are limited in the same way as
    sequential guesses.

    If the throttle rejects an attempt, the attempt is not counted. Repeated attempts therefore do not extend the
    waiting time.
    """

    clock: Clock

    async def admit(self, work: UnitOfWork, attempt: Attempt) -> None:
        now = self.clock.now()
        # This first check only reads, and does not wait for locks. Rejecting a large number of attempts is
        # therefore cheap.
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
    """A throttle that admits every attempt, for benchmarks."""

    async def admit(self, work: UnitOfWork, attempt: Attempt) -> None: ...

    async def reset(self, work: UnitOfWork, attempt: Attempt) -> None: ...
