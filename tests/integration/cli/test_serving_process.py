"""The process that Granian starts for the app, and the thread that watches this process."""

import os
import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from types import SimpleNamespace
from typing import Any

import pytest
from granian.server.mp import WorkerProcess

from entrypoints.cli.server import leave_exit_code_to_parent

END_SECONDS = 30


@pytest.fixture
def parent() -> SimpleNamespace:
    """The part of Granian's server that the watching thread uses."""
    return SimpleNamespace(
        reload_on_changes=False, interrupt_children=[], main_loop_interrupt=threading.Event()
    )


@pytest.fixture
def worker(parent: SimpleNamespace) -> Iterator[Any]:
    worker: Any = WorkerProcess(parent, 0, time.sleep, (END_SECONDS,))  # type: ignore[no-untyped-call] # this class of Granian has no types
    worker.inner = get_context("spawn").Process(target=time.sleep, args=(END_SECONDS,))
    leave_exit_code_to_parent(worker)
    yield worker
    worker.kill()
    worker.join(END_SECONDS)


def start(worker: Any) -> threading.Thread:
    """Start the process, and return the thread that watches it."""
    before = set(threading.enumerate())
    worker.start()
    [watcher] = set(threading.enumerate()) - before
    return watcher


def test_only_the_parent_reads_the_exit_code_of_a_stopped_serving_process(worker: Any) -> None:
    watcher = start(worker)
    worker.terminate()
    watcher.join(END_SECONDS)
    # Fails if another thread has read the exit code.
    assert os.waitid(os.P_PID, worker.inner.pid, os.WEXITED | os.WNOWAIT) is not None
    worker.join(END_SECONDS)
    assert not worker.is_alive()


def test_unexpected_exit_of_a_serving_process_is_reported_to_the_parent(
    worker: Any, parent: SimpleNamespace
) -> None:
    watcher = start(worker)
    worker.inner.kill()
    watcher.join(END_SECONDS)
    assert parent.main_loop_interrupt.is_set()
    assert parent.interrupt_children == [0]
    assert not worker.is_alive()
