"""Sessions: from log-in to log-out."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from domain.sessions.refresh_token import InvalidRefreshToken, RefreshToken
from domain.shared.ids import SessionId, UserId

GRACE = timedelta(seconds=10)
"""The period in which repeated exchanges of the same token return the same successor.

The period begins with the first exchange. A client repeats the exchange if the response did not arrive, or if
two browser tabs refresh at the same time.
"""

REISSUE_WINDOW = timedelta(hours=24)
"""The period in which a token can be exchanged again after GRACE has ended.

The period begins with the first exchange. A token can be exchanged again only if its successor is unused. A
session permits one such reissue within the period. See docs/security.md for the trade-off.
"""

MAX_SESSIONS = 100
"""The maximum number of sessions of a user.

Another log-in ends the least recently used session.
"""


class RefreshTokenReused(Exception):
    """The token was exchanged before and may have been stolen. The session must end."""


@dataclass(frozen=True, slots=True)
class SessionLifetime:
    """The lifetime of a session.

    A session ends when `idle` has passed since its last refresh. It ends at the latest when `absolute` has passed
    since its start.
    """

    idle: timedelta
    absolute: timedelta

    def end(self, *, created_at: datetime, used_at: datetime) -> datetime:
        return min(used_at + self.idle, created_at + self.absolute)


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """A log-in on one device.

    Access tokens contain the id of the session. The refresh token is stored only as a hash, and each use
    exchanges it for another token. `sealed_successor` is the current token, encrypted with the former token.

    `reissued_at` is the time of the last reissue: the former token was exchanged again after GRACE.
    `user_agent` helps the user to recognize the device.
    """

    id: SessionId
    user_id: UserId
    family_hash: bytes = field(repr=False)
    secret_hash: bytes = field(repr=False)
    former_secret_hash: bytes | None = field(default=None, repr=False)
    sealed_successor: bytes | None = field(default=None, repr=False)
    reissued_at: datetime | None = None
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime

    @classmethod
    def start(
        cls,
        *,
        id: SessionId,  # noqa: A002 - the parameter has the name of the field
        user_id: UserId,
        token: RefreshToken,
        user_agent: str | None,
        lifetime: SessionLifetime,
        now: datetime,
    ) -> Self:
        return cls(
            id=id,
            user_id=user_id,
            family_hash=token.family_hash,
            secret_hash=token.secret_hash,
            user_agent=user_agent,
            created_at=now,
            last_used_at=now,
            expires_at=lifetime.end(created_at=now, used_at=now),
        )

    def is_over(self, now: datetime) -> bool:
        return now >= self.expires_at

    def refresh(
        self, shown: RefreshToken, fresh_secret: bytes, *, lifetime: SessionLifetime, now: datetime
    ) -> RefreshToken:
        """Exchange the current token for a successor with a new secret.

        Within GRACE, an exchange of the former token returns the current token. After GRACE, such an exchange
        is a reissue and is permitted only once: see `_reissue`.

        Raises InvalidRefreshToken if the session has ended. Raises RefreshTokenReused if the token is an
        earlier token of the family, or if a reissue is not permitted.
        """
        if self.is_over(now):
            raise InvalidRefreshToken
        if hmac.compare_digest(shown.secret_hash, self.secret_hash):
            successor = shown.followed_by(fresh_secret)
            self.former_secret_hash = self.secret_hash
            self.secret_hash = successor.secret_hash
            self.sealed_successor = shown.seal(successor)
            self.last_used_at = now
            self.expires_at = lifetime.end(created_at=self.created_at, used_at=now)
            return successor
        if self.former_secret_hash is None or self.sealed_successor is None:
            raise RefreshTokenReused
        if not hmac.compare_digest(shown.secret_hash, self.former_secret_hash):
            raise RefreshTokenReused
        if now > self.last_used_at + GRACE:
            self._reissue(now)
        return shown.open(self.sealed_successor)

    def _reissue(self, now: datetime) -> None:
        """Record that the former token is exchanged again after GRACE.

        After this exchange, the former token can be exchanged repeatedly for another period of GRACE.

        Raises RefreshTokenReused if more than REISSUE_WINDOW has passed since the first exchange. Also raises
        RefreshTokenReused if the session had another reissue within REISSUE_WINDOW.
        """
        if self.reissued_at is not None:
            if now <= self.reissued_at + GRACE:
                return
            if now < self.reissued_at + REISSUE_WINDOW:
                raise RefreshTokenReused
        if now > self.last_used_at + REISSUE_WINDOW:
            raise RefreshTokenReused
        self.reissued_at = now


def sessions_to_evict(sessions: Sequence[Session], now: datetime) -> list[Session]:
    """Return the sessions to delete when a new session begins.

    These are all ended sessions. If the new session would exceed MAX_SESSIONS, the least recently used sessions
    are also included.
    """
    live = sorted((s for s in sessions if not s.is_over(now)), key=lambda session: session.last_used_at)
    return [s for s in sessions if s.is_over(now)] + live[: max(0, len(live) - MAX_SESSIONS + 1)]
