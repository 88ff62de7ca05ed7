from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from application.sessions.ports import SessionRepository
from application.sessions.views import SessionView
from application.shared.errors import Overloaded
from application.shared.page import Page, Position
from application.users.ports import PrincipalState
from domain.sessions.refresh_token import RefreshToken
from domain.sessions.session import Session
from domain.shared.ids import SessionId, UserId
from domain.users.permissions import Role
from domain.users.user import UserStatus
from tests.kit.accounts import LIFETIME
from tests.kit.examples import UNICODE
from tests.kit.pages import all_items
from tests.kit.shop import Shop


def a_session(shop: Shop, user_id: UserId, *, secret: bytes = b"s", family: bytes = b"f") -> Session:
    return Session.start(
        id=SessionId(shop.ids.new()),
        user_id=user_id,
        token=RefreshToken(family * 16, secret * 32),
        user_agent=UNICODE,
        lifetime=LIFETIME,
        now=shop.clock.now(),
    )


async def add(shop: Shop, *sessions: Session) -> None:
    async with shop.store.unit_of_work() as work:
        for session in sessions:
            await work.sessions.add(session)
        await work.commit()


Way = Callable[[SessionRepository, Session], Awaitable[list[Session | None]]]


async def by_id(sessions: SessionRepository, session: Session) -> list[Session | None]:
    return [await sessions.get(session.id)]


async def by_family(sessions: SessionRepository, session: Session) -> list[Session | None]:
    return [await sessions.find_by_family(session.family_hash)]


async def by_user(sessions: SessionRepository, session: Session) -> list[Session | None]:
    return list(await sessions.of_user(session.user_id)) or [None]


WAYS = (by_id, by_family, by_user)


async def found(sessions: SessionRepository, session: Session) -> list[Session | None]:
    """Find a session in each possible way: by its id, by its family and by its user."""
    return [kept for way in WAYS for kept in await way(sessions, session)]


def state(session: Session | None) -> tuple[object, ...] | None:
    if session is None:
        return None
    return (
        SessionView.of(session),
        session.user_id,
        session.family_hash,
        session.secret_hash,
        session.former_secret_hash,
        session.sealed_successor,
    )


async def test_saved_session_is_read_back_unchanged(shop: Shop) -> None:
    session = a_session(shop, (await shop.customer()).id)
    await add(shop, session)
    async with shop.store.unit_of_work() as work:
        assert [state(s) for s in await found(work.sessions, session)] == [state(session)] * 3


async def test_saved_session_change_is_stored(shop: Shop) -> None:
    session = a_session(shop, (await shop.customer()).id)
    await add(shop, session)
    shop.clock.advance(timedelta(days=1))
    async with shop.store.unit_of_work() as work:
        kept = await work.sessions.get(session.id)
        assert kept
        shown = RefreshToken(b"f" * 16, b"s" * 32)
        kept.refresh(shown, b"t" * 32, lifetime=LIFETIME, now=shop.clock.now())
        await work.sessions.save(kept)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert [state(s) for s in await found(work.sessions, session)] == [state(kept)] * 3
    assert state(kept) != state(session)


async def test_removed_session_cannot_be_loaded(shop: Shop) -> None:
    user = await shop.customer()
    removed, other = a_session(shop, user.id), a_session(shop, user.id, family=b"g")
    await add(shop, removed, other)
    async with shop.store.unit_of_work() as work:
        await work.sessions.remove([s for s in await work.sessions.of_user(user.id) if s.id == removed.id])
        assert await work.sessions.get(removed.id) is None
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert await work.sessions.get(removed.id) is None
        assert await work.sessions.find_by_family(removed.family_hash) is None
        assert [session.id for session in await work.sessions.of_user(user.id)] == [other.id]


async def test_session_still_exists_if_its_removal_was_not_committed(shop: Shop) -> None:
    session = a_session(shop, (await shop.customer()).id)
    await add(shop, session)
    async with shop.store.unit_of_work() as work:
        await work.sessions.remove(await work.sessions.of_user(session.user_id))
        async with shop.store.unit_of_work() as another:
            assert await another.users.peek(session.user_id)
    async with shop.store.unit_of_work() as work:
        assert await work.sessions.get(session.id)


async def test_lookups_of_an_unknown_session_return_none(shop: Shop) -> None:
    session = a_session(shop, UserId(shop.ids.new()))
    async with shop.store.unit_of_work() as work:
        assert await found(work.sessions, session) == [None, None, None]


async def test_active_sessions_of_a_user_are_listed_newest_first(
    shop: Shop,
) -> None:
    ann, bob = await shop.customer(), await shop.customer()
    over = a_session(shop, ann.id, family=b"0")
    await add(shop, over, a_session(shop, bob.id, family=b"b"))
    shop.clock.advance(LIFETIME.idle)
    expected: list[UUID] = []
    for number in range(1, 6):
        shop.clock.advance(timedelta(seconds=number % 2))
        session = a_session(shop, ann.id, family=bytes([number]))
        await add(shop, session)
        expected.insert(0, session.id)

    async def page_after(after: Position | None) -> Page[SessionView]:
        return await shop.list_sessions(ann.id, after=after, limit=2)

    assert [session.id for session in await all_items(page_after)] == expected


async def test_principal_state_contains_role_and_status_and_whether_the_session_exists(shop: Shop) -> None:
    ann, bob = await shop.customer(), await shop.customer()
    session = a_session(shop, ann.id)
    await add(shop, session)

    async def state(user_id: UserId, session_id: SessionId) -> PrincipalState | None:
        return await shop.store.users.state_of(user_id, session_id, now=shop.clock.now())

    lasting = PrincipalState(Role.CUSTOMER, UserStatus.ACTIVE, has_session=True)
    ended = PrincipalState(Role.CUSTOMER, UserStatus.ACTIVE, has_session=False)
    assert await state(ann.id, session.id) == lasting
    assert await state(bob.id, session.id) == ended
    assert await state(ann.id, SessionId(shop.ids.new())) == ended
    assert await state(UserId(shop.ids.new()), session.id) is None
    shop.clock.advance(LIFETIME.idle)
    assert await state(ann.id, session.id) == ended


@pytest.mark.parametrize("way", WAYS)
async def test_loading_a_session_in_a_unit_of_work_locks_the_database_row(shop: Shop, way: Way) -> None:
    session = a_session(shop, (await shop.customer()).id)
    await add(shop, session)
    async with shop.store.unit_of_work() as work:
        assert await way(work.sessions, session) != [None]
        async with shop.store.unit_of_work_with_short_timeout() as another:
            with pytest.raises(Overloaded):
                await another.sessions.get(session.id)
        async with shop.store.unit_of_work_with_short_timeout() as another:
            with pytest.raises(Overloaded):
                await way(another.sessions, session)
