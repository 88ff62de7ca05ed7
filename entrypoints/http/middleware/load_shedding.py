"""Load shedding: reject excess requests before doing any work for them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from application.shared.admission import Admission
from application.shared.errors import Overloaded
from entrypoints.http.problems.prerendered import PrerenderedProblem
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.routing.body import MAX_BODY_BYTES
from entrypoints.metrics.instruments import Counter


@dataclass(frozen=True, slots=True)
class _Gate:
    admission: Callable[[], Admission]
    refusal: PrerenderedProblem
    template: "_Template"


@dataclass(frozen=True, slots=True)
class _Template:
    """The path that the access log shows for a rejected request.

    The log usually shows the path of the route, but load shedding rejects a request before its route is known.
    """

    path_format: str


class LoadSheddingMiddleware:
    """Return 503 immediately while an `Admission` is full.

    Rejecting a request takes only a fraction of the CPU time of handling a request.

    The admission is checked twice: when the headers have arrived, and when the body has arrived. After the second
    check, the admission counts the request, and the app begins to work on the request. If a request were counted
    before its body arrives, clients that never send a body could fill the admission.

    The keys of `gates` are pairs of a method and a path without parameters. Each value is a function that returns the
    admission of the requests with this method and path.
    """

    def __init__(
        self, app: ASGIApp, *, gates: Mapping[tuple[str, str], Callable[[], Admission]], rejections: Counter
    ) -> None:
        self.app = app
        self._rejections = rejections
        self._gates = {
            (method, path): _Gate(admission, PrerenderedProblem(Overloaded(), path), _Template(path))
            for (method, path), admission in gates.items()
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["method"] == "POST":
            gate = self._gates.get(("POST", scope["path"]))
            if gate is not None:
                return self._serve_unless_full(gate, scope, receive, send)
        return self.app(scope, receive, send)

    async def _serve_unless_full(self, gate: _Gate, scope: Scope, receive: Receive, send: Send) -> None:
        admission = gate.admission()
        if not admission.is_full:
            body = _Body(receive)
            await body.arrive()
            if not admission.is_full:
                with admission.received():
                    await self.app(scope, body.receive, send)
                return
        scope["route"] = gate.template
        self._rejections.add((gate.template.path_format,))
        await gate.refusal(scope, receive, send)


class _Body:
    """A body that is received before the app reads it.

    All received parts are joined. A client can send parts of one byte. If each part were stored as a message, the
    messages would take much more memory than the body itself.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._next: Message | None = None
        self._problem: HTTPProblem | None = None

    async def arrive(self) -> None:
        """Receive the body, at most until its size exceeds the maximum size."""
        received, is_whole = bytearray(), False
        try:
            while not is_whole and len(received) <= MAX_BODY_BYTES:
                message = await self._receive()
                if message["type"] == "http.disconnect":
                    self._next = message
                    return
                received += message.get("body", b"")
                is_whole = not message.get("more_body", False)
        except HTTPProblem as problem:
            # `receive` raises the problem later, when the app reads the body. The app's exception handlers then send
            # the response.
            self._problem = problem
            return
        self._next = {"type": "http.request", "body": bytes(received), "more_body": not is_whole}

    async def receive(self) -> Message:
        """Return the next ASGI message. If receiving the body failed, raise the HTTPProblem of the failure."""
        if self._problem is not None:
            raise self._problem
        if self._next is not None:
            message, self._next = self._next, None
            return message
        return await self._receive()
