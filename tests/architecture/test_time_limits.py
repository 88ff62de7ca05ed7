"""No test, and no program that a test starts, can block the test run."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # two calls do not justify a stub package
import pytest

from tests.kit.children import Command, run, started

ROOT = Path(__file__).parents[2]
WAITING = """
import asyncio, signal, threading, time

async def test_coroutine_never_ends():
    await asyncio.Event().wait()

def test_lock_is_never_released():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()

def test_function_runs_after_the_hanging_tests():
    pass
"""
DEAF = """
import signal, time

def test_function_blocks_the_signal_of_the_time_limit():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(1000)
"""
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
print(child.pid, flush=True)
time.sleep(1000)
"""


def run_tests(tmp_path: Path, tests: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run the tests of a file with the configuration of this project."""
    file = tmp_path / "test_sample.py"
    file.write_text(tests)
    configuration = [
        f"--config-file={ROOT}/pyproject.toml",
        f"--rootdir={tmp_path}",
        "-p",
        "no:cacheprovider",
    ]
    return run(
        [sys.executable, "-m", "pytest", *configuration, *options, file],
        check=False,
        cwd=tmp_path,
    )


def test_hanging_test_fails_and_the_next_test_runs(tmp_path: Path) -> None:
    ended = run_tests(tmp_path, WAITING, "--timeout=0.5")

    assert "2 failed, 1 passed" in ended.stdout, ended.stdout
    assert "test_coroutine_never_ends - Failed: Timeout" in ended.stdout
    assert "test_lock_is_never_released - Failed: Timeout" in ended.stdout


def test_pytest_prints_the_traceback_of_an_uninterruptible_test_and_exits(tmp_path: Path) -> None:
    ended = run_tests(tmp_path, DEAF, "--timeout=0.2", "-o", "faulthandler_timeout=1")

    assert ended.returncode == 1
    assert "in test_function_blocks_the_signal_of_the_time_limit" in ended.stderr, ended.stdout


def test_every_test_has_a_time_limit(pytestconfig: pytest.Config) -> None:
    assert 0 < float(pytestconfig.getini("timeout")) < float(pytestconfig.getini("faulthandler_timeout"))
    assert pytestconfig.getini("faulthandler_exit_on_timeout")


def test_program_and_its_children_are_killed_after_the_time_limit() -> None:
    with pytest.raises(pytest.fail.Exception, match="did not end within 2 s") as failure:
        run([sys.executable, "-c", STUBBORN], seconds=2)

    await_end(int(str(failure.value).splitlines()[-1]))


def test_reading_the_output_of_a_silent_program_ends_at_the_time_limit() -> None:
    with pytest.raises(pytest.fail.Exception, match="did not end within 1 s"):
        read_line([sys.executable, "-c", "import time; time.sleep(1000)"], seconds=1)


def read_line(command: Command, *, seconds: float) -> None:
    with started(command, seconds=seconds, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == ""


def test_program_that_still_runs_at_the_end_of_the_with_block_is_killed() -> None:
    with started([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGTERM)
        assert is_alive(child)

    assert process.returncode == -signal.SIGKILL
    await_end(child)


def test_error_message_about_a_failed_program_contains_the_program_output() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"ended with 3:\nno tea"):
        run([sys.executable, "-c", "import sys; sys.stderr.write('no tea'); sys.exit(3)"])


def is_alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def await_end(pid: int) -> None:
    """Wait until the kernel has ended a killed process."""
    deadline = time.monotonic() + 10
    while is_alive(pid):
        assert time.monotonic() < deadline
        time.sleep(0.01)
