"""The service notifies systemd when the service is ready, as a unit with `Type=notify` must."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from entrypoints.cli.systemd import notify_ready
from tests.e2e.serving import PROGRAM, START_SECONDS, STOP_SECONDS, serving
from tests.kit.children import started


@pytest.fixture
def notifications(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket at which systemd would receive notifications."""
    path = str(tmp_path / "notify")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as receiver:
        receiver.bind(path)
        receiver.settimeout(START_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", path)
        yield receiver


def test_service_notifies_systemd_when_the_service_is_ready_for_requests(
    notifications: socket.socket, database_url: str
) -> None:
    with serving(database_url, with_worker=False) as service:
        assert notifications.recv(100) == b"READY=1"
        assert service.address.answers()


def test_service_under_systemd_prints_no_hints_for_terminal_users(
    notifications: socket.socket, database_url: str
) -> None:
    with serving(database_url, with_worker=False) as service:
        notifications.recv(100)
        _, output = service.interrupt()
    assert "Ready " in output
    assert "First admin" not in output
    assert "Ctrl-C" not in output


def test_worker_notifies_systemd_after_its_start(notifications: socket.socket, database_url: str) -> None:
    settings = {"STEELYARD_DATABASE_URL": database_url, "STEELYARD_METRICS_PORT": "0"}
    with started([*PROGRAM, "worker"], env={**os.environ, **settings}) as worker:
        assert notifications.recv(100) == b"READY=1"
        worker.terminate()
        assert worker.wait(STOP_SECONDS) == 0


def test_systemd_notification_is_sent_to_an_abstract_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as receiver:
        receiver.bind("")  # Linux chooses an unused abstract socket name
        receiver.settimeout(STOP_SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", receiver.getsockname().decode().replace("\0", "@", 1))
        notify_ready()
        assert receiver.recv(100) == b"READY=1"


def test_readiness_notification_is_skipped_outside_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify_ready()
