"""The route class of every router: `APIRouter(route_class=StrictRoute)`."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import cached_property, partial
from http import HTTPStatus
from inspect import isasyncgenfunction, isgeneratorfunction
from typing import Any, get_origin

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import ResponseValidationError
from fastapi.routing import APIRoute
from pydantic_core import PydanticUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from entrypoints.http.draft import MutableResponse
from entrypoints.http.middleware.admission import AdmissionGuard
from entrypoints.http.middleware.request_drainer import RequestDrainer
from entrypoints.http.problems.openapi import problems_of_dependency, with_problems
from entrypoints.http.problems.schema_paths import bare, fields_of
from entrypoints.http.routing.body import (
    FORM,
    JSON,
    MAX_BODY_BYTES,
    MAX_FORM_BYTES,
    MERGE_PATCH,
    StrictRequest,
    ensure_readable,
    ensure_readable_form,
)
from entrypoints.http.routing.compiled_dependencies import CompiledDependencies, NotCompilable
from entrypoints.http.routing.query import ensure_known, remembering
from entrypoints.http.security.scopes import security_of_dependency

_SAFE = {"GET", "HEAD", "OPTIONS"}


class StrictRoute(APIRoute):
    """A route that refuses what it does not understand, and finishes what it has begun.

    Bodies are strict JSON of a bounded size and of the declared media type. Query parameters are known and not
    repeated. Who comes to an endpoint that is marked by `limit_admission` is counted first, and then the body is read: reading
    it is waiting for the client. The dependencies and the endpoint run as one piece of work of `app.state.request_drainer` (an RequestDrainer), out of
    reach of a client that leaves.

    The problems that this can lead to, and those that dependencies are marked with (`raises_problems`), are added to
    the documented responses; a route that never asks for authentication is documented as one that does without, and one that is open to clients
    with their scopes. Query
    parameters are declared by the route or its router: those of dependencies that are given to `include_router` are
    not seen, and hence refused.

    An endpoint that is planned may return bytes: its response model's JSON, written already.

    What only reads (RFC 9110, section 9.2.1) has nothing to finish: it runs in its client's own task.

    Raises TypeError for a dependency with `yield`: FastAPI would close it when the client leaves, under the hands of
    the work, and after the response has said that all is well.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - those of APIRoute
        self.door = AdmissionGuard.of(endpoint, path)
        super().__init__(path, endpoint, **options)
        problems = set(self._problems())
        self.responses = with_problems(self.responses, *problems)
        others = [*self._security_of_clients()]
        if "authentication_required" not in problems:
            others.append({})
        if others:
            self.openapi_extra = {**(self.openapi_extra or {}), "security": others}
        if not self.is_compiled:
            return
        self.answer = self.get_route_handler()

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            response = await self.answer(Request(scope, receive, send))
            await response(scope, receive, send)

        self.app = serve

    @property
    def is_compiled(self) -> bool:
        """Tell whether `answer` makes a response of a request, without anything of the framework around it."""
        return self._plan is not None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        dependants = list(_tree(self.dependant))
        _ensure_no_yield(dependants)
        repeatable = dict(_query_parameters(dependants))
        ensure_acceptable = remembering(partial(ensure_known, repeatable=repeatable))
        door = self.door
        has_body = self.body_field is not None
        media_types = self._json_media_types()
        max_body_bytes = MAX_BODY_BYTES if media_types else MAX_FORM_BYTES
        work = self._work()
        only_reads = (self.methods or set()) <= _SAFE

        async def handle(request: Request) -> Response:
            if door is None:
                return await read_and_work(request)
            with door.admission(request.app).entered():
                return await read_and_work(request)

        async def read_and_work(request: Request) -> Response:
            if query_string := request.scope["query_string"]:
                ensure_acceptable(query_string)
            if has_body:
                request = StrictRequest(request.scope, request.receive, max_body_bytes)
                body = await request.body()
                if body:
                    ensure_readable(request, media_types or (FORM,))
                    if media_types:
                        await request.json()
                    else:
                        ensure_readable_form(body)
            request_drainer: RequestDrainer = request.app.state.request_drainer
            run = request_drainer.run_here if only_reads else request_drainer.run
            return await run(partial(work, request))

        return handle

    @cached_property
    def _plan(self) -> CompiledDependencies | None:
        """What FastAPI would do, worked out beforehand; None for what plans do not know, such as forms."""
        if self.body_field is not None and not self._json_media_types():
            return None
        try:
            return CompiledDependencies(self.dependant)
        except NotCompilable:
            return None

    def _work(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request whose body has been read."""
        plan = self._plan
        if plan is None:
            return super().get_route_handler()
        reads_json = bool(self._json_media_types())
        result_field = self.response_field
        status = self.status_code or HTTPStatus.OK.value

        async def work(request: Request) -> Response:
            body = await request.json() if reads_json and await request.body() else PydanticUndefined
            answered = MutableResponse(status)
            result = await plan.run(request, answered, body)
            if isinstance(result, Response):
                return result
            if isinstance(result, bytes):
                content = result
            elif result_field is None:
                content = b""
            else:
                value, errors = result_field.validate(result, loc=("response",))
                if errors:
                    raise ResponseValidationError(errors)
                content = result_field.serialize_json(value)
            return answered.filled(content)

        return work

    def _json_media_types(self) -> tuple[str, ...]:
        """Return the media types of the JSON that is read: none without a body, or for a form."""
        if self.body_field is None or isinstance(self.body_field.field_info, params.Form):
            return ()
        media_type = getattr(self.body_field.field_info, "media_type", JSON)
        return (MERGE_PATCH, JSON) if media_type == MERGE_PATCH else (JSON,)

    def _security_of_clients(self) -> Iterator[dict[str, list[str]]]:
        """Yield what opens the route beside a user's log-in; FastAPI adds it to that."""
        for dependant in _tree(self.dependant):
            yield from security_of_dependency(dependant.call)

    def _problems(self) -> Iterator[str]:
        yield from (
            "malformed_request",
            "query_too_large",
            "headers_too_large",
            "unknown_parameter",
            "internal_error",
            "shutting_down",
        )
        for dependant in _tree(self.dependant):
            yield from problems_of_dependency(dependant.call)
            if dependant.path_params or dependant.query_params or dependant.header_params:
                yield "validation_failed"
        if self.body_field is not None:
            yield from ("body_too_large", "unsupported_media_type", "validation_failed")
            if self._json_media_types():
                yield "malformed_json"


def _tree(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for dependency in dependant.dependencies:
        yield from _tree(dependency)


def _ensure_no_yield(dependants: Sequence[Dependant]) -> None:
    for dependant in dependants[1:]:
        if isgeneratorfunction(dependant.call) or isasyncgenfunction(dependant.call):
            raise TypeError(f"{dependant.call.__qualname__} is a dependency with yield; see StrictRoute")


def _query_parameters(dependants: Sequence[Dependant]) -> Iterator[tuple[str, bool]]:
    """Yield each query parameter's name, and whether it may be repeated."""
    for dependant in dependants:
        for field in dependant.query_params:
            annotation = field.field_info.annotation
            members = fields_of(annotation) or {field.validation_alias or field.alias: annotation}
            for name, member in members.items():
                yield name, get_origin(bare(member)) in (list, set, tuple, frozenset)
