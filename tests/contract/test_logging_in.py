"""Log-in, refresh and log-out, in memory and on PostgreSQL. Some requests are concurrent or repeated."""

import asyncio
from datetime import timedelta

import pytest

from application.sessions.log_in import WrongCredentials
from application.sessions.tokens import SessionTokens
from application.signing.ports import InvalidToken
from application.users.views import UserView
from domain.sessions.refresh_token import InvalidRefreshToken
from domain.sessions.session import GRACE, MAX_SESSIONS
from domain.shared.actor import Actor
from domain.shared.errors import NotFound
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop

SECOND = timedelta(seconds=1)


async def refreshed(shop: Shop, tokens: SessionTokens) -> SessionTokens:
    return await shop.refresh_session(tokens.refresh.text, actor=SOMEBODY)


async def number_of_sessions(shop: Shop, user: UserView) -> int:
    return len((await shop.list_sessions(user.id, after=None, limit=MAX_SESSIONS + 1)).items)


async def test_concurrent_refreshes_return_one_refresh_token_and_different_access_tokens(shop: Shop) -> None:
    user = await shop.customer()
    tokens = await shop.start_session(user)
    answers = await asyncio.gather(*(refreshed(shop, tokens) for _ in range(20)))
    assert len({answer.refresh for answer in answers}) == 1
    assert len({answer.access.token for answer in answers}) == 20
    assert (await refreshed(shop, answers[7])).refresh not in {tokens.refresh, answers[7].refresh}
    assert await number_of_sessions(shop, user) == 1


async def test_password_does_not_expire(shop: Shop) -> None:
    user = await shop.customer()
    shop.clock.advance(timedelta(days=3650))
    assert (await shop.start_session(user)).access.token


async def test_refresh_token_is_accepted_again_after_a_lost_response(shop: Shop) -> None:
    tokens = await shop.start_session(await shop.customer())
    lost = await refreshed(shop, tokens)
    shop.clock.advance(GRACE)
    assert (await refreshed(shop, tokens)).refresh == lost.refresh
    await refreshed(shop, lost)


async def test_concurrent_browser_tabs_receive_the_same_refresh_token(shop: Shop) -> None:
    tokens = await shop.start_session(await shop.customer())
    for _ in range(3):
        one, other = await asyncio.gather(refreshed(shop, tokens), refreshed(shop, tokens))
        assert one.refresh == other.refresh
        tokens = one
        shop.clock.advance(timedelta(minutes=10))


async def test_two_browser_tabs_get_the_same_refresh_token_after_a_lost_response(shop: Shop) -> None:
    user = await shop.customer()
    tokens = await shop.start_session(user)
    lost = await refreshed(shop, tokens)
    shop.clock.advance(timedelta(hours=1))
    one, other = await asyncio.gather(refreshed(shop, tokens), refreshed(shop, tokens))
    assert {one.refresh, other.refresh} == {lost.refresh}
    await refreshed(shop, one)
    assert await number_of_sessions(shop, user) == 1


async def test_session_ends_if_a_refresh_token_is_reused_after_the_grace_period(
    shop: Shop,
) -> None:
    user = await shop.customer()
    tokens = await shop.start_session(user)
    successor = await refreshed(shop, await refreshed(shop, tokens))
    principal = await shop.authenticate(successor.access.token)
    shop.clock.advance(timedelta(minutes=1))
    with pytest.raises(InvalidRefreshToken):
        await refreshed(shop, tokens)
    assert await number_of_sessions(shop, user) == 0
    with pytest.raises(InvalidRefreshToken):
        await refreshed(shop, successor)
    with pytest.raises(InvalidToken):
        await shop.confirm_principal(principal)


async def test_reused_refresh_token_ends_only_the_session_of_this_token(shop: Shop) -> None:
    user = await shop.customer()
    stolen, other = await shop.start_session(user), await shop.start_session(user)
    await refreshed(shop, await refreshed(shop, stolen))
    shop.clock.advance(GRACE + SECOND)
    with pytest.raises(InvalidRefreshToken):
        await refreshed(shop, stolen)
    await refreshed(shop, other)


