"""The relay publishes each event at least once, in the sequence of the feed, even if processes are killed."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from application.events.ports import EventPublisher, PublisherUnavailable
from application.events.relay_events import LEASE, RelayEvents
from application.events.views import PublishedEvent
from domain.shared.ids import EventId
from tests.kit.shop import Shop


class RecordingPublisher(EventPublisher):
    """A publisher that stores events.

    If `before` is set, the publisher raises this error before it stores the events. If `after` is set, the publisher
    stores the events and then raises this error.
    """

    name = "post"

    def __init__(self) -> None:
        self.got: list[PublishedEvent] = []
        self.before: BaseException | None = None
        self.after: BaseException | None = None

    async def publish(self, events: Sequence[PublishedEvent]) -> None:
        await asyncio.sleep(0)
        if self.before:
            raise self.before
        for event in events:
            self.got.append(event)
            await asyncio.sleep(0)
        if self.after:
            raise self.after

    @property
    def positions(self) -> list[int]:
        return [event.position for event in self.got]

    @property
    def first_times(self) -> list[int]:
        return list(dict.fromkeys(self.positions))


def relay(shop: Shop, publisher: EventPublisher) -> RelayEvents:
    return RelayEvents(shop.store.event_feed, shop.store.relay_progress, publisher, shop.clock, shop.ids)


async def happen(shop: Shop, times: int) -> None:
    for _ in range(times):
        await shop.product()


async def test_relay_publishes_every_event_only_once_in_the_sequence_of_the_feed(shop: Shop) -> None:
    await happen(shop, 5)
    publisher = RecordingPublisher()
    assert await relay(shop, publisher)(limit=2) == 2
    assert await relay(shop, publisher)(limit=100) == 3
    assert await relay(shop, publisher)(limit=100) == 0
    assert publisher.positions == [1, 2, 3, 4, 5]


async def test_progress_of_one_publisher_does_not_affect_another_publisher(shop: Shop) -> None:
    class Other(RecordingPublisher):
        name = "other"

    await happen(shop, 3)
    publisher, other = RecordingPublisher(), Other()
    await relay(shop, publisher)(limit=1)
    await relay(shop, other)(limit=100)
    assert (publisher.positions, other.positions) == ([1], [1, 2, 3])


async def test_events_are_published_again_after_the_publisher_has_failed(shop: Shop) -> None:
    await happen(shop, 3)
    publisher = RecordingPublisher()
    publisher.before = PublisherUnavailable()
    with pytest.raises(PublisherUnavailable):
        await relay(shop, publisher)(limit=100)
    publisher.before, publisher.after = None, PublisherUnavailable()
    with pytest.raises(PublisherUnavailable):
        await relay(shop, publisher)(limit=100)
    publisher.after = None
    assert await relay(shop, publisher)(limit=100) == 3
    assert publisher.positions == [1, 2, 3, 1, 2, 3]


async def test_events_are_published_again_if_the_relay_could_not_record_its_progress(shop: Shop) -> None:
    """Until the lease of the killed process expires, no other process publishes."""
    await happen(shop, 3)
    feed, progress = shop.store.event_feed, shop.store.relay_progress
    await feed.publish_new(limit=100)
    now = shop.clock.now()
    killed = await progress.lease("post", token=shop.ids.new(), now=now, until=now + LEASE)
    assert killed is not None
    publisher = RecordingPublisher()
    await publisher.publish((await feed.read(after=killed.after, type_=None, limit=2)).events)
    assert await relay(shop, publisher)(limit=100) == 0
    shop.clock.advance(LEASE - timedelta(microseconds=1))
    assert await relay(shop, publisher)(limit=100) == 0
    shop.clock.advance(timedelta(microseconds=1))
    assert await relay(shop, publisher)(limit=100) == 3
    assert publisher.positions == [1, 2, 1, 2, 3]


async def test_relay_with_an_expired_lease_records_no_progress(shop: Shop) -> None:
    await happen(shop, 4)
    feed, progress = shop.store.event_feed, shop.store.relay_progress
    await feed.publish_new(limit=100)
    now = shop.clock.now()
    sleeper = await progress.lease("post", token=shop.ids.new(), now=now, until=now + LEASE)
    assert sleeper is not None
    slept_over = (await feed.read(after=sleeper.after, type_=None, limit=2)).events
    shop.clock.advance(LEASE)
    publisher = RecordingPublisher()
    await relay(shop, publisher)(limit=3)
    await publisher.publish(slept_over)
    assert not await progress.end(sleeper, after=slept_over[-1].id)
    await relay(shop, publisher)(limit=3)
    assert publisher.positions == [1, 2, 3, 1, 2, 4]
    assert publisher.first_times == [1, 2, 3, 4]


async def test_relay_stops_waiting_for_a_hanging_publisher_after_a_timeout(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(RecordingPublisher):
        async def publish(self, events: Sequence[PublishedEvent]) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("application.events.relay_events.PUBLISH_TIMEOUT", 0.01)
    await happen(shop, 1)
    with pytest.raises(PublisherUnavailable):
        await relay(shop, Hanging())(limit=100)
    publisher = RecordingPublisher()
    assert await relay(shop, publisher)(limit=100) == 1


async def test_relay_releases_its_lease_if_the_job_is_canceled(shop: Shop) -> None:
    class Slow(RecordingPublisher):
        async def publish(self, events: Sequence[PublishedEvent]) -> None:
            started.set()
            await asyncio.Event().wait()

    started = asyncio.Event()
    await happen(shop, 1)
    task = asyncio.create_task(relay(shop, Slow())(limit=100))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    publisher = RecordingPublisher()
    assert await relay(shop, publisher)(limit=100) == 1


async def test_concurrent_relays_of_one_process_publish_each_event_only_once(shop: Shop) -> None:
    await happen(shop, 30)
    publisher = RecordingPublisher()

    while len(publisher.got) < 30:
        await asyncio.gather(*(relay(shop, publisher)(limit=4) for _ in range(4)))
    assert publisher.positions == list(range(1, 31))


async def test_relays_publish_every_event_despite_concurrent_writes(shop: Shop) -> None:
    publisher = RecordingPublisher()
    mug = await shop.product(stock=100)

    async def buy_and_think_better_of_it() -> None:
        for _ in range(4):
            await shop.cancel(await shop.order(mug))

    async def run(writing: "asyncio.Future[list[None]]") -> None:
        while not writing.done() or await relay(shop, publisher)(limit=3):
            await relay(shop, publisher)(limit=3)
            await asyncio.sleep(0)

    writing = asyncio.gather(*(buy_and_think_better_of_it() for _ in range(4)))
    await asyncio.gather(run(writing), run(writing))
    await writing
    assert publisher.positions == list(range(1, len(publisher.got) + 1))
    versions: dict[EventId, list[int]] = {}
    for event in publisher.got:
        versions.setdefault(EventId(event.aggregate_id), []).append(event.aggregate_version)
    assert all(seen == sorted(seen) for seen in versions.values())
    assert sum(event.type == "order.cancelled" for event in publisher.got) == 16
