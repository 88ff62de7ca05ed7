import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from adapters.postgres.core.cancellation import run_interruptible


def test_ctrl_c_ends_the_waiting_event_loop() -> None:
    with ctrl_c_soon(), pytest.raises(KeyboardInterrupt):
        run_interruptible(asyncio.Event().wait())


def test_ctrl_c_that_another_thread_gets_ends_the_waiting_event_loop() -> None:
    with ctrl_c_soon(in_thread_of_timer=True), pytest.raises(KeyboardInterrupt):
        run_interruptible(asyncio.Event().wait())


@contextmanager
def ctrl_c_soon(*, in_thread_of_timer: bool = False) -> Iterator[None]:
    """Send SIGINT to the main thread or to the thread of a timer, while the event loop waits.

    If the signal arrived before the loop waits, the tests would succeed with every event loop.
    """
    main = threading.get_ident()

    def send() -> None:
        signal.pthread_kill(threading.get_ident() if in_thread_of_timer else main, signal.SIGINT)

    timer = threading.Timer(0.05, send)
    timer.start()
    yield
    timer.join()


def test_ctrl_c_does_not_cancel_a_future_in_the_middle_of_a_callback() -> None:
    errors: list[dict[str, Any]] = []

    async def connect() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: errors.append(context))
        connected = loop.create_future()
        loop.call_soon(finish, connected)
        await connected
        await asyncio.Event().wait()

    def finish(connected: asyncio.Future[None]) -> None:
        # asyncio connects a socket in the same way: the check, and then the result
        if not connected.done():
            signal.raise_signal(signal.SIGINT)
            connected.set_result(None)

    with pytest.raises(KeyboardInterrupt):
        run_interruptible(connect())
    assert errors == []


def test_ctrl_c_in_the_last_moment_of_the_work_is_not_lost() -> None:
    async def get_ctrl_c_and_end() -> None:
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run_interruptible(get_ctrl_c_and_end())


def test_second_ctrl_c_ends_work_that_ignores_its_cancellation() -> None:
    has_continued = False

    async def ignore_cancellation() -> None:
        nonlocal has_continued
        with suppress(asyncio.CancelledError):
            signal.raise_signal(signal.SIGINT)
            await asyncio.Event().wait()
        signal.raise_signal(signal.SIGINT)
        has_continued = True

    with pytest.raises(KeyboardInterrupt):
        run_interruptible(ignore_cancellation())
    assert not has_continued


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_signal_handler_of_the_caller_stays_in_use(handler: Any) -> None:
    async def get_ctrl_c() -> str:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(0)
        return "finished"

    before = signal.signal(signal.SIGINT, handler)
    try:
        assert run_interruptible(get_ctrl_c()) == "finished"
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_default_signal_handler_is_restored() -> None:
    run_interruptible(asyncio.sleep(0))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_can_run_interruptible_work() -> None:
    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(run_interruptible(asyncio.sleep(0, "finished"))))
    thread.start()
    thread.join()
    assert results == ["finished"]
