import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import pytest
from sqlalchemy import text

from adapters.memory.core.unit_of_work import MemoryUnitOfWorkFactory
from application.catalog.views import AdjustmentView, ProductView, StockView
from application.orders.views import OrderView
from application.shared.errors import Overloaded
from application.shared.idempotency import (
    ANONYMOUS,
    FINGERPRINT_VERSION,
    IdempotencyInFlight,
    IdempotencyKey,
    IdempotencyKeyReused,
    IdempotencyRecordExists,
    IdempotentOperation,
    Scope,
    StoredResult,
)
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from application.users.views import UserView
from domain.catalog.stock import MovementReason
from tests.kit.actors import STAFF
from tests.kit.examples import UNICODE, a_product, a_user, an_order
from tests.kit.shop import Shop

V = TypeVar("V")

KEY = IdempotencyKey("ann", IdempotentOperation.PLACE_ORDER, "key", b"\x00fingerprint\xff")
OTHER_SCOPES = [
    replace(KEY, principal="bob"),
    replace(KEY, operation=IdempotentOperation.CANCEL_ORDER),
    replace(KEY, key="KEY"),
]


def a_view(shop: Shop, *, email: str = "ann@example.com") -> UserView:
    return UserView.of(a_user(shop.ids, email=email))


async def claim(
    factory: UnitOfWorkFactory, *keys: IdempotencyKey, result_type: type[V]
) -> Mapping[Scope, StoredResult[V]]:
    """Claim the idempotency keys. Commit, but do not store results."""
    async with factory() as work:
        bound = await work.idempotency.claim(keys, result_type)
        await work.commit()
    return bound


async def bind(shop: Shop, results: Mapping[IdempotencyKey, object]) -> None:
    async with shop.store.unit_of_work() as work:
        await work.idempotency.claim(list(results), object)
        await work.idempotency.store(results)
        await work.commit()


async def test_claiming_a_stored_idempotency_key_returns_the_fingerprint_and_result(shop: Shop) -> None:
    view = a_view(shop)
    await bind(shop, {KEY: view})
    for _ in range(2):
        bound = await claim(shop.store.unit_of_work, KEY, result_type=UserView)
        assert bound == {KEY.scope: StoredResult(KEY.fingerprint, view)}


async def test_stored_result_of_every_type_is_read_back_unchanged(shop: Shop) -> None:
    product, stock = a_product(shop.ids, actor=STAFF)
    product_view = ProductView.of(product, stock)
    results: Sequence[object] = [
        a_view(shop),
        product_view,
        OrderView.of(an_order(shop.ids, (product_view, 2), customer=a_user(shop.ids).id, actor=STAFF)),
        AdjustmentView(
            id=shop.ids.new(),
            reason=MovementReason.DAMAGE,
            note=UNICODE,
            stocks=(StockView.of(stock, product.sku),),
        ),
    ]
    keys = [replace(KEY, key=str(number)) for number in range(len(results))]
    await bind(shop, dict(zip(keys, results, strict=True)))
    for key, result in zip(keys, results, strict=True):
        bound = await claim(shop.store.unit_of_work, key, result_type=type(result))
        assert bound[key.scope].result == result


async def test_equal_idempotency_keys_of_two_principals_or_operations_are_independent(shop: Shop) -> None:
    await bind(shop, {KEY: a_view(shop)})
    assert await claim(shop.store.unit_of_work, *OTHER_SCOPES, result_type=UserView) == {}


async def test_stored_idempotency_key_with_another_fingerprint_is_rejected(shop: Shop) -> None:
    await bind(shop, {KEY: a_view(shop)})
    other_request = replace(KEY, fingerprint=b"another")
    bound = await claim(shop.store.unit_of_work, other_request, result_type=UserView)
    with pytest.raises(IdempotencyKeyReused):
        bound[KEY.scope].replay(other_request)


async def test_uncommitted_result_is_not_stored(shop: Shop) -> None:
    async with shop.store.unit_of_work() as work:
        await work.idempotency.claim([KEY], UserView)
        await work.idempotency.store({KEY: a_view(shop)})
    assert await claim(shop.store.unit_of_work, KEY, result_type=UserView) == {}


async def test_idempotency_key_can_be_used_again_if_no_result_was_stored(shop: Shop) -> None:
    assert await claim(shop.store.unit_of_work, KEY, result_type=UserView) == {}
    view = a_view(shop)
    await bind(shop, {replace(KEY, fingerprint=b"another"): view})
    bound = await claim(shop.store.unit_of_work, KEY, result_type=UserView)
    assert bound == {KEY.scope: StoredResult(b"another", view)}


