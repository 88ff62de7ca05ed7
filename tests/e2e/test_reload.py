"""SIGHUP reloads log levels and signing keys in all processes of a service."""

import json
import os
import signal
import time
from pathlib import Path

import httpx2

from tests.e2e.serving import STOP_SECONDS, Output, serving


def logged(output: Output, event: str) -> list[dict[str, object]]:
    """Return the log entries whose field `event` has this value."""
    entries = [json.loads(line) for line in list(output.lines) if line.startswith("{")]
    return [entry for entry in entries if entry["event"] == event]


def test_sighup_changes_the_log_level_of_every_process(database_url: str, tmp_path: Path) -> None:
    levels = tmp_path / "levels"
    levels.write_text("error")
    with serving(database_url, workers="2", log_level_file=str(levels)) as service:
        service.await_answer()
        httpx2.get(f"{service.address.url}/v1/products")
        levels.write_text("warning entrypoints.reloading=info access=info")
        deadline = time.monotonic() + STOP_SECONDS
        reloaded: set[object] = set()
        while len(reloaded) < 3:  # two serving processes and the worker
            assert time.monotonic() < deadline, service.output.lines
            os.kill(service.process.pid, signal.SIGHUP)
            time.sleep(0.5)
            reloaded = {
                line["process"] for line in logged(service.output, "log levels and signing keys are reloaded")
            }
        httpx2.get(f"{service.address.url}/v1/orders")
        while not logged(service.output, "request"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        service.process.terminate()
        assert service.process.wait(STOP_SECONDS) == 0
    assert {line["route"] for line in logged(service.output, "request")} == {"/v1/orders"}
