import signal
import threading
from collections.abc import Iterator

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
    assert event.wait(timeout)
    other.join()


def test_wait_for_a_signal_ends_after_the_timeout(event: SignalEvent) -> None:
    assert not event.wait(0.01)
    assert not event.wait(0)
