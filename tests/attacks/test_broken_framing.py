"""Requests whose bytes are not HTTP, sent over a socket to a running service.

Each request gets a 400.
"""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from tests.e2e.serving import Service, serving
from tests.kit.openapi import Operation, operations
from tests.kit.samples import FORM
from tests.servers.databases import create_empty, drop

WITH_BODY = [operation for operation in operations() if "requestBody" in operation.described]
NO_ID = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def service(database_server: str) -> Iterator[Service]:
    url = asyncio.run(create_empty(database_server))
    with serving(url, with_worker=False) as service:
        service.await_answer()
        yield service
    asyncio.run(drop(database_server, url))


def answer_to(service: Service, head: str, body: bytes = b"") -> bytes:
    """Send a request and return the status line of the response."""
    with socket.create_connection((service.address.ip, service.address.port), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
        return connection.makefile("rb").readline().strip()


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
def test_malformed_chunk_is_rejected_with_400(service: Service, operation: Operation) -> None:
    path = operation.path.format_map(AnyId())
    [media_type, *_] = operation.described["requestBody"]["content"]
    head = (
        f"{operation.method} {path} HTTP/1.1\nHost: shop\nContent-Type: {media_type}\n"
        "Transfer-Encoding: chunked\n"
    )
    assert answer_to(service, head, b"3\r\nabc\r\nZZZ\r\n") == b"HTTP/1.1 400 Bad Request"


def test_request_with_two_host_headers_is_rejected_with_400(service: Service) -> None:
    request = "GET /v1/products HTTP/1.1\nHost: shop\n"
    assert answer_to(service, request) == b"HTTP/1.1 200 OK"
    assert answer_to(service, request + "Host: elsewhere\n") == b"HTTP/1.1 400 Bad Request"


def test_raw_http_request_with_an_invalid_utf_8_query_returns_400(service: Service) -> None:
    request = "GET /v1/products?q=%ff%fe HTTP/1.1\nHost: shop\n"
    assert answer_to(service, request) == b"HTTP/1.1 400 Bad Request"


def test_service_keeps_running_after_a_client_disconnects_while_sending_a_body(service: Service) -> None:
    for _ in range(5):
        with socket.create_connection((service.address.ip, service.address.port), timeout=10) as connection:
            head = f"POST /token HTTP/1.1\r\nHost: shop\r\nContent-Type: {FORM}\r\nContent-Length: 99\r\n"
            connection.sendall(f"{head}\r\nusername=ann".encode())
    assert answer_to(service, "GET /livez HTTP/1.1\nHost: shop\n") == b"HTTP/1.1 200 OK"


class AnyId(dict[str, str]):
    """A mapping that contains an id for every path parameter. The value for `provider` is the name of a provider."""

    def __missing__(self, name: str) -> str:
        return "sandbox" if name == "provider" else NO_ID