async def test_commit_stores_only_claimed_idempotency_keys_with_a_result(shop: Shop) -> None:
    view = a_view(shop)
    async with shop.store.unit_of_work() as work:
        await work.idempotency.claim([KEY, *OTHER_SCOPES], UserView)
        await work.idempotency.store({KEY: view})
        await work.commit()
    bound = await claim(shop.store.unit_of_work, KEY, *OTHER_SCOPES, result_type=UserView)
    assert bound == {KEY.scope: StoredResult(KEY.fingerprint, view)}


async def test_claiming_an_idempotency_key_twice_stores_only_the_first_fingerprint(shop: Shop) -> None:
    duplicate = replace(KEY, fingerprint=b"another")
    async with shop.store.unit_of_work() as work:
        assert await work.idempotency.claim([KEY, duplicate, KEY], UserView) == {}
        await work.idempotency.store({KEY: a_view(shop)})
        await work.commit()
    bound = await claim(shop.store.unit_of_work, duplicate, KEY, duplicate, result_type=UserView)
    assert bound[KEY.scope].fingerprint == KEY.fingerprint


async def store(shop: Shop, results: Mapping[IdempotencyKey, object]) -> None:
    """Store the results, although the idempotency keys were not claimed before."""
    async with shop.store.unit_of_work() as work:
        await work.idempotency.store(results)
        await work.commit()


async def store_now(work: UnitOfWork, results: Mapping[IdempotencyKey, object]) -> None:
    await work.idempotency.store(results)
    await work.flush()


async def test_result_of_an_unclaimed_idempotency_key_is_stored(shop: Shop) -> None:
    view = a_view(shop)
    async with shop.store.unit_of_work() as work:
        await work.idempotency.claim([KEY], UserView)
        await work.idempotency.store(dict.fromkeys([KEY, *OTHER_SCOPES], view))
        await work.commit()
    bound = await claim(shop.store.unit_of_work, KEY, *OTHER_SCOPES, result_type=UserView)
    stored = StoredResult(KEY.fingerprint, view)
    assert bound == {key.scope: stored for key in (KEY, *OTHER_SCOPES)}


async def test_second_result_of_an_unclaimed_idempotency_key_is_rejected(shop: Shop) -> None:
    view = a_view(shop)
    await store(shop, {KEY: view})
    async with shop.store.unit_of_work() as work:
        with pytest.raises(IdempotencyRecordExists):
            await store_now(work, {OTHER_SCOPES[0]: view, replace(KEY, fingerprint=b"another"): view})
        with pytest.raises(RuntimeError):
            await work.commit()
    bound = await claim(shop.store.unit_of_work, KEY, *OTHER_SCOPES, result_type=UserView)
    assert bound == {KEY.scope: StoredResult(KEY.fingerprint, view)}


async def test_only_one_of_twenty_concurrent_results_of_an_unclaimed_key_is_stored(shop: Shop) -> None:
    views = [a_view(shop, email=f"{number}@example.com") for number in range(20)]
    outcomes = await asyncio.gather(*(store(shop, {KEY: view}) for view in views), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome] == [IdempotencyRecordExists] * 19
    bound = await claim(shop.store.unit_of_work, KEY, result_type=UserView)
    assert bound[KEY.scope].result == views[outcomes.index(None)]


async def test_result_of_an_unclaimed_idempotency_key_waits_for_a_concurrent_transaction(shop: Shop) -> None:
    async with shop.store.unit_of_work() as work:
        await store_now(work, {KEY: a_view(shop)})
        async with shop.store.unit_of_work_with_short_timeout() as another:
            with pytest.raises(Overloaded):
                await store_now(another, {KEY: a_view(shop)})
    await store(shop, {KEY: a_view(shop)})


async def test_claiming_an_empty_list_of_idempotency_keys_succeeds(shop: Shop) -> None:
    async with shop.store.unit_of_work() as work:
        assert await work.idempotency.claim([], UserView) == {}
        await work.idempotency.store({})
        await work.commit()


async def test_concurrent_duplicate_of_a_request_fails_after_a_timeout(shop: Shop) -> None:
    async with shop.store.unit_of_work() as work:
        await work.idempotency.claim([KEY], UserView)
        with pytest.raises(IdempotencyInFlight):
            await claim(shop.store.unit_of_work_with_short_timeout, KEY, result_type=UserView)
        assert (
            await claim(shop.store.unit_of_work_with_short_timeout, *OTHER_SCOPES, result_type=UserView) == {}
        )
    assert await claim(shop.store.unit_of_work_with_short_timeout, KEY, result_type=UserView) == {}


