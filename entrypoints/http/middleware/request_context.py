"""The request context: request id, security headers, unexpected errors and the access log."""

import re
import secrets
from collections.abc import Awaitable
from random import Random
from time import perf_counter

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from entrypoints import logging_config
from entrypoints.http.middleware.request_headers import refusal_of_headers
from entrypoints.http.problems.problem import HTTPProblem, ProblemResponse
from entrypoints.metrics.cells import Cells
from entrypoints.metrics.metrics import HttpMetrics

_log = structlog.get_logger(__name__)

_ACCEPTABLE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ids = Random(secrets.randbits(128))  # noqa: S311 - a request id has to be unique, not secret
"""The generator of request ids.

The operating system provides only the seed of the generator. A system call for each id would take longer than the
rest of this middleware.
"""
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_CLIENT_CLOSED_REQUEST = 499
"""The status in the log if the client disconnected before it got a response, as in nginx."""

Headers = tuple[tuple[bytes, bytes], ...]

_ALWAYS: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_OVER_TLS: Headers = ((b"strict-transport-security", b"max-age=31536000; includeSubDomains"),)
_CONTENT_SECURITY_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NO_STORE = (b"cache-control", b"no-store")
_NO_STORE_WITH_ETAG = (b"cache-control", b"no-store, no-transform")
"""The default Cache-Control header of responses with an ETag.

A proxy that compresses responses can change the ETag. If the client sent the changed ETag in If-Match, the service
would reject the request. `no-transform` forbids such changes (RFC 9111, 5.2.2.6).
"""


async def internal_error(scope: Scope, receive: Receive, send: Send) -> None:
    """Return 500 without details for an unexpected error."""
    await ProblemResponse(Request(scope), HTTPProblem("internal_error"))(scope, receive, send)


class RequestContextMiddleware:
    """Request ids, unexpected errors, access log and metrics.

    If the client's `X-Request-Id` has 1 to 64 letters, digits, dots, hyphens and underscores, its value is the
    request id. Otherwise the middleware creates a request id. Handlers read the request id from
    `request.state.request_id`.

    Records and logs contain `request.state.recorded_id`. If the client chose the request id, the recorded id begins
    with `client:`. An entry with a client's id can therefore not look like an entry of a worker.

    The access log contains the template of the route. It does not contain the path, the query or headers, because
    clients choose their content.

    If a request fails before the response begins, the app `unexpected` responds.

    HEAD is handled as GET (RFC 9110, section 9.3.2), and the server omits the response body. Each response has the
    security headers `headers`.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: HttpMetrics | None = None,
        unexpected: ASGIApp = internal_error,
        headers: Headers = _ALWAYS,
    ) -> None:
        self.app = app
        self._metrics = metrics or HttpMetrics(Cells())
        self.unexpected = unexpected
        self._always = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = perf_counter()
        headers = dict(scope["headers"])
        request_id, recorded_id = request_ids(headers.get(b"x-request-id"))
        scope.setdefault("state", {}).update(request_id=request_id, recorded_id=recorded_id)
        method = scope["method"]
        if method == "HEAD":
            scope["method"] = "GET"
        token = logging_config.request_id.set(recorded_id)
        status = 0
        self._metrics.begin()

        def send_with_headers(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = completed_headers(message.get("headers", ()), self._always, request_id)
            return send(message)

        try:
            refusal = refusal_of_headers(scope["headers"], number_of_names=len(headers))
            served = self.app if refusal is None else ProblemResponse(Request(scope), refusal)
            await served(scope, receive, send_with_headers)
        except ClientDisconnect:
            pass
        except Exception:  # noqa: BLE001 - every unexpected error is logged and gets a 500
            _log.exception("unexpected error", route=_template(scope))
            if status:
                raise ResponseCutOff from None
            await self.unexpected(scope, receive, send_with_headers)
        finally:
            seconds = perf_counter() - started
            self._metrics.end()
            record_response(
                self._metrics,
                method=method,
                route=_template(scope),
                status=status or _CLIENT_CLOSED_REQUEST,
                seconds=seconds,
                recorded_id=recorded_id,
                problem=scope["state"].get("problem"),
            )
            logging_config.request_id.reset(token)


class ResponseCutOff(Exception):
    """A response failed after it had begun.

    The server closes the connection, so that the client notices the failure.
    """


def request_ids(sent: bytes | None) -> tuple[str, str]:
    """Return the request id and the recorded id of a request that has this `X-Request-Id`."""
    if sent and _ACCEPTABLE_ID.fullmatch(sent):
        given = str(sent, "ascii")
        return given, f"client:{given}"
    created = _ids.randbytes(16).hex()
    return created, created


def headers_of_every_response(*, over_tls: bool) -> Headers:
    """Return the security headers of every response.

    With `over_tls`, one of them is Strict-Transport-Security (RFC 6797).
    """
    return _ALWAYS + _OVER_TLS if over_tls else _ALWAYS


def completed_headers(
    headers: list[tuple[bytes, bytes]], always: Headers, request_id: str
) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response with `always`, the request id, and the defaults of absent headers."""
    present = dict(headers)
    completed = [*headers, *always, (b"x-request-id", request_id.encode())]
    if b"cache-control" not in present:
        completed.append(_NO_STORE_WITH_ETAG if b"etag" in present else _NO_STORE)
    if b"content-security-policy" not in present:
        completed.append(_CONTENT_SECURITY_POLICY)
    return completed


def record_response(
    metrics: HttpMetrics,
    *,
    method: str,
    route: str | None,
    status: int,
    seconds: float,
    recorded_id: str,
    problem: str | None,
) -> None:
    """Record a response in the metrics and in the access log."""
    is_known = method in _METHODS
    metrics.record(
        method=method if is_known else "_OTHER", route=route, status=status, seconds=seconds, problem=problem
    )
    logging_config.log_request(
        method=method if is_known else "other",
        route=route,
        status=status,
        duration_ms=seconds * 1000,
        request_id=recorded_id,
        problem=problem,
    )


def _template(scope: Scope) -> str | None:
    """Return the route's path with the names of its parameters, or None if no route matched."""
    return getattr(scope.get("route"), "path_format", None)
