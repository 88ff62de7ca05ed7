"""The CPU time of a process and its children, as the benchmark measures it."""

import subprocess
import sys

import pytest

from benchmarks.cpu import cpu_seconds
from tests.kit.children import started

CHILD_SECONDS = 0.5
"""A CPU time in seconds. Starting Python takes less CPU time."""
CHILD = f"""
import sys, time
while time.process_time() < {CHILD_SECONDS}:
    pass
print(flush=True)
sys.stdin.read()
"""
RUNS_A_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
HAS_RUN_A_CHILD = """
import subprocess, sys
subprocess.run([sys.executable, '-c', sys.argv[1]], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
print(flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("program", [RUNS_A_CHILD, HAS_RUN_A_CHILD])
def test_cpu_time_of_a_process_includes_its_children(program: str) -> None:
    command = [sys.executable, "-c", program, CHILD]
    with started(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = cpu_seconds(process.pid)
        process.communicate()
    assert found >= CHILD_SECONDS