async def test_stored_idempotency_key_is_locked_while_a_request_replays_the_result(shop: Shop) -> None:
    await bind(shop, {KEY: a_view(shop)})
    async with shop.store.unit_of_work() as work:
        await work.idempotency.claim([KEY], UserView)
        with pytest.raises(IdempotencyInFlight):
            await claim(shop.store.unit_of_work_with_short_timeout, KEY, result_type=UserView)


async def test_waiting_duplicate_request_returns_the_result_of_the_first_request(shop: Shop) -> None:
    view = a_view(shop)
    async with shop.store.unit_of_work() as work:
        await work.idempotency.claim([KEY], UserView)
        duplicate = asyncio.create_task(claim(shop.store.unit_of_work, KEY, result_type=UserView))
        await work.idempotency.store({KEY: view})
        await work.commit()
    assert await duplicate == {KEY.scope: StoredResult(KEY.fingerprint, view)}


async def test_waiting_duplicate_request_runs_after_the_first_request_is_rolled_back(shop: Shop) -> None:
    async with shop.store.unit_of_work() as work:
        await work.idempotency.claim([KEY], UserView)
        duplicate = asyncio.create_task(claim(shop.store.unit_of_work, KEY, result_type=UserView))
        await work.idempotency.store({KEY: a_view(shop)})
    assert await duplicate == {}


async def test_only_one_of_twenty_concurrent_duplicate_requests_is_executed(shop: Shop) -> None:
    async def run(number: int) -> UserView:
        async with shop.store.unit_of_work() as work:
            bound = await work.idempotency.claim([KEY], UserView)
            view = bound[KEY.scope].result if bound else a_view(shop, email=f"{number}@example.com")
            if not bound:
                await work.idempotency.store({KEY: view})
            await work.commit()
        return view

    views = await asyncio.gather(*(run(number) for number in range(20)))
    assert len({view.email for view in views}) == 1


async def test_claiming_idempotency_keys_in_opposite_sequences_does_not_deadlock(shop: Shop) -> None:
    keys = [replace(KEY, key=str(number)) for number in range(5)]
    claims = [
        claim(shop.store.unit_of_work, *(keys if number % 2 else keys[::-1]), result_type=UserView)
        for number in range(20)
    ]
    assert await asyncio.gather(*claims) == [{}] * 20


async def test_anonymous_retry_finds_a_result_that_an_earlier_release_stored(shop: Shop) -> None:
    view = a_view(shop)
    earlier = IdempotencyKey(ANONYMOUS, IdempotentOperation.CREATE_USER, "key", b"version 1")
    await store_as_6daf4a4(shop, earlier, view)

    def same(_version: int) -> bytes:
        return b"version 1"

    def another(_version: int) -> bytes:
        return b"another"

    async with shop.store.unit_of_work() as work:
        for fingerprint, expected in ((same, view), (another, None)):
            key = IdempotencyKey.anonymous(IdempotentOperation.CREATE_USER, "key", b"version 2", fingerprint)
            found = await work.idempotency.find_in_shared_scope(key, UserView)
            assert (found and found.result) == expected
            assert found is None or found.replay(key).replayed
        await work.commit()


async def test_fingerprint_of_a_later_release_is_not_compared_with_the_request() -> None:
    later = StoredResult(b"version 3", "result", fingerprint_version=FINGERPRINT_VERSION + 1)
    assert later.replay(KEY).result == "result"


async def test_stored_result_of_fingerprint_version_1_is_replayed_only_for_its_request() -> None:
    earlier = StoredResult(b"version 1", "result", fingerprint_version=1)
    same = replace(KEY, earlier_fingerprint={1: b"version 1"}.get)
    assert earlier.replay(same).result == "result"
    with pytest.raises(IdempotencyKeyReused):
        earlier.replay(KEY)


async def store_as_6daf4a4(shop: Shop, key: IdempotencyKey, result: object) -> None:
    """Store a result as release 6daf4a4 did. Results without a version number have version 1."""
    store = shop.store.unit_of_work
    if isinstance(store, MemoryUnitOfWorkFactory):
        store._database.tables.idempotency[key.scope] = StoredResult(key.fingerprint, result, 1)
        return
    await bind(shop, {key: result})
    async with store() as work:
        await work._transaction.execute(  # type: ignore[attr-defined] # every unit of work on PostgreSQL has a transaction
            text("UPDATE idempotency_keys SET fingerprint_version = 1, format_version = 1")
        )
        await work.commit()
