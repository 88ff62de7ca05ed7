import os
import signal
import socket
import tempfile
import time
from pathlib import Path

import httpx2
import psutil  # type: ignore[import-untyped]  # two calls do not justify a stub package
import pytest

from tests.e2e.serving import START_SECONDS, STOP_SECONDS, Service, free_port, serving
from tests.servers.valkey import valkey_server


def test_service_prints_its_url_and_stops_without_an_error_on_ctrl_c(empty_database_url: str) -> None:
    with serving(empty_database_url, workers="2", log_level="warning") as service:
        service.await_answer()
        code, output = service.interrupt()
    assert code == 0
    assert output.splitlines()[0] == f"Steelyard is starting on {service.address.url}"
    assert output.splitlines()[-1] == "Stopped."
    assert "Traceback" not in output, output
    assert not service.address.answers()


def test_every_process_ends_with_an_error_message_if_the_database_is_unreachable() -> None:
    with serving(f"postgresql://nobody:none@127.0.0.1:{free_port()}/none") as service:
        # The output ends when all processes that could write to the output have ended.
        code, output = service.end()
    assert code == 1
    assert output.splitlines()[-1].startswith("Error: The database cannot be used")
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("stop", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_service_that_waits_for_the_database_can_be_stopped(stop: signal.Signals, code: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mute.settimeout(START_SECONDS)
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        with serving(f"postgresql://nobody:none@{address}/none") as service, mute.accept()[0]:
            if stop is signal.SIGINT:
                os.killpg(service.process.pid, stop)  # signals the whole group, as Ctrl-C does
            else:
                os.kill(service.process.pid, stop)
            ended = service.end()
    assert ended == (code, f"Steelyard is starting on {service.address.url}\n")


def test_server_processes_end_after_the_parent_process_is_killed(database_url: str) -> None:
    with serving(database_url, with_worker=False) as service:
        service.await_answer()
        os.kill(service.process.pid, signal.SIGKILL)
        service.process.wait(STOP_SECONDS)
        service.await_silence()


def test_killed_server_process_is_replaced(database_url: str) -> None:
    with serving(database_url, with_worker=False) as service:
        service.await_answer()
        (killed,) = serving_processes(service)
        os.kill(killed, signal.SIGKILL)
        service.await_silence()
        service.await_answer()
        assert serving_processes(service) != [killed]
        assert service.interrupt()[0] == 0


def serving_processes(service: Service) -> list[int]:
    children = psutil.Process(service.process.pid).children()
    return [child.pid for child in children if any("spawn_main" in word for word in child.cmdline())]


def test_service_is_unready_but_handles_requests_during_the_drain_delay(database_url: str) -> None:
    with serving(database_url, with_worker=False, workers="2", drain_delay="PT5M") as service:
        service.await_answer()
        os.kill(service.process.pid, signal.SIGTERM)
        url = service.address.url
        deadline = time.monotonic() + STOP_SECONDS
        while (ready := httpx2.get(f"{url}/readyz")).status_code == 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert (ready.status_code, ready.json()["code"]) == (503, "shutting_down")
        # The kernel can give a new connection to either process.
        assert {httpx2.get(f"{url}/v1/products").status_code for _ in range(20)} == {200}
        os.kill(service.process.pid, signal.SIGTERM)  # a second signal ends the drain delay
        code, output = service.end()
    assert code == 0
    assert output.splitlines()[-1] == "Stopped."


def test_second_service_on_the_same_port_does_not_start(database_url: str) -> None:
    with serving(database_url, with_worker=False) as service:
        service.await_answer()
        with serving(database_url, port=str(service.address.port)) as second:
            code, output = second.end()
        assert code == 1
        assert output.startswith(f"Error: Port {service.address.port} is in use.")
        assert service.interrupt()[0] == 0


def test_two_server_processes_behind_a_proxy_use_the_same_rate_limit_counters(database_url: str) -> None:
    """Two serving processes behind a local proxy share a Valkey server."""
    with (
        tempfile.TemporaryDirectory(prefix="steelyard-") as directory,
        valkey_server(Path(directory)) as valkey,
        serving(
            database_url,
            with_worker=False,
            workers="2",
            rate_limit_url=valkey.url,
            trusted_proxies="127.0.0.0/8",
            log_level="warning",
        ) as service,
    ):
        service.await_answer()

        def remaining(said: str) -> int:
            headers = {
                "X-Forwarded-For": said,
                "Connection": "close",
            }  # each request opens a connection, so that both processes get requests
            answer = client.get("/v1/products", headers=headers)
            return int(answer.headers["RateLimit"].partition("r=")[2].partition(";")[0])

        with httpx2.Client(base_url=service.address.url, trust_env=False) as client:
            first = remaining("203.0.113.9")
            others = [remaining(f"198.51.100.{number}, 203.0.113.9") for number in range(9)]
            assert others == [first - 1 - number for number in range(9)]
            assert remaining("198.51.100.7") == first
