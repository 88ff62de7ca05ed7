import asyncio
import json
import re
from collections.abc import AsyncIterator
from io import StringIO

import pytest
import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Message, Scope

from entrypoints.http.middleware.request_context import RequestContextMiddleware, ResponseCutOff
from entrypoints.http.middleware.request_headers import MAX_BYTES
from entrypoints.http.routing.strict_route import StrictRoute
from tests.kit.apps import app_of, ask
from tests.kit.logs import captured_log

CANARY = "hunter2-C4n4ry"

router = APIRouter(route_class=StrictRoute)


@router.get("/things/{thing_id}")
async def get_thing(thing_id: str, request: Request) -> str:
    return str(request.state.request_id)


@router.post("/things")
async def create_thing(thing: dict[str, str]) -> dict[str, str]:
    return thing


@router.get("/cached")
async def get_cached(response: Response) -> str:
    response.headers["Cache-Control"] = "public"
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    return ""


@router.get("/broken")
async def fail() -> str:
    raise RuntimeError(CANARY)


@router.get("/cut-off")
async def cut_off() -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"begun"
        raise RuntimeError(CANARY)

    return StreamingResponse(chunks())


def http_scope(path: str, *headers: tuple[bytes, bytes], method: str = "GET", query: bytes = b"") -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "query_string": query,
        "root_path": "",
        "headers": list(headers),
        "client": ("203.0.113.9", 1),
        "server": ("shop", 80),
    }


async def receive_nothing() -> Message:
    """Wait forever, like a client that sends no body and stays connected."""
    await asyncio.Event().wait()
    raise AssertionError


