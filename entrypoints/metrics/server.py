"""A small HTTP server for operators on a separate port, and the directory in which processes share metrics."""

import fcntl
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from socket import AF_INET, AF_INET6
from tempfile import TemporaryDirectory
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.exposition import ThreadingWSGIServer

from entrypoints.metrics.exposition import ServiceMetrics

_log = structlog.get_logger(__name__)

CLIENT_SECONDS = 5
"""The timeout of a client's connection, in seconds, while a request is read or a response is sent."""
STOP_POLL_SECONDS = 0.1
"""The number of seconds between two checks whether the server has to stop. A longer pause would delay the stop."""

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_PREFIX = "steelyard-metrics-"
_LEFT_BEHIND_AFTER = 60
"""The age, in seconds, above which an unlocked directory must belong to a killed service.

A younger directory can belong to a service that is starting.
"""

_MEMORY = Path("/dev/shm")  # noqa: S108 - the files have names that no other user can choose or read
"""A file system in memory on Linux. On a disk, writes to the files could wait for the disk."""


@contextmanager
def shared_directory(configured: Path | None) -> Iterator[Path]:
    """Yield the directory in which processes share their metrics.

    If no directory is configured, a temporary directory is created.

    If a service is killed, its temporary directory remains. When another service starts, that service removes the
    directory.
    """
    if configured is not None:
        configured.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield configured
        return
    with ExitStack() as stack:
        try:
            made = stack.enter_context(TemporaryDirectory(prefix=_PREFIX, dir=_MEMORY))
        except OSError:
            made = stack.enter_context(TemporaryDirectory(prefix=_PREFIX))
        remove_left_behind(Path(made).parent)
        stack.enter_context(_locked(Path(made)))
        yield Path(made)


def remove_left_behind(parent: Path) -> None:
    """Remove the directories of killed services."""
    for directory in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # the directory belongs to another user, or was removed in the meantime
            is_old = directory.stat().st_mtime < time.time() - _LEFT_BEHIND_AFTER
            with _locked(directory):
                if is_old:
                    shutil.rmtree(directory)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Lock a directory. The kernel releases the lock when the process ends.

    Raises OSError if another process has locked the directory.
    """
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def metrics_app(directory: Path) -> WsgiApp:
    """Return the app that answers with the metrics of all processes that share the directory."""
    registry = CollectorRegistry()
    registry.register(ServiceMetrics(directory))
    app: WsgiApp = make_wsgi_app(registry)
    return app


@contextmanager
def operations_server(ip: str, port: int, apps: Mapping[str, WsgiApp]) -> Iterator[None]:
    """Serve each app at its path, in threads. With port 0, no server is started.

    If the port is in use, an error is logged, and the service runs without this server.
    """
    if not port:
        yield
        return
    try:
        server = make_server(ip, port, _by_path(apps), _server_class(ip), _QuietHandler)
    except OSError as error:
        _log.error("the metrics port cannot be used: metrics are not served", port=port, error=error.strerror)
        yield
        return
    thread = threading.Thread(
        target=server.serve_forever, args=(STOP_POLL_SECONDS,), name="metrics", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _by_path(apps: Mapping[str, WsgiApp]) -> WsgiApp:
    def not_found(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response(f"{HTTPStatus.NOT_FOUND} Not Found", [("Content-Type", "text/plain")])
        return [f"The paths are {', '.join(apps)}.\n".encode()]

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return apps.get(environ["PATH_INFO"], not_found)(environ, start_response)

    return app


def _server_class(ip: str) -> type[WSGIServer]:
    class Server(ThreadingWSGIServer):
        address_family = AF_INET6 if ":" in ip else AF_INET

    return Server


class _QuietHandler(WSGIRequestHandler):
    timeout = CLIENT_SECONDS

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the overridden method has this parameter name
        """Log nothing, because a scrape is not an event."""
