"""The metrics ports of a service with several processes and of a worker."""

import os
import signal
import subprocess
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from entrypoints.metrics.cells import SUFFIX
from tests.e2e.serving import CHECKOUT, PROGRAM, STOP_SECONDS, Service, free_port, serving
from tests.kit.children import started

DURATIONS = "http_server_request_duration_seconds"


def scraped(port: int) -> dict[tuple[str, str], float]:
    """Scrape a metrics port, and return the number of requests by route and status."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=STOP_SECONDS) as response:
        text = response.read().decode()
    return {
        (sample.labels["http_route"], sample.labels["http_response_status_code"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"{DURATIONS}_count"
    }


def status_of(service: Service, path: str) -> int:
    """Send one request over a new connection. The kernel assigns the connection to any of the processes."""
    connection = HTTPConnection("127.0.0.1", service.address.port, timeout=STOP_SECONDS)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def test_each_metrics_scrape_returns_values_that_are_summed_over_two_processes(
    database_url: str, tmp_path: Path
) -> None:
    port = free_port()
    with serving(
        database_url, with_worker=False, workers="2", metrics_port=str(port), metrics_dir=str(tmp_path)
    ) as service:
        service.await_answer()
        statuses = [status_of(service, "/v1/products") for _ in range(10)]
        statuses.append(status_of(service, "/no/such/page"))
        deadline = time.monotonic() + STOP_SECONDS
        while len(files := list(tmp_path.glob(f"*{SUFFIX}"))) < 2:
            assert time.monotonic() < deadline
            status_of(service, "/livez")
        scrapes = [scraped(port) for _ in range(3)]
        os.kill(int(files[0].stem.partition("-")[0]), signal.SIGKILL)
        deadline = time.monotonic() + STOP_SECONDS
        while files[0].exists():
            assert time.monotonic() < deadline
            scrapes.append(scraped(port))
        service.interrupt()

    assert statuses == [200] * 10 + [404]
    assert [(scrape["/v1/products", "200"], scrape["unmatched", "404"]) for scrape in scrapes] == [
        (10, 1)
    ] * len(scrapes)


def test_worker_serves_its_own_metrics(database_url: str) -> None:
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "STEELYARD_DATABASE_URL": database_url,
        "STEELYARD_METRICS_PORT": str(port),
    }
    with started(
        [*PROGRAM, "worker"],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=STOP_SECONDS) as response:
            families = {family.name for family in text_string_to_metric_families(response.read().decode())}
        worker.terminate()
        output, _ = worker.communicate(timeout=STOP_SECONDS)

    assert DURATIONS in families
    assert (worker.returncode, output) == (0, "Stopped.\n")
