import asyncio
from dataclasses import replace

from domain.users.one_time_token import OneTimeToken, TokenPurpose, hash_of, text_of
from tests.kit.examples import NOW
from tests.kit.shop import Shop

RESET, VERIFY = TokenPurpose.RESET_PASSWORD, TokenPurpose.VERIFY_EMAIL


async def put(shop: Shop, *tokens: OneTimeToken) -> None:
    async with shop.store.unit_of_work() as work:
        for token in tokens:
            await work.one_time_tokens.put(token)
        await work.commit()


async def found(shop: Shop, token: OneTimeToken) -> OneTimeToken | None:
    async with shop.store.unit_of_work() as work:
        return await work.one_time_tokens.find(token.purpose, token.token_hash)


async def a_token(shop: Shop, *, secret: bytes = b"s" * 32, purpose: TokenPurpose = RESET) -> OneTimeToken:
    return OneTimeToken.issue((await shop.customer()).id, purpose, secret, now=NOW)


async def test_one_time_token_is_found_by_hash_and_purpose(shop: Shop) -> None:
    token = await a_token(shop)
    await put(shop, token)
    assert await found(shop, token) == token
    assert token.token_hash == hash_of(text_of(b"s" * 32))
    assert await found(shop, replace(token, purpose=VERIFY)) is None
    assert await found(shop, replace(token, token_hash=b"another")) is None


async def test_new_one_time_token_replaces_the_former_token_for_the_same_purpose(shop: Shop) -> None:
    first = await a_token(shop)
    second = replace(first, token_hash=b"second")
    other = replace(first, token_hash=b"other", purpose=VERIFY)
    await put(shop, first, other)
    await put(shop, second)
    assert [await found(shop, token) for token in (first, second, other)] == [None, second, other]


async def test_one_time_token_can_be_consumed_only_once(shop: Shop) -> None:
    token = await a_token(shop)
    await put(shop, token)

    async def take() -> bool:
        async with shop.store.unit_of_work() as work:
            await work.users.get(token.user_id)
            is_consumed = await work.one_time_tokens.take(token)
            await work.commit()
            return is_consumed

    assert sorted(await asyncio.gather(*(take() for _ in range(5)))) == [False, False, False, False, True]
    assert await found(shop, token) is None


async def test_one_time_token_stays_valid_if_its_use_was_not_committed(shop: Shop) -> None:
    token = await a_token(shop)
    await put(shop, token)
    async with shop.store.unit_of_work() as work:
        assert await work.one_time_tokens.take(token)
    assert await found(shop, token) == token
