"""Periodic jobs of a process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

from entrypoints.job_health import LONGEST_RUN, JobHealth

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def repeating(
    work: Callable[[], Awaitable[None]],
    *,
    name: str,
    every: timedelta,
    health: JobHealth,
    longest_pause: timedelta = timedelta(),
    longest_run: timedelta = LONGEST_RUN,
) -> AsyncIterator[None]:
    """Run `work` repeatedly until the context ends. Then wait for the current run.

    If a run fails, the error is logged with `name`. After each failed run, the pause doubles, up to `longest_pause`.
    After a successful run, the pause is `every` again.

    The results are reported to `health`. `longest_run` is the maximum duration of a run.
    """
    health.add(name, every=every, longest_run=longest_run)
    ended = asyncio.Event()

    async def repeat() -> None:
        pause = every
        while not ended.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(pause.total_seconds()):
                    await ended.wait()
                    return
            try:
                await work()
                health.succeeded(name)
                pause = every
            except Exception:  # noqa: BLE001 - log any error and try again later
                health.failed(name)
                _log.exception("repeated work failed", work=name)
                pause = max(every, min(pause * 2, longest_pause))

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        ended.set()
        await task
