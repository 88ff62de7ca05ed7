"""Guessing and flooding made slow: delays that grow with each attempt and shrink with time, and never a lasting lock."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256


class AttemptKind(StrEnum):
    LOG_IN = "log_in"
    SIGN_UP = "sign_up"
    PASSWORD_CHANGE = "password_change"  # noqa: S105 - a kind of attempt
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of attempt
    CLIENT_SECRET = "client_secret"  # noqa: S105 - a kind of attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """So many attempts are `free`; the next makes the one after it wait for `first`, each further one twice as long.

    No wait is longer than `longest`. One attempt is forgiven whenever `forgiven_each` has passed.
    """

    free: int
    first: timedelta
    longest: timedelta
    forgiven_each: timedelta

    def delay_after(self, attempts: int) -> timedelta:
        """Return how long the next attempt has to wait after so many that are not forgiven."""
        if attempts <= self.free:
            return timedelta(0)
        doublings = min(attempts - self.free - 1, 32)
        return min(self.longest, self.first * (1 << doublings))


SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

ACCOUNT_BACKOFF: Mapping[AttemptKind, Backoff] = {
    AttemptKind.LOG_IN: Backoff(free=5, first=SECOND, longest=5 * MINUTE, forgiven_each=5 * MINUTE),
    AttemptKind.SIGN_UP: Backoff(free=5, first=SECOND, longest=5 * MINUTE, forgiven_each=5 * MINUTE),
    AttemptKind.PASSWORD_CHANGE: Backoff(free=5, first=SECOND, longest=5 * MINUTE, forgiven_each=5 * MINUTE),
    AttemptKind.PASSWORD_RESET: Backoff(free=3, first=MINUTE, longest=HOUR, forgiven_each=HOUR),
    AttemptKind.CLIENT_SECRET: Backoff(free=5, first=SECOND, longest=5 * MINUTE, forgiven_each=5 * MINUTE),
}
"""For each e-mail address or client id, whether or not there is an account. For log-ins: some 300 guesses a day."""

NETWORK_BACKOFF: Mapping[AttemptKind, Backoff] = {
    AttemptKind.LOG_IN: Backoff(free=50, first=SECOND, longest=5 * MINUTE, forgiven_each=30 * SECOND),
    AttemptKind.SIGN_UP: Backoff(free=200, first=SECOND, longest=MINUTE, forgiven_each=10 * SECOND),
    AttemptKind.PASSWORD_CHANGE: Backoff(
        free=50, first=SECOND, longest=5 * MINUTE, forgiven_each=30 * SECOND
    ),
    AttemptKind.PASSWORD_RESET: Backoff(free=20, first=SECOND, longest=5 * MINUTE, forgiven_each=MINUTE),
    AttemptKind.CLIENT_SECRET: Backoff(free=50, first=SECOND, longest=5 * MINUTE, forgiven_each=30 * SECOND),
}
"""For each network, behind which there may be a household, a school or a whole town."""


@dataclass(slots=True)
class AttemptTally:
    """The attempts of one subject that are not forgiven yet.

    They are kept as the moment when all of them will be forgiven, so that a tally is two moments however many they
    are, and one whose moments have passed is worth nothing.
    """

    subject: bytes
    backoff: Backoff
    forgiven_at: datetime
    retry_at: datetime

    def wait(self, now: datetime) -> timedelta:
        """Return for how long no attempt is admitted."""
        return max(timedelta(0), self.retry_at - now)

    def count(self, now: datetime) -> int:
        """Return the number of attempts that are not forgiven."""
        return math.ceil(max(timedelta(0), self.forgiven_at - now) / self.backoff.forgiven_each)

    def add(self, now: datetime) -> None:
        """Count one attempt, and make the next wait."""
        self.forgiven_at = max(self.forgiven_at, now) + self.backoff.forgiven_each
        self.retry_at = now + self.backoff.delay_after(self.count(now))

    def take_back(self, now: datetime) -> None:
        """Count one attempt less: it was right, and nobody waits for it."""
        self.forgiven_at -= self.backoff.forgiven_each
        self.retry_at = min(self.retry_at, now)

    def clear(self, now: datetime) -> None:
        """Forgive everything."""
        self.forgiven_at = self.retry_at = now


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody in a network tries to do something with an account: an e-mail address, or the id of a client."""

    kind: AttemptKind
    account: str
    network: str

    @property
    def subjects(self) -> Sequence[tuple[bytes, Backoff]]:
        """What the attempt counts against, the account and the network, by digests: no address is kept."""
        return (
            (self._digest("account", self.account), ACCOUNT_BACKOFF[self.kind]),
            (self._digest("network", self.network), NETWORK_BACKOFF[self.kind]),
        )

    def _digest(self, scope: str, name: str) -> bytes:
        return sha256(f"{self.kind} {scope} {name}".encode(errors="surrogatepass")).digest()
