import asyncio
import signal
import threading

import pytest

from adapters.postgres.core import cancellation
from adapters.postgres.core.cancellation import run_interruptible


def test_interruptible_event_loop_ends_when_another_thread_gets_ctrl_c(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cancellation, "WAKE_UP_SECONDS", 0.02)

    def get_the_signal() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    # The signal has to arrive while the loop waits. If the signal arrived earlier, the test would succeed with every
    # event loop.
    other = threading.Timer(0.05, get_the_signal)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        run_interruptible(asyncio.Event().wait())
    other.join()