async def test_unknown_refresh_token_is_rejected(shop: Shop) -> None:
    user = await shop.customer()
    await shop.start_session(user)
    for text in ("", "x", "A" * 64):
        with pytest.raises(InvalidRefreshToken):
            await shop.refresh_session(text, actor=SOMEBODY)
    assert await number_of_sessions(shop, user) == 1


async def test_log_in_above_the_session_limit_ends_the_least_recently_used_session(shop: Shop) -> None:
    user = await shop.customer()
    first = await shop.start_session(user)
    second = await shop.start_session(user)
    shop.clock.advance(SECOND)
    first = await refreshed(shop, first)
    for _ in range(MAX_SESSIONS - 1):
        shop.clock.advance(SECOND)
        await shop.start_session(user)
    assert await number_of_sessions(shop, user) == MAX_SESSIONS
    with pytest.raises(InvalidRefreshToken):
        await refreshed(shop, second)
    await refreshed(shop, first)


async def test_session_can_be_ended_only_by_its_user(shop: Shop) -> None:
    user, stranger = await shop.customer(), await shop.customer()
    tokens = await shop.start_session(user)
    (session,) = (await shop.list_sessions(user.id, after=None, limit=2)).items
    with pytest.raises(NotFound):
        await shop.end_session(session.id, actor=Actor(stranger.id, "test"))
    await refreshed(shop, tokens)
    await shop.end_session(session.id, actor=Actor(user.id, "test"))
    with pytest.raises(NotFound):
        await shop.end_session(session.id, actor=Actor(user.id, "test"))
    with pytest.raises(InvalidRefreshToken):
        await refreshed(shop, tokens)


@pytest.mark.parametrize("kind", ["refresh token", "used refresh token", "access token"])
async def test_revoking_the_access_or_refresh_token_ends_the_session(shop: Shop, kind: str) -> None:
    user = await shop.customer()
    tokens = await shop.start_session(user)
    successor = await refreshed(shop, tokens)
    held = {
        "refresh token": successor.refresh.text,
        "used refresh token": tokens.refresh.text,
        "access token": tokens.access.token,
    }
    await shop.revoke_token(held[kind], actor=SOMEBODY)
    await shop.revoke_token(held[kind], actor=SOMEBODY)
    assert await number_of_sessions(shop, user) == 0
    with pytest.raises(InvalidRefreshToken):
        await refreshed(shop, successor)


async def test_revocation_of_an_unknown_token_ends_no_session(shop: Shop) -> None:
    user = await shop.customer()
    await shop.start_session(user)
    for text in ("", "x", "A" * 64, "token-99"):
        await shop.revoke_token(text, actor=SOMEBODY)
    assert await number_of_sessions(shop, user) == 1


async def test_log_in_fails_if_the_password_is_changed_during_the_log_in(shop: Shop) -> None:
    user = await shop.customer()

    async def change_password() -> None:
        async with shop.store.unit_of_work(SOMEBODY) as work:
            kept = await work.users.get(user.id)
            assert kept
            kept.password_changed_at += SECOND
            await work.users.save(kept)
            await work.commit()

    shop.hasher.call_during_next_verification(change_password)
    with pytest.raises(WrongCredentials):
        await shop.start_session(user)
    assert await number_of_sessions(shop, user) == 0


async def test_only_a_weak_password_hash_is_replaced_at_log_in(shop: Shop) -> None:
    user = await shop.customer()
    shop.hasher.raise_parameters()
    before = await shop.get_user(user.id)
    await asyncio.gather(*(shop.start_session(user) for _ in range(3)))
    assert await shop.get_user(user.id) == before
    async with shop.store.unit_of_work() as work:
        kept = await work.users.peek(user.id)
    assert kept
    assert kept.password_hash
    assert not shop.hasher.needs_rehash(kept.password_hash)
    await shop.start_session(user)
