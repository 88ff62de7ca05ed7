"""Headers of responses, as the OpenAPI document declares them."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])

_TEXT = {"type": "string"}

HEADERS: Mapping[str, Mapping[str, Any]] = {
    "Accept": {"description": "The media types that the operation reads.", "schema": _TEXT},
    "Accept-Encoding": {
        "description": "`identity`: the body has a Content-Encoding, and the service reads none.",
        "schema": _TEXT,
    },
    "Accept-Patch": {"description": "The media types of a PATCH (RFC 5789).", "schema": _TEXT},
    "Allow": {"description": "The methods of the address.", "schema": _TEXT},
    "ETag": {
        "description": "The present version, for If-None-Match and If-Match.",
        "schema": _TEXT,
        "example": '"v7"',
    },
    "Idempotent-Replayed": {
        "description": "`true` if this is the stored response of an earlier request with the same Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Link": {
        "description": 'The next page, `rel="next"` (RFC 8288). Absent on the last page.',
        "schema": _TEXT,
        "example": '</v1/orders?cursor=8f3c>; rel="next"',
    },
    "Location": {"description": "The address of the new object.", "schema": _TEXT},
    "RateLimit": {
        "description": "The remaining requests `r` of the quota, and the seconds `t` until it is full again.",
        "schema": _TEXT,
        "example": '"reads";r=1199;t=60',
    },
    "RateLimit-Policy": {
        "description": "The quota `q` of requests in a window of `w` seconds.",
        "schema": _TEXT,
        "example": '"reads";q=1200;w=60',
    },
    "Retry-After": {
        "description": "Seconds to wait before a retry.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 2,
    },
    "WWW-Authenticate": {"description": "How to authenticate (RFC 6750, section 3).", "schema": _TEXT},
    "X-Request-Id": {
        "description": "The id of this request in the service's logs: the client's own, if it sent a valid one.",
        "schema": _TEXT,
        "example": "5f0c1b7e9a3d4c62",
    },
}
"""OpenAPI Header Objects by name."""

_OF_SUCCESS = {"ETag", "Idempotent-Replayed", "Link", "Location"}


def sends_headers(*names: str) -> Callable[[_Function], _Function]:
    """Declare the headers that a dependency sets.

    The routes that use the dependency document these headers for every response.
    """

    def mark(dependency: _Function) -> _Function:
        dependency.__sends_headers__ = names  # type: ignore[attr-defined] # functions can have attributes
        return dependency

    return mark


def headers_of_dependency(dependency: Callable[..., Any] | None) -> tuple[str, ...]:
    """Return the names of the headers that `sends_headers` has declared for a dependency."""
    return getattr(dependency, "__sends_headers__", ())


def with_headers(
    responses: Mapping[int | str, Mapping[str, Any]], success: int, names: Iterable[str]
) -> dict[int | str, dict[str, Any]]:
    """Add headers to documented responses.

    Some headers are sent only with successful responses. `success` is the status of a successful response.
    """
    sent = {"X-Request-Id", *names}
    if success == HTTPStatus.CREATED:
        sent |= {"ETag", "Location"}
    if HTTPStatus.NOT_MODIFIED in responses:
        sent.add("ETag")
    return {
        status: {
            **responses.get(status, {}),
            "headers": declared(*sorted(sent if str(status).startswith("2") else sent - _OF_SUCCESS))
            | responses.get(status, {}).get("headers", {}),
        }
        for status in (success, *(status for status in responses if status != success))
    }


def declared(*names: str) -> dict[str, Mapping[str, Any]]:
    """Return the OpenAPI descriptions of the headers with these names."""
    return {name: HEADERS[name] for name in names}
