"""Two processes place orders with one idempotency key at the same time.

The first process is stopped between its last statement and its commit.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

import pytest
import pytest_asyncio

from application.orders.place_order_batch import PlaceOrderBatch
from application.shared.errors import DatabaseUnavailable
from application.shared.idempotency import IdempotencyKeyReused, IdempotentResult
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.shared.actor import Actor
from domain.shared.ids import ClientId
from tests.contract.test_locked_rows import SOON, until_in_lanes
from tests.invariants import assert_invariants
from tests.kit.examples import NOW
from tests.kit.shop import Shop


class StoppedCommits(UnitOfWorkFactory):
    """Opens units of work that write everything, and then wait before they commit."""

    def __init__(self, factory: UnitOfWorkFactory) -> None:
        self._factory = factory
        self.is_written = asyncio.Event()
        self.continuation: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def __call__(self, actor: Actor | None = None) -> AsyncIterator[UnitOfWork]:
        async with self._factory(actor) as work:
            commit = work.commit

            async def stopped_commit() -> None:
                await work.flush()
                self.is_written.set()
                await self.continuation
                await commit()

            work.commit = stopped_commit  # type: ignore[method-assign] # only the commit may differ from the service's unit of work
            yield work


class DecisionClock(Clock):
    """A clock that counts calls of `now`.

    A batch first reads the idempotency keys and then calls `now`. A test waits for this call to know that the keys
    were read.
    """

    def __init__(self) -> None:
        self.decisions = 0
        self.has_decided = asyncio.Event()

    def now(self) -> datetime:
        self.decisions += 1
        self.has_decided.set()
        return NOW


@pytest_asyncio.fixture(loop_scope="session")
async def commits(shop: Shop) -> StoppedCommits:
    return StoppedCommits(shop.store.unit_of_work)


@pytest.fixture
def stopped_batch(shop: Shop, commits: StoppedCommits) -> PlaceOrderBatch:
    return replace(shop.batch(), unit_of_work=commits)


async def test_concurrent_duplicate_of_an_order_for_the_last_unit_returns_the_order(
    shop: Shop, commits: StoppedCommits, stopped_batch: PlaceOrderBatch
) -> None:
    mug, ann, process = await shop.product(stock=1), await shop.customer(), shop.other_process()
    command = shop.commands.place_order((mug, 1), customer=ann, key="k")
    async with asyncio.timeout(SOON), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(stopped_batch([command]))
        await commits.is_written.wait()
        duplicate = tasks.create_task(process(command))
        await until_in_lanes(process, 1)
        commits.continuation.set_result(None)
    [placed] = first.result()
    assert isinstance(placed, IdempotentResult)
    assert duplicate.result() == replace(placed, replayed=True)
    assert await process(command) == duplicate.result()
    await assert_invariants(shop)


async def test_second_process_rejects_a_different_order_with_the_key_of_a_running_order(
    shop: Shop, commits: StoppedCommits, stopped_batch: PlaceOrderBatch
) -> None:
    mug, ann, process = await shop.product(stock=1), await shop.customer(), shop.other_process()
    other = shop.commands.place_order((mug, 2), customer=ann, key="k")
    async with asyncio.timeout(SOON):
        first = asyncio.create_task(
            stopped_batch([shop.commands.place_order((mug, 1), customer=ann, key="k")])
        )
        await commits.is_written.wait()
        second = asyncio.create_task(process(other))
        await until_in_lanes(process, 1)
        commits.continuation.set_result(None)
        with pytest.raises(IdempotencyKeyReused):
            await second
        [placed] = await first
    assert isinstance(placed, IdempotentResult)
    await assert_invariants(shop)


async def test_duplicate_order_gets_the_last_unit_after_the_first_order_is_rolled_back(
    shop: Shop, commits: StoppedCommits, stopped_batch: PlaceOrderBatch
) -> None:
    mug, process = await shop.product(stock=1), shop.other_process()
    command = shop.commands.place_order((mug, 1), customer=await shop.customer(), key="k")
    async with asyncio.timeout(SOON):
        first = asyncio.create_task(stopped_batch([command]))
        await commits.is_written.wait()
        duplicate = asyncio.create_task(process(command))
        await until_in_lanes(process, 1)
        commits.continuation.set_exception(DatabaseUnavailable())
        with pytest.raises(DatabaseUnavailable):
            await first
        assert not (await duplicate).replayed
    await assert_invariants(shop)


@pytest.mark.parametrize("is_committed", [True, False])
async def test_batch_places_its_other_orders_if_one_idempotency_key_is_in_use(
    shop: Shop, commits: StoppedCommits, stopped_batch: PlaceOrderBatch, is_committed: bool
) -> None:
    """The two batches share only the idempotency key. They lock rows of different customers and products."""
    mug, cup, clock = await shop.product(stock=1), await shop.product(stock=3), DecisionClock()
    ann, bob, eve = [await shop.customer() for _ in range(3)]
    client = ClientId(shop.ids.new())
    of_ann = shop.commands.place_order((mug, 1), customer=ann, placed_by=client, key="k")
    commands = [
        shop.commands.place_order((cup, 1), customer=bob),
        shop.commands.place_order((cup, 1), customer=bob, placed_by=client, key="k"),
        shop.commands.place_order((cup, 1), customer=eve),
    ]
    async with asyncio.timeout(SOON):
        first = asyncio.create_task(stopped_batch([of_ann]))
        await commits.is_written.wait()
        second = asyncio.create_task(shop.batch(clock)(commands))
        await clock.has_decided.wait()
        if is_committed:
            commits.continuation.set_result(None)
            await first
        else:
            commits.continuation.set_exception(DatabaseUnavailable())
            with pytest.raises(DatabaseUnavailable):
                await first
        outcomes = await second
    expected = IdempotencyKeyReused if is_committed else IdempotentResult
    assert [type(outcome) for outcome in outcomes] == [IdempotentResult, expected, IdempotentResult]
    assert clock.decisions == (2 if is_committed else 1)
    await assert_invariants(shop)


async def test_batches_with_equal_idempotency_keys_in_opposite_sequences_do_not_deadlock(shop: Shop) -> None:
    mug, cup = await shop.product(stock=100), await shop.product(stock=100)
    ann, bob, client = await shop.customer(), await shop.customer(), ClientId(shop.ids.new())
    keys = [str(number) for number in range(20)]
    first, second = await asyncio.gather(
        shop.batch()(
            [shop.commands.place_order((mug, 1), customer=ann, placed_by=client, key=key) for key in keys]
        ),
        shop.batch()(
            [
                shop.commands.place_order((cup, 1), customer=bob, placed_by=client, key=key)
                for key in keys[::-1]
            ]
        ),
    )
    for one, other in zip(first, reversed(second), strict=True):
        assert {type(one), type(other)} == {IdempotentResult, IdempotencyKeyReused}
    await assert_invariants(shop)
