"""Versions as entity tags, and conditional requests (RFC 9110, sections 8.8.3 and 13.1)."""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from entrypoints.http.problems.openapi import Responses, raises_problems
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.representation.response_headers import declared, sends_headers

V = TypeVar("V")

NOT_MODIFIED: Responses = {
    304: {
        "description": "Not Modified: If-None-Match has the present ETag, so you have the present state already.",
        "headers": declared("ETag"),
    }
}
"""The `responses=` of operations that support If-None-Match.

StrictRoute documents the header of such operations.
"""

_MAX_LENGTH = 2000
"""The maximum length of If-Match or If-None-Match, all lines together.

The service's own tags have at most 22 characters.
"""

IF_NONE_MATCH: Mapping[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETags of the versions that you have, or `*`. If one is the present ETag, the response is 304.",
    "schema": {"type": "string", "maxLength": _MAX_LENGTH, "examples": ['"v7"']},
}
"""The OpenAPI Parameter Object of If-None-Match.

The header is documented here, because no dependency declares it. The function `if_none_match` reads the header. A
dependency would take CPU time for every request.
"""

_OWN_TAG = re.compile(r'"v([1-9][0-9]{0,17})"')
_ANY_TAG = re.compile(r'(?:^|,)[ \t]*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?=,|$)')
_NO_VERSION = 0
"""A version that matches no object, so that a use case raises PreconditionFailed.

The error contains the object's current version.
"""


def version_tag(version: int) -> str:
    """Return the strong entity tag of an object's version."""
    return f'"v{version}"'


def content_tag(content: bytes) -> str:
    """Return the weak entity tag of a representation without a version, such as a page.

    The same content can be sent with or without compression, so the bytes of two responses can differ. The tag is
    therefore weak (RFC 9110, section 8.8.1).
    """
    return f'W/"{urlsafe_b64encode(hashlib.sha256(content).digest()[:15]).decode()}"'


@sends_headers("ETag")
@raises_problems("precondition_required", "precondition_failed")
async def expected_version(
    request: Request,
    if_match: Annotated[
        str,
        Header(
            alias="If-Match",
            max_length=_MAX_LENGTH,
            description="The ETag of the version that you have read. If the object has changed since, the request is rejected.",
            examples=['"v7"'],
        ),
    ],
) -> int:
    """Return the version that the client expects.

    If the header lists several versions, the result is the highest version. If all tags are unknown or weak, the
    result is 0, which matches no version (RFC 9110, section 13.1.1).

    If-Match is required, because it prevents lost updates. With `*`, a client could overwrite any version. If the
    value is `*`, the function raises HTTPProblem `precondition_required`, as for a missing header.
    """
    if if_match.strip() == "*":
        raise HTTPProblem("precondition_required")
    tags = (_OWN_TAG.fullmatch(part.strip()) for part in _listed(request, b"if-match").split(","))
    return max((int(tag[1]) for tag in tags if tag), default=_NO_VERSION)


IfMatch = Annotated[int, Depends(expected_version)]


def with_etag(request: Request, response: Response, view: V, version: int) -> V | Response:
    """Add the object's version to the response as ETag.

    If the client has this version, return a response with status 304. Otherwise return the object.
    """
    return if_none_match(request, response, view, version_tag(version))


def if_none_match(request: Request, response: Response, answer: V, tag: str) -> V | Response:
    """Add the ETag to the response.

    If the client has this version, return a response with status 304. Otherwise return `answer`.

    The response with status 304 has the same headers as a response with status 200 (RFC 9110, section 15.4.5).
    """
    response.raw_headers.append((b"etag", tag.encode()))
    known = _listed(request, b"if-none-match")
    if known and (known.strip() == "*" or tag.removeprefix("W/") in _ANY_TAG.findall(known)):
        return Response(status_code=304, headers=response.headers)
    return answer


def _listed(request: Request, name: bytes) -> str:
    """Return the lines of a header as one list (RFC 9110, section 5.3).

    Raises RequestValidationError if the list is too long.
    """
    lines = [value for sent, value in request.scope["headers"] if sent == name]
    if not lines:
        return ""
    listed = b",".join(lines)
    if len(listed) > _MAX_LENGTH:
        place = ("header", name.decode().title())
        raise RequestValidationError(
            [{"type": "string_too_long", "loc": place, "ctx": {"max_length": _MAX_LENGTH}}]
        )
    return listed.decode("latin-1")
