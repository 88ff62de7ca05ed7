"""A pre-rendered error response; only the request id is filled in."""

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from domain.shared.errors import DomainError
from entrypoints.http.problems.handlers import problem_of_error
from entrypoints.http.problems.problem import ProblemResponse

_REQUEST_ID = "the-request-id"
_LENGTH = b"content-length"


class PrerenderedProblem:
    """An ASGI app that responds with one error, with as little work as possible."""

    def __init__(self, error: DomainError, path: str) -> None:
        request = Request(
            {
                "type": "http",
                "path": path,
                "path_params": {},
                "route": None,
                "state": {"request_id": _REQUEST_ID},
            }
        )
        response = ProblemResponse(request, problem_of_error(error))
        self._code = error.code
        self._status = response.status_code
        self._headers = [header for header in response.raw_headers if header[0] != _LENGTH]
        self._head, self._tail = bytes(response.body).split(_REQUEST_ID.encode())

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        state = scope["state"]
        state["problem"] = self._code
        body = b"%b%b%b" % (self._head, state["request_id"].encode(), self._tail)
        headers = [*self._headers, (_LENGTH, b"%d" % len(body))]
        await send({"type": "http.response.start", "status": self._status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
