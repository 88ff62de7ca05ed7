"""Route handlers in two parts: the first part runs before the body is read."""

from collections.abc import Callable, Coroutine
from copy import copy
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi.datastructures import DefaultPlaceholder
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import ResponseValidationError
from fastapi.routing import APIRoute
from fastapi.utils import is_body_allowed_for_status_code
from starlette.requests import Request
from starlette.responses import Response

from entrypoints.http.routing.compiled_dependencies import (
    CompiledDependencies,
    Solving,
    Unsupported,
    split_before_body,
)
from entrypoints.http.routing.fastapi_internals import handler_of, is_generator
from entrypoints.http.routing.serialized_json import SerializedJSONResponse

Handle = Callable[[Request], Coroutine[Any, Any, Response]]
_Respond = Callable[[Any, Response], Response]
"""A function that makes the response.

Its arguments are the result of the endpoint and the injected response with headers.
"""


@dataclass(frozen=True, slots=True)
class Handler:
    """The two parts of a route's handler."""

    begin: Callable[[Request], Coroutine[Any, Any, Any]]
    """A function that solves the dependencies that are marked with `before_body`.

    The result of the function is passed to `finish`.
    """
    finish: Callable[[Request, Any, Any], Coroutine[Any, Any, Response]]
    """A function that solves all other dependencies, and calls the endpoint.

    The arguments of the function are the request, the result of `begin` and the body.
    """


class _InjectedResponse(Response):
    """The object that an endpoint gets for its parameter of type Response.

    At first, the object has no content, no headers and no status.
    """

    def __init__(self) -> None:
        self.status_code = None  # type: ignore[assignment] # None, as in FastAPI: the endpoint has set no status
        self.background = None
        self.body = b""
        self.raw_headers = []


def compile_handler(route: APIRoute) -> Handler:
    """Return a handler with compiled dependencies.

    The README of this package lists the supported features. If the route uses another feature, the function raises
    Unsupported.
    """
    _ensure_supported(route)
    compiled = CompiledDependencies(route)
    respond = _responder(route)

    async def begin(request: Request) -> Solving:
        dependencies = compiled
        if overrides := request.app.dependency_overrides:
            dependencies = CompiledDependencies(route, overrides)
        solving = Solving(dependencies, request, _InjectedResponse())
        await dependencies.solve_before_body(solving)
        return solving

    async def finish(_: Request, solving: Solving, body: Any) -> Response:  # noqa: ANN401 - any JSON value, or a form
        result = await solving.dependencies.solve(solving, body)
        return result if isinstance(result, Response) else respond(result, solving.response)

    return Handler(begin, finish)


def stock_handler(route: APIRoute, effective: APIRoute) -> Handler:
    """Return a handler that calls FastAPI's own handler.

    `effective` is the route itself, or the route as `include_router` has changed it.
    """
    before, rest = split_before_body(effective)
    marked = [dependant.call for dependant in before]
    first = APIRoute(
        effective.path,
        _injected_response,
        dependencies=[needed for needed in effective.dependencies if needed.dependency in marked],
        dependency_overrides_provider=effective.dependency_overrides_provider,
    )
    remaining = copy(effective)
    remaining.dependant = rest
    begin, answer = first.get_route_handler(), handler_of(route, remaining)

    async def finish(request: Request, injected: Response, _: Any) -> Response:  # noqa: ANN401 - any JSON value
        response = await answer(request)
        response.raw_headers.extend(injected.raw_headers)
        return response

    return Handler(begin, finish)


async def _injected_response(response: Response) -> Response:
    """Return the injected response with the headers that dependencies have added."""
    return response


def _ensure_supported(route: APIRoute) -> None:
    if is_generator(route.dependant.call):
        raise Unsupported(f"{route.path} streams what its endpoint yields")
    strict = route.strict_content_type
    if not (strict.value if isinstance(strict, DefaultPlaceholder) else strict):
        raise Unsupported(f"{route.path} has strict_content_type=False")
    if getattr(route, "form_limits", None):
        raise Unsupported(f"{route.path} has form_limits")


def _responder(route: APIRoute) -> _Respond:
    is_json = isinstance(route.response_class, DefaultPlaceholder)
    if route.response_class is SerializedJSONResponse:
        return _filling(route, lambda content: content)
    if is_json and route.response_field is not None:
        return _filling(route, _serializer(route, "serialize_json"))
    return _making(route)


def _filling(route: APIRoute, serialize: Callable[[Any], bytes]) -> _Respond:
    """Return a function that writes a result as JSON into the injected response.

    Creating a second response would take more time.
    """
    status = route.status_code or HTTPStatus.OK.value

    def respond(result: Any, injected: Response) -> Response:  # noqa: ANN401 - the endpoint's result
        content = serialize(result)
        injected.status_code = injected.status_code or status
        headers = [(b"content-length", b"%d" % len(content)), (b"content-type", b"application/json")]
        if not is_body_allowed_for_status_code(injected.status_code):
            content, headers = b"", headers[1:]
        injected.body = content
        injected.raw_headers[:0] = headers
        return injected

    return respond


def _making(route: APIRoute) -> _Respond:
    """Return a function that creates a response of the route's response class, as FastAPI does."""
    response_class = route.response_class
    make = response_class.value if isinstance(response_class, DefaultPlaceholder) else response_class
    serialize = jsonable_encoder if route.response_field is None else _serializer(route, "serialize")

    def respond(result: Any, injected: Response) -> Response:  # noqa: ANN401 - the endpoint's result
        status = injected.status_code or route.status_code
        options: dict[str, Any] = {"status_code": status} if status else {}
        response = make(serialize(result), **options)
        if not is_body_allowed_for_status_code(response.status_code):
            response.body = b""
        response.raw_headers.extend(injected.raw_headers)
        return response

    return respond


def _serializer(route: APIRoute, method: str) -> Callable[[Any], Any]:
    """Return a function that validates a result against the response model and serializes it.

    The function applies the route's serialization options.
    """
    field = route.response_field
    if field is None:
        raise ValueError(f"{route.path} has no response model")
    serialize = getattr(field, method)
    options = {
        "include": route.response_model_include,
        "exclude": route.response_model_exclude,
        "by_alias": route.response_model_by_alias,
        "exclude_unset": route.response_model_exclude_unset,
        "exclude_defaults": route.response_model_exclude_defaults,
        "exclude_none": route.response_model_exclude_none,
    }

    def validate_and_serialize(result: Any) -> Any:  # noqa: ANN401 - the endpoint's result
        value, errors = field.validate(result, loc=("response",))
        if errors:
            raise ResponseValidationError(errors, body=result)
        return serialize(value, **options)

    return validate_and_serialize
