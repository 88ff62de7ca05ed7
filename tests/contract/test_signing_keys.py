import asyncio
from datetime import timedelta

from application.users.ports import SigningKey
from tests.kit.examples import NOW
from tests.kit.store import Store


async def test_there_is_no_key_at_first(store: Store) -> None:
    assert await store.signing_keys.all() == []


async def test_the_first_key_is_kept_and_later_ones_are_not(store: Store) -> None:
    first = SigningKey("first", b"\x00pem\xff", NOW)
    await store.signing_keys.add_first(first)
    await store.signing_keys.add_first(SigningKey("second", b"pem", NOW + timedelta(days=1)))
    assert await store.signing_keys.all() == [first]


async def test_of_ten_processes_that_bring_a_key_at_once_one_wins(store: Store) -> None:
    keys = [SigningKey(f"key-{number}", b"pem", NOW) for number in range(10)]
    await asyncio.gather(*(store.signing_keys.add_first(key) for key in keys))
    [kept] = await store.signing_keys.all()
    assert kept in keys