class SentMessages:
    """The ASGI messages sent by an app."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])


async def lines(log: StringIO) -> list[dict[str, object]]:
    await asyncio.sleep(0)  # log lines are written at the end of the loop's iteration
    return [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/things/1", 200),
        ("GET", "/things/1?x=1", 400),
        ("GET", "/nowhere", 404),
        ("DELETE", "/things/1", 405),
        ("GET", "/broken", 500),
        ("GET", "/problems", 200),
    ],
)
async def test_every_response_of_the_middleware_has_a_request_id(method: str, path: str, status: int) -> None:
    response = await ask(router, method, path)
    assert response.status_code == status
    assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-Id"])
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    if path != "/problems":
        assert response.headers["Cache-Control"] == "no-store"


async def test_requests_without_a_request_id_get_unique_request_ids() -> None:
    ids = {(await ask(router, "GET", "/things/1")).headers["X-Request-Id"] for _ in range(5)}
    assert len(ids) == 5


@pytest.mark.parametrize("given", ["a", "A-1_b.2", "x" * 64])
async def test_valid_request_id_of_the_client_is_used(given: str) -> None:
    response = await ask(router, "GET", "/things/1", headers={"X-Request-Id": given})
    assert (response.headers["X-Request-Id"], response.json()) == (given, given)


@pytest.mark.parametrize(
    "given", [b"", b"x" * 65, b"a b", b"a\r\nSet-Cookie: x", b"a\n", b"\xff", b"a\0", b"<b>"]
)
async def test_middleware_replaces_a_malformed_request_id_of_the_client(given: bytes, log: StringIO) -> None:
    sent = SentMessages()
    await app_of(router)(http_scope("/things/1", (b"x-request-id", given)), receive_nothing, sent)
    [id_] = [value for name, value in sent.messages[0]["headers"] if name == b"x-request-id"]
    assert re.fullmatch(rb"[0-9a-f]{32}", id_)


async def test_route_can_set_the_headers_cache_control_and_content_security_policy() -> None:
    response = await ask(router, "GET", "/cached")
    assert response.headers.get_list("Cache-Control") == ["public"]
    assert response.headers.get_list("Content-Security-Policy") == ["default-src 'self'"]


async def test_access_log_contains_the_route_template_but_no_input_of_the_client(log: StringIO) -> None:
    await ask(
        router,
        "GET",
        f"/things/{CANARY}?{CANARY}={CANARY}",
        headers={"Authorization": f"Bearer {CANARY}", "User-Agent": CANARY, "X-Request-Id": "r-1"},
    )
    [line] = await lines(log)
    assert CANARY not in log.getvalue()
    assert isinstance(line.pop("duration_ms"), float)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": "/things/{thing_id}",
        "status": 400,
        "problem": "unknown_parameter",
        "request_id": "client:r-1",
    }


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/\0", b"\0"),
        ("GET", "/things/\udcff", b"\xff"),
        ("GET", "/things/\r\n{}", b"\r\nX: y"),
        ("BREW\r\nX: y", "/things/1", b""),
        ("GET", "/\x1b[2J", b"\x1b[2J"),
    ],
)
async def test_hostile_request_gets_an_error_response_and_one_log_line(
    method: str, path: str, query: bytes, log: StringIO
) -> None:
    sent = SentMessages()
    await app_of(router)(http_scope(path, method=method, query=query), receive_nothing, sent)
    assert 400 <= sent.status < 500
    [line] = await lines(log)
    assert line["status"] == sent.status
    assert line["method"] in {"GET", "other"}


async def test_request_for_an_unknown_path_is_logged_without_the_path(log: StringIO) -> None:
    await ask(router, "GET", "/nothing/canary")
    [line] = await lines(log)
    assert (line["method"], line["route"], line["status"]) == ("GET", "(no route matched)", 404)
    assert "canary" not in log.getvalue()


async def test_exception_outside_of_routes_returns_500(log: StringIO) -> None:
    async def broken(scope: object, receive: object, send: object) -> None:
        raise RuntimeError(CANARY)

    sent = SentMessages()
    await RequestContextMiddleware(broken)(http_scope("/x"), receive_nothing, sent)
    assert sent.status == 500
    assert json.loads(sent.messages[1]["body"])["code"] == "internal_error"
    assert CANARY not in log.getvalue()


async def test_response_is_aborted_if_an_error_occurs_after_the_response_has_started(log: StringIO) -> None:
    sent = SentMessages()
    with pytest.raises(ResponseCutOff) as broken:
        await app_of(router)(http_scope("/cut-off"), receive_nothing, sent)
    assert broken.value.__cause__ is None
    assert broken.value.__suppress_context__
    assert [message.get("body") for message in sent.messages] == [None, b"begun"]
    assert (b"x-content-type-options", b"nosniff") in sent.messages[0]["headers"]
    assert [line["event"] for line in await lines(log)] == ["unexpected error", "request"]


async def test_client_disconnect_is_logged(log: StringIO) -> None:
    async def wait_for_ever(scope: object, receive: object, send: object) -> None:
        await asyncio.Event().wait()

    task = asyncio.create_task(
        RequestContextMiddleware(wait_for_ever)(http_scope("/x"), receive_nothing, SentMessages())
    )
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [line["status"] for line in await lines(log)] == [499]


async def test_interrupted_body_is_rejected_with_400(log: StringIO) -> None:
    async def break_off() -> Message:
        return {"type": "http.disconnect"}

    sent = SentMessages()
    await app_of(router)(http_scope("/things", method="POST"), break_off, sent)
    assert sent.status == 400
    assert [(line["status"], line["problem"]) for line in await lines(log)] == [(400, "malformed_request")]


async def test_headers_above_the_size_limit_are_rejected() -> None:
    fits = (b"x", b"a" * (MAX_BYTES - 1))
    accepted, refused = SentMessages(), SentMessages()
    await app_of(router)(http_scope("/things/1", fits), receive_nothing, accepted)
    await app_of(router)(http_scope("/things/1", fits, (b"y", b"")), receive_nothing, refused)
    assert [accepted.status, refused.status] == [200, 431]
    assert json.loads(refused.messages[1]["body"])["params"] == {"max_bytes": MAX_BYTES}


@pytest.mark.parametrize("name", [b"host", b"content-type"])
async def test_repeated_header_that_permits_only_one_value_is_rejected(name: bytes) -> None:
    once, twice = SentMessages(), SentMessages()
    await app_of(router)(http_scope("/things/1", (name, b"a")), receive_nothing, once)
    await app_of(router)(http_scope("/things/1", (name, b"a"), (name, b"b")), receive_nothing, twice)
    assert [once.status, twice.status] == [200, 400]
    assert json.loads(twice.messages[1]["body"])["code"] == "malformed_request"


@pytest.mark.parametrize("level", ["warning", "info access=warning"])
async def test_access_log_can_be_disabled(level: str) -> None:
    app = FastAPI()
    app.add_middleware(RequestContextMiddleware)
    with captured_log(level) as log:
        assert (await ask(app, "GET", "/x")).status_code == 404
    assert log.getvalue() == ""


async def test_access_log_can_be_enabled_while_other_logs_are_disabled() -> None:
    app = FastAPI()
    app.add_middleware(RequestContextMiddleware)
    with captured_log("warning access=info") as log:
        structlog.get_logger("entrypoints.http").info("omitted")
        await ask(app, "GET", "/x")
        await asyncio.sleep(0)  # the log is written once per iteration of the event loop
    assert [json.loads(line)["event"] for line in log.getvalue().splitlines()] == ["request"]
