"""Work that the process does now and then, beside its requests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import structlog

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def repeating(
    work: Callable[[], Awaitable[None]],
    *,
    name: str,
    every: timedelta,
    longest_pause: timedelta = timedelta(),
) -> AsyncIterator[None]:
    """Do the work again and again while the context lasts; at its end, finish what was begun.

    What goes wrong is logged under the work's name, and tried again the next time. While it goes wrong the pauses
    double, up to `longest_pause`.
    """
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
                pause = every
            except Exception:  # noqa: BLE001 - whatever it is, the next time may be better
                _log.exception("repeated work failed", work=name)
                pause = max(every, min(pause * 2, longest_pause))

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        ended.set()
        await task
