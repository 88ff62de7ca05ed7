"""Bounds on a request's headers, checked before anything reads them."""

from starlette.types import Scope

from entrypoints.http.problems.problem import HTTPProblem

MAX_BYTES = 32 * 1024
"""Names and values of all headers. The longest that the service reads is an access token of at most 8 KiB."""

_SENT_ONCE = (b"host", b"content-type")
"""Headers of which two lines are ambiguous: a proxy could have read the other one (RFC 9112, section 3.2)."""


def refusal_of_headers(scope: Scope) -> HTTPProblem | None:
    """Return why the request is refused for its headers, or None: too many bytes, or one that is sent twice."""
    headers = scope["headers"]
    if sum(len(name) + len(value) for name, value in headers) > MAX_BYTES:
        return HTTPProblem(
            "headers_too_large",
            f"Headers have at most {MAX_BYTES} bytes.",
            params={"max_bytes": MAX_BYTES},
        )
    names = [name for name, _ in headers]
    if any(names.count(name) > 1 for name in _SENT_ONCE):
        return HTTPProblem("malformed_request", "The request has more than one Host or Content-Type.")
    return None
