"""Problems (RFC 9457): the response body, and the exception that entrypoints raise."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope
from typing_extensions import TypeAliasType

from domain.shared.errors import Violation
from entrypoints.http.problems.registry import PROBLEMS

MEDIA_TYPE = "application/problem+json"

MAX_VIOLATIONS = 20
"""The maximum number of violations in a problem.

If a request breaks more rules, the problem contains only the first violations, and its detail says that there are
more.
"""

_REALM = 'Bearer realm="steelyard"'
_CHALLENGES = {
    "authentication_required": _REALM,
    "invalid_token": f'{_REALM}, error="invalid_token"',
    "token_expired": f'{_REALM}, error="invalid_token", error_description="The access token has expired"',
    "invalid_signature": 'Signature realm="steelyard"',
}
"""The challenges of 401 responses by problem code. RFC 9110 requires a challenge with every 401.

The challenge for a request without a token has no error code (RFC 6750, section 3.1).
"""

INSUFFICIENT_SCOPE = f'{_REALM}, error="insufficient_scope"'
"""The challenge of a 403 if the client's token lacks the scope (RFC 6750, section 3.1)."""


ProblemCode = TypeAliasType(
    "ProblemCode",
    Annotated[
        str,
        Field(
            description="The codes of this release; /problems explains them. Later releases can have more.",
            examples=["out_of_stock"],
            json_schema_extra={"enum": list(PROBLEMS)},
        ),
    ],
)
"""A named type, so that the OpenAPI document has one schema for this type."""


class ProblemItem(BaseModel):
    """One violation with its location."""

    model_config = ConfigDict(extra="forbid")

    pointer: str | SkipJsonSchema[None] = Field(
        default=None,
        description="The place in the request body, as a JSON Pointer (RFC 6901).",
        examples=["/lines/1/quantity"],
    )
    parameter: str | SkipJsonSchema[None] = Field(
        default=None, description="The parameter's name, if it is one that this operation knows."
    )
    in_: Literal["query", "path", "header", "cookie"] | SkipJsonSchema[None] = Field(
        default=None, alias="in", description="The part of the request that has the parameter."
    )
    code: str = Field(description="A stable code for programs.", examples=["insufficient_stock"])
    detail: str = Field(description="The rule, for people. It never repeats a value that was sent.")
    params: dict[str, JsonValue] | SkipJsonSchema[None] = Field(
        default=None, description="The numbers and names of `detail`, for programs."
    )


class Problem(BaseModel):
    """The reason why a request was rejected (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="The page that explains the problem.", examples=["/problems/out_of_stock"])
    title: str = Field(description="The kind of problem, the same each time.")
    status: int = Field(description="The HTTP status of the response.", ge=400, le=599)
    detail: str | SkipJsonSchema[None] = Field(
        default=None, description="What went wrong this time, for people."
    )
    instance: str | SkipJsonSchema[None] = Field(default=None, description="The path of the request.")
    code: ProblemCode | str = Field(
        description="A stable code for programs. Treat an unknown code by its `status`."
    )
    request_id: str = Field(
        description="The id of the request in the service's logs, as in the header X-Request-Id."
    )
    errors: list[ProblemItem] | SkipJsonSchema[None] = Field(
        default=None, description="The violated rules, at most the first 20."
    )
    params: dict[str, JsonValue] | SkipJsonSchema[None] = Field(
        default=None, description="The numbers and names of `detail`, for programs."
    )


class HTTPProblem(Exception):
    """An error that an entrypoint raises.

    `errors` becomes the member `errors` of the problem, see ProblemItem. `headers` are added to the response. The
    constructor raises KeyError for an unknown code.
    """

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.type = PROBLEMS[code]
        self.detail = self.type.detail if detail is None else detail
        self.errors = tuple(errors)
        self.params = dict(params or {})
        self.headers = dict(headers or {})


class ProblemResponse(Response):
    """An HTTP response whose body is a problem."""

    media_type = MEDIA_TYPE

    def __init__(self, request: Request, problem: HTTPProblem) -> None:
        kind = problem.type
        body: dict[str, Any] = {"type": kind.uri, "title": kind.title, "status": kind.status}
        if problem.detail is not None:
            body["detail"] = problem.detail
        if _is_ours(request.scope):
            body["instance"] = request.scope["path"]
        body["code"] = kind.code
        body["request_id"] = request.state.request_id
        if problem.errors:
            body["errors"] = problem.errors
        if problem.params:
            body["params"] = problem.params
        headers = problem.headers
        challenge = _CHALLENGES.get(kind.code)
        if challenge is not None:
            headers = {"WWW-Authenticate": challenge, **headers}
        request.state.problem = kind.code
        super().__init__(to_json(body), status_code=kind.status, headers=headers)


def _is_ours(scope: Scope) -> bool:
    """Return whether the path matches a route whose path parameters are all ids.

    In such a path, the client can choose only the ids, and no other text.
    """
    return "route" in scope and all(isinstance(value, UUID) for value in scope["path_params"].values())


def pointer_to(path: Sequence[str | int]) -> str:
    """Format a path into the body as a JSON Pointer (RFC 6901, section 3).

    The empty path is the whole body.
    """
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def item_for(violation: Violation) -> dict[str, Any]:
    """Return a violation of a domain rule as a member of `errors`."""
    item: dict[str, Any] = {
        "pointer": pointer_to(violation.path),
        "code": violation.code,
        "detail": violation.detail,
    }
    if violation.params:
        item["params"] = dict(violation.params)
    return item
