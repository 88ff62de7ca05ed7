"""The service disconnects clients that do not read responses. The tests use real sockets."""

import asyncio
import socket
from contextlib import ExitStack

import psutil  # type: ignore[import-untyped]  # two calls do not justify a stub package

from tests.e2e.serving import Service, serving

REQUEST = b"GET /openapi.json HTTP/1.1\r\nHost: shop\r\n"
REQUESTS = (REQUEST + b"\r\n") * 19 + REQUEST + b"Connection: close\r\n\r\n"
"""The paths of responses that are longer than the kernel's buffers for a connection."""


def connect(sockets: ExitStack, port: int) -> socket.socket:
    connection = sockets.enter_context(socket.socket())
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", port))
    return connection


def is_served(service: Service, connection: socket.socket) -> bool:
    """Return whether a process of the service still has this connection."""
    processes = psutil.Process(service.process.pid).children()
    client = connection.getsockname()
    return any(other.raddr == client for process in processes for other in process.net_connections("tcp"))


def count_bytes(connection: socket.socket) -> int:
    """Return the number of bytes that arrive until the connection is closed."""
    count = 0
    try:
        while part := connection.recv(65536):
            count += len(part)
    except ConnectionResetError:
        pass
    return count


async def test_service_closes_only_the_connection_of_a_client_with_an_unread_response(
    database_url: str,
) -> None:
    with ExitStack() as sockets:
        service = sockets.enter_context(
            serving(database_url, with_worker=False, log_level="error", unread_response_timeout="PT1S")
        )
        service.await_answer()
        read = connect(sockets, service.address.port)
        read.sendall(REQUESTS)
        whole = await asyncio.to_thread(count_bytes, read)
        idle, unread = (connect(sockets, service.address.port) for _ in range(2))
        unread.sendall(REQUESTS)
        async with asyncio.timeout(30):
            while is_served(service, unread):  # noqa: ASYNC110 - must poll, because the kernel sends no notification
                await asyncio.sleep(0.1)
        assert await asyncio.to_thread(count_bytes, unread) < whole
        idle.sendall(REQUEST + b"Connection: close\r\n\r\n")
        assert await asyncio.to_thread(count_bytes, idle) >= whole // 20
        code, output = service.interrupt()
    assert (code, "Traceback" in output) == (0, False)
