"""Throttling of attempts: delays grow with each attempt and shrink with time.

An account is never locked permanently.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256


class AttemptKind(StrEnum):
    LOG_IN = "log_in"
    SIGN_UP = "sign_up"
    PASSWORD_CHANGE = "password_change"  # noqa: S105 - the name of a kind of attempt, not a secret
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of a kind of attempt, not a secret
    EMAIL_CHANGE = "email_change"
    CLIENT_SECRET = "client_secret"  # noqa: S105 - the name of a kind of attempt, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential delays between attempts.

    The first `free` attempts have no delay. The delay after the next attempt is `first`. Each later attempt
    doubles the delay, up to `longest`. The number of counted attempts decreases by one after each interval
    `forgiven_each`.
    """

    free: int
    first: timedelta
    longest: timedelta
    forgiven_each: timedelta

    def delay_after(self, attempts: int) -> timedelta:
        """Return how long the next attempt has to wait after `attempts` attempts."""
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
    AttemptKind.EMAIL_CHANGE: Backoff(free=3, first=MINUTE, longest=HOUR, forgiven_each=HOUR),
    AttemptKind.CLIENT_SECRET: Backoff(free=5, first=SECOND, longest=5 * MINUTE, forgiven_each=5 * MINUTE),
}
"""Throttling per e-mail address or client id.

About 300 log-in attempts a day are permitted. The throttling also applies to addresses without an account.
"""

NETWORK_BACKOFF: Mapping[AttemptKind, Backoff] = {
    AttemptKind.LOG_IN: Backoff(free=50, first=SECOND, longest=5 * MINUTE, forgiven_each=30 * SECOND),
    AttemptKind.SIGN_UP: Backoff(free=200, first=SECOND, longest=MINUTE, forgiven_each=10 * SECOND),
    AttemptKind.PASSWORD_CHANGE: Backoff(
        free=50, first=SECOND, longest=5 * MINUTE, forgiven_each=30 * SECOND
    ),
    AttemptKind.PASSWORD_RESET: Backoff(free=20, first=SECOND, longest=5 * MINUTE, forgiven_each=MINUTE),
    AttemptKind.EMAIL_CHANGE: Backoff(free=20, first=SECOND, longest=5 * MINUTE, forgiven_each=MINUTE),
    AttemptKind.CLIENT_SECRET: Backoff(free=50, first=SECOND, longest=5 * MINUTE, forgiven_each=30 * SECOND),
}
"""Throttling per client network.

The limits are higher than the limits per account, because a network can be a household, a school or a whole town.
"""


@dataclass(slots=True)
class AttemptTally:
    """The counted attempts of one subject.

    The next attempt is allowed at `retry_at`. At `forgiven_at`, the number of counted attempts is 0 again. The
    current number is computed from `forgiven_at`. After both times, the tally can be deleted.
    """

    subject: bytes
    backoff: Backoff
    forgiven_at: datetime
    retry_at: datetime

    def wait(self, now: datetime) -> timedelta:
        """Return how long the next attempt has to wait."""
        return max(timedelta(0), self.retry_at - now)

    def count(self, now: datetime) -> int:
        return math.ceil(max(timedelta(0), self.forgiven_at - now) / self.backoff.forgiven_each)

    def add(self, now: datetime) -> None:
        self.forgiven_at = max(self.forgiven_at, now) + self.backoff.forgiven_each
        self.retry_at = now + self.backoff.delay_after(self.count(now))

    def take_back(self, now: datetime) -> None:
        """Remove one successful attempt from the tally."""
        self.forgiven_at -= self.backoff.forgiven_each
        self.retry_at = min(self.retry_at, now)

    def clear(self, now: datetime) -> None:
        self.forgiven_at = self.retry_at = now


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that is throttled, such as a log-in.

    `account` is an e-mail address or a client id.
    """

    kind: AttemptKind
    account: str
    network: str

    @property
    def subjects(self) -> Sequence[tuple[bytes, Backoff]]:
        """The subjects of the two tallies that count the attempt, each with its Backoff.

        The subjects are digests of the account and of the network. E-mail addresses and network addresses are
        therefore not stored.
        """
        return (
            (self._digest("account", self.account), ACCOUNT_BACKOFF[self.kind]),
            (self._digest("network", self.network), NETWORK_BACKOFF[self.kind]),
        )

    def _digest(self, scope: str, name: str) -> bytes:
        return sha256(f"{self.kind} {scope} {name}".encode(errors="surrogatepass")).digest()
