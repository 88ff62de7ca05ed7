import asyncio

from tests.kit.store import Store


async def test_service_secret_with_a_given_name_is_created_only_once(store: Store) -> None:
    secret = await store.secrets.get_or_create("cursors", 32)
    assert len(secret) == 32
    assert await store.secrets.get_or_create("cursors", 32) == secret


async def test_service_secrets_with_different_names_differ(store: Store) -> None:
    names = [f"name-{number}" for number in range(5)]
    assert len({await store.secrets.get_or_create(name, 16) for name in names}) == 5


async def test_concurrent_requests_for_a_new_service_secret_return_the_same_secret(store: Store) -> None:
    secrets = await asyncio.gather(*(store.secrets.get_or_create("cursors", 32) for _ in range(10)))
    assert len(set(secrets)) == 1
