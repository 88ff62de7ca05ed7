from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.sessions.refresh_token import InvalidRefreshToken, RefreshToken
from domain.sessions.session import (
    GRACE,
    MAX_SESSIONS,
    REISSUE_WINDOW,
    RefreshTokenReused,
    Session,
    SessionLifetime,
    sessions_to_evict,
)
from domain.shared.ids import SessionId, UserId

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIFETIME = SessionLifetime(idle=timedelta(days=14), absolute=timedelta(days=30))
FIRST = RefreshToken(b"f" * 16, b"1" * 32)


def session(*, number: int = 1, created_at: datetime = NOW) -> Session:
    return Session.start(
        id=SessionId(UUID(int=number)),
        user_id=UserId(UUID(int=7)),
        token=FIRST,
        user_agent=None,
        lifetime=LIFETIME,
        now=created_at,
    )


def refreshed(session: Session, token: RefreshToken, fresh: bytes, now: datetime) -> RefreshToken:
    return session.refresh(token, fresh * 32, lifetime=LIFETIME, now=now)


def test_each_refresh_returns_the_next_refresh_token() -> None:
    kept = session()
    second = refreshed(kept, FIRST, b"2", NOW)
    third = refreshed(kept, second, b"3", NOW + SECOND)
    assert [second.secret, third.secret] == [b"2" * 32, b"3" * 32]
    assert kept.last_used_at == NOW + SECOND


@pytest.mark.parametrize("later", [timedelta(0), SECOND, GRACE])
def test_reuse_of_a_refresh_token_in_the_grace_period_returns_the_successor(later: timedelta) -> None:
    kept = session()
    second = refreshed(kept, FIRST, b"2", NOW)
    assert refreshed(kept, FIRST, b"3", NOW + later) == second
    assert refreshed(kept, second, b"4", NOW + later).secret == b"4" * 32


def test_reuse_of_a_refresh_token_does_not_extend_the_grace_period() -> None:
    kept = session()
    refreshed(kept, FIRST, b"2", NOW)
    refreshed(kept, FIRST, b"3", NOW + GRACE)
    assert kept.reissued_at is None
    refreshed(kept, FIRST, b"4", NOW + GRACE + SECOND)
    assert kept.reissued_at == NOW + GRACE + SECOND


@pytest.mark.parametrize("later", [GRACE + SECOND, timedelta(hours=3), REISSUE_WINDOW])
def test_unused_successor_of_a_refresh_token_is_reissued_after_the_grace_period(later: timedelta) -> None:
    kept = session()
    second = refreshed(kept, FIRST, b"2", NOW)
    reissued = NOW + later
    assert refreshed(kept, FIRST, b"3", reissued) == second
    assert refreshed(kept, FIRST, b"4", reissued + GRACE) == second, "another tab"
    assert refreshed(kept, second, b"5", reissued + GRACE).secret == b"5" * 32


def test_successor_of_a_refresh_token_is_reissued_only_once() -> None:
    kept = session()
    refreshed(kept, FIRST, b"2", NOW)
    refreshed(kept, FIRST, b"3", NOW + timedelta(hours=1))
    with pytest.raises(RefreshTokenReused):
        refreshed(kept, FIRST, b"4", NOW + timedelta(hours=1) + GRACE + SECOND)


def test_session_reissues_only_one_refresh_token_within_the_reissue_window() -> None:
    kept = session()
    second = refreshed(kept, FIRST, b"2", NOW)
    first_reissue = NOW + timedelta(minutes=1)
    refreshed(kept, FIRST, b"3", first_reissue)
    third = refreshed(kept, second, b"4", NOW + timedelta(hours=20))
    with pytest.raises(RefreshTokenReused):
        refreshed(kept, second, b"5", first_reissue + REISSUE_WINDOW - SECOND)
    assert refreshed(kept, second, b"6", first_reissue + REISSUE_WINDOW) == third


def test_successor_of_a_refresh_token_is_not_reissued_after_the_time_window() -> None:
    kept = session()
    refreshed(kept, FIRST, b"2", NOW)
    with pytest.raises(RefreshTokenReused):
        refreshed(kept, FIRST, b"3", NOW + REISSUE_WINDOW + SECOND)


def test_refresh_token_is_invalid_after_its_successor_has_been_used() -> None:
    kept = session()
    second = refreshed(kept, FIRST, b"2", NOW)
    refreshed(kept, second, b"3", NOW)
    with pytest.raises(RefreshTokenReused):
        refreshed(kept, FIRST, b"4", NOW)


def test_unknown_refresh_token_of_a_known_session_counts_as_reuse() -> None:
    with pytest.raises(RefreshTokenReused):
        refreshed(session(), FIRST.followed_by(b"x" * 32), b"2", NOW)


def test_session_that_is_not_refreshed_ends_after_its_idle_lifetime() -> None:
    with pytest.raises(InvalidRefreshToken):
        refreshed(session(), FIRST, b"2", NOW + LIFETIME.idle)


def test_session_ends_after_its_absolute_lifetime() -> None:
    kept, token, now = session(), FIRST, NOW
    for day in range(30):
        now = NOW + timedelta(days=day)
        token = refreshed(kept, token, bytes([day]), now)
    assert kept.expires_at == NOW + LIFETIME.absolute
    with pytest.raises(InvalidRefreshToken):
        refreshed(kept, token, b"x", NOW + LIFETIME.absolute)


def test_ended_sessions_are_evicted_before_the_least_recently_used_active_session() -> None:
    over = session(number=1, created_at=NOW - LIFETIME.absolute)
    live = [session(number=2 + n, created_at=NOW - n * SECOND) for n in range(MAX_SESSIONS)]
    assert sessions_to_evict([over], NOW) == [over]
    assert sessions_to_evict(live[1:], NOW) == []
    assert sessions_to_evict([*live, over], NOW) == [over, live[-1]]
