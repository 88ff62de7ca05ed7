"""Child processes with a time limit.

If a program does not end in time, the test fails with the output of the program. The test run continues.

Every child has a separate process group. This group is killed at the end, so that its processes end with the test.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Timer
from typing import Any, NoReturn

import pytest

RUN_SECONDS = 300
"""The default time limit, in seconds. On a busy machine, the slowest program needs much less time."""

KILLED_SECONDS = 10
"""The maximum number of seconds until a killed process group has released the output pipe."""

Command = Sequence[str | Path]


@contextmanager
def started(
    command: Command, *, seconds: float | None = RUN_SECONDS, **options: Any
) -> "Iterator[subprocess.Popen[str]]":
    """Start a program for the duration of a block. `options` are those of `subprocess.Popen`.

    If the program still runs at the time limit, its process group is killed and the test fails. Waiting for the
    output or for the end of the program therefore never blocks longer.

    If `seconds` is None, the program may run until the end of the block.
    """
    with subprocess.Popen(command, text=True, start_new_session=True, **options) as process:
        is_late = Event()

        def expire() -> None:
            is_late.set()
            kill_group(process)

        timer = Timer(seconds or 0, expire)
        timer.daemon = True
        if seconds is not None:
            timer.start()
        try:
            yield process
        finally:
            timer.cancel()
            kill_group(process)
            if is_late.is_set():
                _fail(process, command, seconds)


def run(
    command: Command, *, seconds: float = RUN_SECONDS, typed: str = "", check: bool = True, **options: Any
) -> "subprocess.CompletedProcess[str]":
    """Run a program with `typed` as standard input, and return the output of the program.

    If the program does not end in time, the test fails. If `check` is set, the test also fails if the program ends
    with an error.
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(command, seconds=None, **pipes | options) as process:
        try:
            output, errors = process.communicate(typed, timeout=seconds)
        except subprocess.TimeoutExpired:
            kill_group(process)
            _fail(process, command, seconds)
    if check and process.returncode != 0:
        pytest.fail(f"{_shown(command)} ended with {process.returncode}:\n{output or ''}{errors or ''}")
    return subprocess.CompletedProcess(list(command), process.returncode, output, errors)


def kill_group(process: "subprocess.Popen[str]") -> None:
    """Kill the processes that are left in the group of a child."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _fail(process: "subprocess.Popen[str]", command: Command, seconds: float | None) -> NoReturn:
    output = ""
    # If a process outside the group keeps the pipe open, the read times out. If the test has closed the pipe, the
    # read fails.
    with suppress(subprocess.TimeoutExpired, ValueError):
        output = "".join(part or "" for part in process.communicate(timeout=KILLED_SECONDS))
    pytest.fail(f"{_shown(command)} did not end within {seconds} s:\n{output}")


def _shown(command: Command) -> str:
    return " ".join(map(str, command))[:200]
