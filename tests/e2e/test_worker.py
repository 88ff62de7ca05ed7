"""The worker process starts and stops with the service. A killed worker is replaced. A worker can also run alone."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx2

from entrypoints.cli.address import Address
from tests.e2e.serving import CHECKOUT, PROGRAM, STOP_SECONDS, Service, free_port, serving
from tests.kit.children import started


def worker_of(service: Service) -> int | None:
    """Return the process id of the service's worker, or None."""
    children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children")
    for tasks in children.parents[1].iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread or the child has ended
            for child in (tasks / "children").read_text().split():
                if b"--until-stdin-closes" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                    return int(child)
    return None


def eventually(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def awaited_worker_of(service: Service) -> int:
    """Wait for the first worker. The service can respond before this worker has started."""
    service.await_answer()
    eventually(lambda: worker_of(service) is not None)
    worker = worker_of(service)
    assert worker is not None
    return worker


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_worker_starts_and_ends_with_the_service(database_url: str) -> None:
    with serving(database_url) as service:
        worker = awaited_worker_of(service)
        code, output = service.interrupt()
    assert (code, output.splitlines()[-1]) == (0, "Stopped.")
    assert "Traceback" not in output
    assert not is_alive(worker)


def test_killed_worker_is_replaced(database_url: str) -> None:
    with serving(database_url) as service:
        killed = awaited_worker_of(service)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: worker_of(service) not in {None, killed})
        code, output = service.interrupt()
    assert code == 0
    assert "the worker exited and is restarted" in output


def test_worker_ends_after_its_service_is_killed(database_url: str) -> None:
    with serving(database_url) as service:
        worker = awaited_worker_of(service)
        os.kill(service.process.pid, signal.SIGKILL)
        service.process.wait(STOP_SECONDS)
        eventually(lambda: not is_alive(worker))


def test_worker_command_reports_ready_until_it_is_stopped(database_url: str) -> None:
    health = Address("127.0.0.1", free_port())
    environment = {
        "PATH": os.environ["PATH"],
        "STEELYARD_DATABASE_URL": database_url,
        "STEELYARD_METRICS_PORT": str(health.port),
    }
    with started(
        [*PROGRAM, "worker"],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as worker:
        assert worker.stdout is not None
        first = worker.stdout.readline()
        eventually(health.answers)
        ready = httpx2.get(f"{health.url}/readyz").status_code
        worker.terminate()
        output, _ = worker.communicate(timeout=STOP_SECONDS)
    assert ready == 200
    assert (worker.returncode, first, output) == (0, "The worker is running.\n", "Stopped.\n")
