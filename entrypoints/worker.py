"""What the shop does by itself: carry events on, expire orders, settle payments, check its rules. Any number of workers may do it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import structlog

from application.checks.check_shop import CheckShop
from domain.payments.method import PaymentMethod
from domain.shared.actor import Actor
from entrypoints.bootstrap.root import Container
from entrypoints.repeating import repeating

BATCH = 100
AT_ONCE = 4
"""How many calls a job makes to others at the same time: few, as the sandbox calls our own service, which has others to serve."""

ONE_AFTER_THE_OTHER = 25
"""Events that each wait for the one before: also with a server far away they come through in the time there is for them."""

ROUNDS = 50
"""How many batches a job does before it looks whether the worker is being stopped."""

DELIVERY_LANES = 4
"""Webhook endpoints that one worker sends to at once: so many slow ones hold up no other."""

LONGEST_PAUSE = timedelta(seconds=30)
"""Between two attempts at a job that fails."""

_ACTOR = Actor(None, "worker")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done in batches: `work` takes the size of one and returns how much of it was found to do."""

    name: str
    work: Callable[[int], Awaitable[int]]
    every: timedelta
    batch: int = BATCH

    async def __call__(self) -> None:
        """Do all that there is to do, but not for ever."""
        for _ in range(ROUNDS):
            if not await self.work(self.batch):
                return


def jobs_of(container: Container) -> Sequence[Job]:
    """Return the jobs of a worker, as the settings have it."""
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
            batch=ONE_AFTER_THE_OTHER,
        )
    check_shop, check_every = container.checks.check_shop(), container.settings().check_every
    yield Job("check rules", lambda _: _check_rules(check_shop, check_every), every=timedelta(minutes=1))
    if container.settings().payment_provider is PaymentMethod.SANDBOX:
        courier = container.payments.sandbox_webhook_dispatcher()
        yield Job(
            "call back", lambda limit: courier(limit=limit), every=timedelta(seconds=0.5), batch=AT_ONCE
        )


async def _check_rules(check_shop: CheckShop, every: timedelta) -> int:
    """Check the shop unless another worker has, and log what breaks a rule."""
    for finding in await check_shop.unless_checked_within(every):
        if finding.count:
            _log.error(
                "a rule of the shop is broken",
                invariant=finding.invariant.value,
                meaning=finding.invariant.meaning,
                count=finding.count,
                offenders=finding.offenders,
            )
    return 0


async def work(container: Container, until: asyncio.Event) -> None:
    """Do every job again and again. What was begun when the end comes is finished."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(container.webhooks.webhook_sender().close)
        stack.push_async_callback(container.events.nats_publisher().close)
        for job in jobs_of(container):
            await stack.enter_async_context(
                repeating(job, name=job.name, every=job.every, longest_pause=LONGEST_PAUSE)
            )
        await until.wait()
