import asyncio
from datetime import timedelta

from application.signing.ports import SigningKey
from tests.kit.examples import NOW
from tests.kit.store import Store

DAY = timedelta(days=1)


async def test_new_database_has_no_signing_key(store: Store) -> None:
    assert await store.signing_keys.all() == []


async def test_initial_signing_key_is_not_stored_if_a_signing_key_already_exists(store: Store) -> None:
    first = SigningKey("first", b"\x00pem\xff", NOW)
    await store.signing_keys.add_first(first)
    await store.signing_keys.add_first(SigningKey("second", b"pem", NOW + DAY))
    assert await store.signing_keys.all() == [first]


async def test_only_one_of_several_concurrently_added_initial_signing_keys_is_stored(store: Store) -> None:
    keys = [SigningKey(f"key-{number}", b"pem", NOW) for number in range(10)]
    await asyncio.gather(*(store.signing_keys.add_first(key) for key in keys))
    [kept] = await store.signing_keys.all()
    assert kept in keys


async def test_rotation_lists_the_new_signing_key_first_and_sets_when_the_old_key_ends(store: Store) -> None:
    await store.signing_keys.add_first(SigningKey("first", b"1", NOW))
    second = SigningKey("second", b"2", NOW + 2 * DAY)
    await store.signing_keys.rotate(second, former_until=NOW + 3 * DAY, now=NOW + DAY, entries=())
    assert await store.signing_keys.all() == [second, SigningKey("first", b"1", NOW, NOW + 3 * DAY)]


async def test_signing_key_rotation_never_extends_the_validity_of_a_retired_key(
    store: Store,
) -> None:
    await store.signing_keys.add_first(SigningKey("first", b"1", NOW))
    await store.signing_keys.rotate(
        SigningKey("second", b"2", NOW), former_until=NOW + DAY, now=NOW, entries=()
    )
    third = SigningKey("third", b"3", NOW + DAY)
    await store.signing_keys.rotate(third, former_until=NOW + 5 * DAY, now=NOW, entries=())
    kept = {key.kid: key.verifies_until for key in await store.signing_keys.all()}
    assert kept == {"third": None, "second": NOW + 5 * DAY, "first": NOW + DAY}
    fourth = SigningKey("fourth", b"4", NOW + 2 * DAY)
    await store.signing_keys.rotate(fourth, former_until=NOW + 9 * DAY, now=NOW + DAY, entries=())
    assert [key.kid for key in await store.signing_keys.all()] == ["fourth", "third", "second"]


async def test_no_signing_key_is_deleted_by_concurrent_rotations(store: Store) -> None:
    keys = [SigningKey(f"key-{number}", b"pem", NOW) for number in range(5)]
    await asyncio.gather(
        *(store.signing_keys.rotate(key, former_until=NOW + DAY, now=NOW, entries=()) for key in keys)
    )
    kept = await store.signing_keys.all()
    assert {key.kid for key in kept} == {key.kid for key in keys}
    assert [key.verifies_until for key in kept].count(None) == 1
