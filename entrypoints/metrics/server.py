"""A small HTTP server for operators, on a port of its own."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
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
"""The time for a client to send its request and to accept data of the response."""

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_MEMORY = Path("/dev/shm")  # noqa: S108 - the files have names that no other user can choose or read
"""A file system in memory on Linux. On a disk, writes to the files could wait for the disk."""


@contextmanager
def shared_directory(configured: Path | None) -> Iterator[Path]:
    """Yield the directory in which processes share their metrics: the configured one, or a temporary one."""
    if configured is not None:
        configured.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield configured
        return
    with ExitStack() as stack:
        try:
            made = stack.enter_context(TemporaryDirectory(prefix="steelyard-metrics-", dir=_MEMORY))
        except OSError:
            made = stack.enter_context(TemporaryDirectory(prefix="steelyard-metrics-"))
        yield Path(made)


def metrics_app(directory: Path) -> WsgiApp:
    """Return the app that answers with the metrics of all processes that share the directory."""
    registry = CollectorRegistry()
    registry.register(ServiceMetrics(directory))
    app: WsgiApp = make_wsgi_app(registry)
    return app


@contextmanager
def operations_server(ip: str, port: int, apps: Mapping[str, WsgiApp]) -> Iterator[None]:
    """Serve apps by their paths in threads. With port 0, serve nothing.

    A port that is in use is logged and does not stop the service, which can work without it.
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
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
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

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden method
        """Log nothing: a scrape is no event."""
