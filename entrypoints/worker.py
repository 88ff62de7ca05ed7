"""The background jobs of the service. Any number of workers can run them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from application.checks.check_shop import CheckShop
from domain.payments.payment import PaymentMethod
from domain.shared.actor import Actor
from entrypoints.bootstrap.root import Container
from entrypoints.metrics.measuring import MeasureShop
from entrypoints.repeating import repeating

BATCH = 100
AT_ONCE = 4
"""The number of concurrent calls of one job to other systems.

The number is small, because the sandbox provider calls this service itself.
"""

NATS_BATCH_SIZE = 25
"""The number of events per batch.

Events are sent one by one. The number is so small that a batch ends before the relay's timeout, even if the NATS
server is far away.
"""

ROUNDS = 50
"""A job processes at most this many batches. Then the worker checks whether it should stop."""

DELIVERY_LANES = 4
"""The number of webhook endpoints to which one worker sends at the same time.

A slow endpoint blocks only one of these deliveries. The others continue.
"""

LONGEST_PAUSE = timedelta(seconds=30)
"""The longest pause between two runs of a failing job."""

_ACTOR = Actor(None, "worker")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done in batches.

    `work` takes the maximum size of a batch, and returns the number of items that it found.
    """

    name: str
    work: Callable[[int], Awaitable[int]]
    every: timedelta
    batch: int = BATCH
    longest_batch: timedelta = timedelta(minutes=1)

    async def __call__(self, progress: Callable[[], None] | None = None) -> None:
        """Process at most ROUNDS batches, and stop if no item is left. Call `progress` after each batch."""
        for _ in range(ROUNDS):
            found = await self.work(self.batch)
            if progress is not None:
                progress()
            if not found:
                return


def jobs_of(container: Container) -> Sequence[Job]:
    """Return the jobs of a worker that the settings enable."""
    return list(_jobs(container))


def _jobs(container: Container) -> Iterator[Job]:
    expire_orders, settle_payments = container.orders.expire_orders(), container.payments.settle_payments()
    yield Job(
        "expire orders", lambda limit: expire_orders(limit=limit, actor=_ACTOR), every=timedelta(seconds=1)
    )
    yield Job(
        "settle payments",
        lambda limit: settle_payments(limit=limit, actor=_ACTOR),
        every=timedelta(seconds=1),
        batch=AT_ONCE,
    )
    relay, deliver = container.events.relay_to_webhooks(), container.webhooks.deliver_webhooks()
    yield Job("relay to webhooks", lambda limit: relay(limit=limit), every=timedelta(seconds=0.5))
    for lane in range(1, DELIVERY_LANES + 1):
        yield Job(
            f"deliver webhooks {lane}", lambda limit: deliver(limit=limit), every=timedelta(seconds=0.5)
        )
    if container.settings().nats_servers:
        relay_to_nats = container.events.relay_to_nats()
        yield Job(
            "relay to NATS",
            lambda limit: relay_to_nats(limit=limit),
            every=timedelta(seconds=0.5),
            batch=NATS_BATCH_SIZE,
        )
    yield Job("measure the shop", partial(_measure, _measure_shop(container)), every=timedelta(seconds=15))
    check_shop, interval = container.checks.check_shop(), container.settings().check_interval
    yield Job(
        "check invariants",
        lambda _: _check_invariants(check_shop, interval),
        every=timedelta(minutes=1),
        longest_batch=timedelta(hours=2),
    )
    if PaymentMethod.SANDBOX in container.settings().payment_methods:
        dispatch = container.payments.sandbox_webhook_dispatcher()
        yield Job(
            "send sandbox webhooks",
            lambda limit: dispatch(limit=limit),
            every=timedelta(seconds=0.5),
            batch=AT_ONCE,
        )


def _measure_shop(container: Container) -> MeasureShop:
    publishers = [container.webhooks.queue_deliveries().name]
    if container.settings().nats_servers:
        publishers.append(container.events.nats_publisher().name)
    return MeasureShop(
        backlogs=container.database.backlogs(),
        findings=container.database.finding_records(),
        clock=container.clock(),
        metrics=container.metrics().shop,
        publishers=publishers,
    )


async def _measure(measure_shop: MeasureShop, _: int) -> int:
    """Measure the shop once. Return 0, because the job needs no second batch."""
    await measure_shop()
    return 0


async def _check_invariants(check_shop: CheckShop, every: timedelta) -> int:
    """Check the invariants, and log the broken invariants.

    If less than `every` has passed since the last check, the check is skipped.
    """
    for finding in await check_shop.unless_checked_within(every):
        if finding.count:
            _log.error(
                "an invariant is broken",
                invariant=finding.invariant.value,
                meaning=finding.invariant.meaning,
                count=finding.count,
                offenders=finding.offenders,
            )
    return 0


async def work(container: Container, until: asyncio.Event) -> None:
    """Run all jobs repeatedly until the event is set. Then finish the current batches."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(container.webhooks.webhook_sender().close)
        stack.push_async_callback(container.events.nats_publisher().close)
        health = container.job_health()
        for job in jobs_of(container):
            await stack.enter_async_context(
                repeating(
                    partial(job, partial(health.succeeded, job.name)),
                    name=job.name,
                    every=job.every,
                    health=health,
                    longest_pause=LONGEST_PAUSE,
                    longest_run=job.longest_batch,
                )
            )
        await until.wait()
