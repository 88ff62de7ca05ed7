"""The server of the metrics port, and the removal of metrics directories."""

import os
from collections.abc import Callable, Iterable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from entrypoints.metrics import server
from entrypoints.metrics.server import metrics_app, operations_server, remove_left_behind, shared_directory
from tests.e2e.serving import free_port
from tests.kit.logs import captured_log

IP = "127.0.0.1"


@pytest.fixture(autouse=True)
def _short_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the interval at which a server checks whether it should stop."""
    monkeypatch.setattr(server, "STOP_POLL_SECONDS", 0.01)


def hello(_: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection(IP, port)
    connection.request("GET", path)
    response = connection.getresponse()
    answer = response.status, response.read().decode()
    connection.close()
    return answer


def test_operations_server_selects_the_app_by_the_request_path(tmp_path: Path) -> None:
    port = free_port()
    with operations_server(IP, port, {"/metrics": metrics_app(tmp_path), "/hello": hello}):
        assert get(port, "/hello") == (200, "hello")
        assert get(port, "/metrics")[0] == 200
        assert get(port, "/none") == (404, "The paths are /metrics, /hello.\n")


def test_service_continues_without_metrics_if_the_metrics_port_is_in_use() -> None:
    port = free_port()
    with operations_server(IP, port, {"/": hello}), captured_log() as log:
        with operations_server(IP, port, {"/": hello}):
            pass
        assert get(port, "/") == (200, "hello")
    assert "the metrics port cannot be used" in log.getvalue()


def test_operations_server_is_disabled_if_the_configured_port_is_zero() -> None:
    with operations_server(IP, 0, {"/": hello}), captured_log() as log:
        pass
    assert log.getvalue() == ""


def test_temporary_metrics_directory_is_removed_when_the_service_ends() -> None:
    with shared_directory(None) as directory:
        assert directory.is_dir()
    assert not directory.exists()


def test_configured_metrics_directory_is_not_removed_when_the_service_ends(tmp_path: Path) -> None:
    with shared_directory(tmp_path / "metrics") as directory:
        pass
    assert directory.is_dir()


def test_only_metrics_directories_of_killed_services_are_removed() -> None:
    with shared_directory(None) as running:
        killed = running.with_name("steelyard-metrics-killed")
        starting = running.with_name("steelyard-metrics-starting")
        for directory in (killed, starting):
            directory.mkdir()
        for directory in (running, killed):
            os.utime(directory, (0, 0))
        try:
            remove_left_behind(running.parent)
            assert (running.exists(), starting.exists(), killed.exists()) == (True, True, False)
        finally:
            starting.rmdir()
