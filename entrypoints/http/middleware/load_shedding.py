"""Load shedding: reject excess requests before doing any work for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from application.shared.admission import Admission
from application.shared.errors import Overloaded
from entrypoints.http.problems.prerendered import PrerenderedProblem
from entrypoints.metrics.instruments import Counter


@dataclass(frozen=True, slots=True)
class _Gate:
    admission: Callable[[], Admission]
    refusal: PrerenderedProblem
    template: "_Template"


@dataclass(frozen=True, slots=True)
class _Template:
    """A substitute for the route in the access log.

    Load shedding rejects a request before its route is known.
    """

    path_format: str


class LoadSheddingMiddleware:
    """Return 503 at once while an admission is full. This takes a fraction of the usual work.

    The admission is checked when the headers have arrived, and again when the body has arrived. A request whose body
    arrives after other requests have filled the admission is rejected before its token and its body are checked.

    The middleware takes no place of the admission. Otherwise clients that are unauthenticated or have not sent their
    bodies could exclude others. The endpoint takes a place after the body was read and the token was checked.

    `gates` maps a method and a path without parameters to a function that returns the admission.
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            gate = self._gates.get(("POST", scope["path"]))
            if gate is not None:
                await self._serve_unless_full(gate, scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _serve_unless_full(self, gate: _Gate, scope: Scope, receive: Receive, send: Send) -> None:
        admission = gate.admission()

        async def receive_unless_full() -> Message:
            message = await receive()
            if admission.is_full and message["type"] == "http.request" and not message.get("more_body"):
                raise _Full
            return message

        try:
            if not admission.is_full:
                await self.app(scope, receive_unless_full, send)
                return
        except _Full:
            pass
        scope["route"] = gate.template
        self._rejections.add((gate.template.path_format,))
        await gate.refusal(scope, receive, send)


class _Full(Exception):
    """The admission is full now that the body has arrived."""
