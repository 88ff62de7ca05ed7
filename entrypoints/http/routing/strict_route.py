"""The route class of every router: `APIRouter(route_class=StrictRoute)`."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from http import HTTPStatus
from typing import Any, ClassVar, get_origin

from fastapi import params
from fastapi.routing import APIRoute
from pydantic_core import PydanticUndefined
from starlette.requests import Request
from starlette.responses import Response

from entrypoints.http.middleware.request_drainer import RequestDrainer
from entrypoints.http.problems.openapi import problems_of_dependency, with_problems
from entrypoints.http.problems.schema_paths import bare, fields_of
from entrypoints.http.representation.compression import compressed, is_compressing
from entrypoints.http.representation.etags import IF_NONE_MATCH
from entrypoints.http.representation.response_headers import headers_of_dependency, with_headers
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
from entrypoints.http.routing.compiled_dependencies import Unsupported
from entrypoints.http.routing.compiled_handler import Handle, compile_handler, stock_handler
from entrypoints.http.routing.fastapi_internals import (
    Dependant,
    dependants_of,
    effective_route,
    is_generator,
)
from entrypoints.http.routing.query import ensure_known, remembering
from entrypoints.http.security.scopes import security_of_dependency

_SAFE = {"GET", "HEAD", "OPTIONS"}


class StrictRoute(APIRoute):
    """A route that rejects unknown input, and completes changes even if the client disconnects.

    A body must be strict JSON, with a bounded size and the declared media type. Unknown and repeated query parameters
    are rejected.

    If a route changes something, its dependencies and its endpoint run as one task of `app.state.request_drainer`.
    This task runs to completion even if the client disconnects. Read requests (RFC 9110, section 9.2.1) are canceled
    if the client disconnects.

    Dependencies with the mark `before_body`, such as rate limits, are solved first. The query and the body are
    checked after that.

    The documented responses contain the problems of these checks and of dependencies (`raises_problems`), and the
    headers that dependencies send (`sends_headers`). The documented security contains the scopes of clients.

    The README of this package lists the supported features. If a route uses another feature, its creation raises
    Unsupported.
    """

    compiles: ClassVar[bool] = True
    """Whether dependencies are compiled.

    If this attribute is false, FastAPI's own handler solves the dependencies, with the same result.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - the arguments of APIRoute
        super().__init__(path, endpoint, **options)
        problems = set(_problems(self))
        self.responses = with_headers(
            with_problems(self.responses, *problems), self.status_code or HTTPStatus.OK, _headers(self)
        )
        security = list(_security_of_clients(self))
        if "authentication_required" not in problems:
            security.append({})
        extra: dict[str, Any] = {"security": security} if security else {}
        if HTTPStatus.NOT_MODIFIED in self.responses:
            extra["parameters"] = [IF_NONE_MATCH]
        self.openapi_extra = {**(self.openapi_extra or {}), **extra}

    @cached_property
    def own_handler(self) -> Handle:
        """The handler of the route as it was declared, without additions of `include_router`."""
        return self.get_route_handler()

    def get_route_handler(self) -> Handle:
        route = effective_route(self)
        _ensure_no_yield(route)
        handler = compile_handler(route) if self.compiles else stock_handler(self, route)
        repeatable = dict(_query_parameters(dependants_of(route.dependant)))
        ensure_acceptable = remembering(partial(ensure_known, repeatable=repeatable))
        has_body = route.body_field is not None
        media_types = _json_media_types(route)
        max_body_bytes = MAX_BODY_BYTES if media_types else MAX_FORM_BYTES
        only_reads = (route.methods or set()) <= _SAFE
        compresses = any(is_compressing(dependant.call) for dependant in dependants_of(route.dependant))

        async def read_body(request: Request) -> Any:  # noqa: ANN401 - any JSON value, or a form
            """Return the parsed body. Raises HTTPProblem."""
            body = await request.body()
            if body:
                ensure_readable(request, media_types or (FORM,))
            if media_types:
                return await request.json() if body else PydanticUndefined
            ensure_readable_form(body)
            return await request.form()

        async def handle(request: Request) -> Response:
            if has_body:
                request = StrictRequest(request.scope, request.receive, max_body_bytes)
            begun = await handler.begin(request)
            if query_string := request.scope["query_string"]:
                ensure_acceptable(query_string)
            body = await read_body(request) if has_body else PydanticUndefined
            drainer: RequestDrainer = request.app.state.request_drainer
            run = drainer.run_here if only_reads else drainer.run
            response: Response = await run(partial(handler.finish, request, begun, body))
            return await compressed(request, response) if compresses else response

        return handle


def _ensure_no_yield(route: APIRoute) -> None:
    for dependant in dependants_of(route.dependant):
        if is_generator(dependant.call):
            raise Unsupported(f"{dependant.call} yields; see the README of {__package__}")


def _json_media_types(route: APIRoute) -> tuple[str, ...]:
    """Return the media types of the route's JSON body.

    The list is empty if the route has no body or has a form.
    """
    if route.body_field is None or isinstance(route.body_field.field_info, params.Form):
        return ()
    media_type = getattr(route.body_field.field_info, "media_type", JSON)
    if media_type not in (JSON, MERGE_PATCH):
        raise Unsupported(f"{route.path} reads {media_type}")
    return (MERGE_PATCH, JSON) if media_type == MERGE_PATCH else (JSON,)


def _security_of_clients(route: APIRoute) -> Iterator[dict[str, list[str]]]:
    """Yield the security requirements of service clients.

    FastAPI adds the requirement of users.
    """
    for dependant in dependants_of(route.dependant):
        yield from security_of_dependency(dependant.call)


def _problems(route: APIRoute) -> Iterator[str]:
    yield from (
        "malformed_request",
        "query_too_large",
        "headers_too_large",
        "unknown_parameter",
        "internal_error",
        "shutting_down",
    )
    if HTTPStatus.NOT_MODIFIED in route.responses:
        yield "validation_failed"
    for dependant in dependants_of(route.dependant):
        yield from problems_of_dependency(dependant.call)
        if dependant.path_params or dependant.query_params or dependant.header_params:
            yield "validation_failed"
    if route.body_field is not None:
        yield from (
            "body_too_large",
            "unsupported_media_type",
            "validation_failed",
            "request_timeout",
            "overloaded",
        )
        if _json_media_types(route):
            yield "malformed_json"


def _headers(route: APIRoute) -> Iterator[str]:
    for dependant in dependants_of(route.dependant):
        yield from headers_of_dependency(dependant.call)


def _query_parameters(dependants: Iterator[Dependant]) -> Iterator[tuple[str, bool]]:
    """Yield each query parameter's name, and whether it may be repeated."""
    for dependant in dependants:
        for field in dependant.query_params:
            annotation = field.field_info.annotation
            members = fields_of(annotation) or {field.validation_alias or field.alias: annotation}
            for name, member in members.items():
                yield name, get_origin(bare(member)) in (list, set, tuple, frozenset)
