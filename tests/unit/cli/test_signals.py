import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from entrypoints.cli import signals
from entrypoints.cli.signals import SignalEvent


@pytest.fixture
def event(monkeypatch: pytest.MonkeyPatch) -> Iterator[SignalEvent]:
    """An event that the handler of SIGUSR1 sets."""
    monkeypatch.setattr(signals, "SIGNAL_SECONDS", 0.02)
    event = SignalEvent()
    before = signal.signal(signal.SIGUSR1, lambda *_: event.set())
    yield event
    signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("timeout", [None, 60])
def test_wait_for_a_signal_ends_when_another_thread_receives_the_signal(
    event: SignalEvent, timeout: float | None
) -> None:
    begun = threading.Event()

    def get_the_signal() -> None:
        begun.wait()
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)

    other = threading.Thread(target=get_the_signal)
    other.start()
    threading.Timer(0.05, begun.set).start()
    while not event.wait(timeout):
        pass
    other.join()


def test_wait_for_a_signal_ends_after_the_timeout(event: SignalEvent) -> None:
    assert not event.wait(0.01)
    assert not event.wait(0)


def test_wait_without_a_timeout_ends_although_nothing_sets_the_event(event: SignalEvent) -> None:
    assert not event.wait()


@pytest.mark.timeout(30)  # a handler that waits for a lock of the interrupted method blocks forever
@pytest.mark.parametrize("method", ["wait", "set", "clear"])
def test_signal_handler_can_set_the_event_at_every_line_of_a_method(event: SignalEvent, method: str) -> None:
    lines = 0
    while call_with_signal(event, method, before_line=lines):
        assert method == "clear" or event.is_set()
        lines += 1
    assert lines > 0


def call_with_signal(event: SignalEvent, method: str, *, before_line: int) -> bool:
    """Call a method, and send the signal before the method executes this line.

    Return whether the call executes so many lines.
    """
    event.clear()
    lines_left = before_line

    def trace(_frame: FrameType, kind: str, _argument: object) -> Any:
        nonlocal lines_left
        if kind == "line":
            if lines_left == 0:
                signal.raise_signal(signal.SIGUSR1)
            lines_left -= 1
        return trace

    arguments = (0.001,) if method == "wait" else ()
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        getattr(event, method)(*arguments)
    finally:
        sys.settrace(before)
    return lines_left < 0


def test_set_event_ends_every_wait_until_it_is_cleared(event: SignalEvent) -> None:
    event.set()
    event.set()
    assert event.wait()
    assert event.wait(0)
    assert event.is_set()
    event.clear()
    event.clear()
    assert not event.wait(0)
    assert not event.is_set()
