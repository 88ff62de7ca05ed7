"""Load shedding: reject excess requests before doing any work for them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from application.shared.admission import Admission
from application.shared.errors import Overloaded
from entrypoints.http.middleware.request_context import (
    Headers,
    completed_headers,
    record_response,
    request_ids,
)
from entrypoints.http.problems.handlers import problem_of_error
from entrypoints.http.problems.problem import ProblemResponse
from entrypoints.metrics.instruments import Counter
from entrypoints.metrics.metrics import HttpMetrics

_METHOD = "POST"
_REQUEST_ID = "the-request-id"
_FILLED_IN = (b"content-length", b"x-request-id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejections:
    """What all rejections share: the metrics, and the security headers of every response.

    `wrap` adds middleware that every response needs.
    """

    metrics: HttpMetrics
    rejected: Counter
    headers: Headers = ()
    wrap: Callable[[ASGIApp], ASGIApp] = lambda app: app


class LoadSheddingMiddleware:
    """The outermost middleware: returns 503 immediately while an `Admission` is full.

    A rejected request passes no other middleware except CORSMiddleware, because a rejection must take only a fraction
    of the CPU time of a request that is handled.

    The keys of `gates` are paths without parameters. Each value is a function that returns the admission of the POST
    requests to this path.
    """

    def __init__(
        self, app: ASGIApp, *, gates: Mapping[str, Callable[[], Admission]], rejections: Rejections
    ) -> None:
        self.app = app
        self._gates = {
            path: (admission, rejections.wrap(_Rejection(path, rejections)))
            for path, admission in gates.items()
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # This method is not a coroutine function, because a second coroutine would take CPU time for every request.
        if scope["type"] != "http" or scope["method"] != _METHOD:
            return self.app(scope, receive, send)
        gate = self._gates.get(scope["path"])
        if gate is None:
            return self.app(scope, receive, send)
        admission, reject = gate[0](), gate[1]
        if admission.is_full:
            return reject(scope, receive, send)
        return self._serve(admission, scope, receive, send)

    async def _serve(self, admission: Admission, scope: Scope, receive: Receive, send: Send) -> None:
        with admission.place() as place:

            async def receive_body() -> Message:
                message = await receive()
                if not message.get("more_body", False):
                    place.body_arrived()
                return message

            await self.app(scope, receive_body, send)


class _Rejection:
    """An ASGI app that returns a 503, which is rendered in advance.

    Only the request id is filled in. The metrics and the access log contain the request like any other request.
    """

    def __init__(self, path: str, rejections: Rejections) -> None:
        request = Request(
            {
                "type": "http",
                "path": path,
                "path_params": {},
                "route": None,
                "state": {"request_id": _REQUEST_ID},
            }
        )
        error = Overloaded()
        response = ProblemResponse(request, problem_of_error(error))
        headers = completed_headers(response.raw_headers, rejections.headers, _REQUEST_ID)
        self.path_format = path
        self._rejections = rejections
        self._code = error.code
        self._status = response.status_code
        self._headers = [header for header in headers if header[0] not in _FILLED_IN]
        self._head, self._tail = bytes(response.body).split(_REQUEST_ID.encode())

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        started = perf_counter()
        scope["route"] = self  # for the traces, because no route has matched
        request_id, recorded_id = request_ids(dict(scope["headers"]).get(b"x-request-id"))
        sent_id = request_id.encode()
        body = b"%b%b%b" % (self._head, sent_id, self._tail)
        headers = [*self._headers, (b"x-request-id", sent_id), (b"content-length", b"%d" % len(body))]
        try:
            await send({"type": "http.response.start", "status": self._status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        finally:
            self._rejections.rejected.add((self.path_format,))
            record_response(
                self._rejections.metrics,
                method=_METHOD,
                route=self.path_format,
                status=self._status,
                seconds=perf_counter() - started,
                recorded_id=recorded_id,
                problem=self._code,
            )
