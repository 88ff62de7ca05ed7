from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.sessions.refresh_token import InvalidRefreshToken, RefreshToken
from domain.sessions.session import (
    GRACE,
    MAX_SESSIONS,
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


def test_each_token_gives_the_next() -> None:
    kept = session()
    second = refreshed(kept, FIRST, b"2", NOW)
    third = refreshed(kept, second, b"3", NOW + SECOND)
    assert [second.secret, third.secret] == [b"2" * 32, b"3" * 32]
    assert kept.last_used_at == NOW + SECOND


@pytest.mark.parametrize("later", [timedelta(0), SECOND, GRACE])
def test_the_token_used_last_gives_the_same_successor_for_some_seconds(later: timedelta) -> None:
    kept = session()
    second = refreshed(kept, FIRST, b"2", NOW)
    assert refreshed(kept, FIRST, b"3", NOW + later) == second
    assert refreshed(kept, second, b"4", NOW + later).secret == b"4" * 32


def test_asking_again_does_not_prolong_the_seconds() -> None:
    kept = session()
    refreshed(kept, FIRST, b"2", NOW)
    refreshed(kept, FIRST, b"3", NOW + GRACE)
    with pytest.raises(RefreshTokenReused):
        refreshed(kept, FIRST, b"4", NOW + GRACE + SECOND)


def test_a_token_is_worthless_as_soon_as_its_successor_was_used() -> None:
    kept = session()
    second = refreshed(kept, FIRST, b"2", NOW)
    refreshed(kept, second, b"3", NOW)
    with pytest.raises(RefreshTokenReused):
        refreshed(kept, FIRST, b"4", NOW)


def test_a_token_of_the_family_that_never_was_is_a_reuse() -> None:
    with pytest.raises(RefreshTokenReused):
        refreshed(session(), FIRST.followed_by(b"x" * 32), b"2", NOW)


def test_a_session_that_nobody_refreshes_is_over_after_a_while() -> None:
    with pytest.raises(InvalidRefreshToken):
        refreshed(session(), FIRST, b"2", NOW + LIFETIME.idle)


def test_a_session_is_over_one_day_however_often_it_is_refreshed() -> None:
    kept, token, now = session(), FIRST, NOW
    for day in range(30):
        now = NOW + timedelta(days=day)
        token = refreshed(kept, token, bytes([day]), now)
    assert kept.expires_at == NOW + LIFETIME.absolute
    with pytest.raises(InvalidRefreshToken):
        refreshed(kept, token, b"x", NOW + LIFETIME.absolute)


def test_sessions_that_are_over_make_way_and_then_the_longest_unused() -> None:
    over = session(number=1, created_at=NOW - LIFETIME.absolute)
    live = [session(number=2 + n, created_at=NOW - n * SECOND) for n in range(MAX_SESSIONS)]
    assert sessions_to_evict([over], NOW) == [over]
    assert sessions_to_evict(live[1:], NOW) == []
    assert sessions_to_evict([*live, over], NOW) == [over, live[-1]]
