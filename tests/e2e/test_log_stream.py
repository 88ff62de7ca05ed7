"""The log of a running service contains one JSON object per line and nothing else."""

import json
import os
import signal
import subprocess
from pathlib import Path

import httpx2

from entrypoints.cli.address import Address
from tests.e2e.serving import CHECKOUT, PROGRAM, STOP_SECONDS, free_port
from tests.kit.children import started

NO_COLLECTOR = "http://127.0.0.1:1"


def test_service_writes_only_json_lines_to_standard_error(database_url: str, tmp_path: Path) -> None:
    address, log = Address("127.0.0.1", free_port()), tmp_path / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "STEELYARD_DATABASE_URL": database_url,
        "STEELYARD_PORT": str(address.port),
        "STEELYARD_METRICS_PORT": str(free_port()),
        "STEELYARD_WORKERS": "2",
        "STEELYARD_MISSPELLED": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": NO_COLLECTOR,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    with (
        log.open("wb") as errors,
        started(
            [*PROGRAM, "serve"], cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL, stderr=errors
        ) as service,
    ):
        while not address.answers():
            assert service.poll() is None, log.read_text()
        with httpx2.Client(base_url=address.url) as client:
            assert client.get("/v1/products").status_code == 200
            assert client.get("/unknown").status_code == 404
            assert client.post("/v1/users", content=b"{").status_code == 415
        service.send_signal(signal.SIGTERM)
        assert service.wait(STOP_SECONDS) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    [listing] = [line for line in lines if line.get("route") == "/v1/products"]
    assert len(listing["request_id"]) == len(listing["trace_id"]) == 32
    assert len(listing["span_id"]) == 16
    assert any("STEELYARD_MISSPELLED" in line["event"] for line in lines)
    assert any(line.get("logger", "").startswith("opentelemetry.exporter") for line in lines)
