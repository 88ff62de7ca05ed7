"""Exception handlers, the only place where exceptions become responses."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from application.users.principal import InsufficientScope
from domain.shared.errors import DomainError, PreconditionFailed
from entrypoints.http.problems.problem import INSUFFICIENT_SCOPE, HTTPProblem, ProblemResponse, item_for
from entrypoints.http.problems.validation import problem_of

_CODES_BY_STATUS = {
    401: "authentication_required",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}


async def answer_problem(request: Request, exc: HTTPProblem) -> Response:
    return ProblemResponse(request, exc)


async def answer_domain_error(request: Request, exc: DomainError) -> Response:
    return ProblemResponse(request, problem_of_error(exc))


def problem_of_error(exc: DomainError) -> HTTPProblem:
    """Return the problem that describes the error. The error's code determines the status.

    Raises KeyError for an unknown code. The response is then a 500.
    """
    headers = {}
    retry_after = getattr(exc, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if isinstance(exc, PreconditionFailed):
        headers["ETag"] = f'"v{exc.current_version}"'
    if isinstance(exc, InsufficientScope):
        headers["WWW-Authenticate"] = INSUFFICIENT_SCOPE
    return HTTPProblem(
        exc.code,
        exc.detail,
        errors=[item_for(violation) for violation in exc.violations],
        params=exc.params,
        headers=headers,
    )


async def answer_validation_error(request: Request, exc: RequestValidationError) -> Response:
    body_field = getattr(request.scope["route"], "body_field", None)
    body_type = None if body_field is None else body_field.field_info.annotation
    return ProblemResponse(request, problem_of(exc.errors(), body=exc.body, body_type=body_type))


async def answer_http_exception(request: Request, exc: HTTPException) -> Response:
    """Return a problem instead of the framework's error message, which could repeat the input.

    If the exception has a status of 500 or above, it is raised again. The response then has the status 500.
    """
    if exc.status_code < 400:  # noqa: PLR2004 - redirects and 304 are not errors
        return Response(status_code=exc.status_code, headers=exc.headers)
    if exc.status_code >= 500:  # noqa: PLR2004 - a server error
        raise exc
    code = _CODES_BY_STATUS.get(exc.status_code, "malformed_request")
    headers = {"Allow": _allowed_methods(request)} if code == "method_not_allowed" else None
    return ProblemResponse(request, HTTPProblem(code, headers=headers))


def _allowed_methods(request: Request) -> str:
    """Return all methods that the path supports (RFC 9110, section 10.2.1).

    Several routes can have the same path, but the framework lists the methods of only one route.
    """
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(request.scope["path"]):
            methods |= route.methods or set()
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))


PROBLEM_HANDLERS: Mapping[Any, Callable[[Request, Any], Awaitable[Response]]] = {
    HTTPProblem: answer_problem,
    DomainError: answer_domain_error,
    RequestValidationError: answer_validation_error,
    HTTPException: answer_http_exception,
}
"""The handlers for `FastAPI(exception_handlers=...)`.

The middleware responds to every other exception with 500.
"""
