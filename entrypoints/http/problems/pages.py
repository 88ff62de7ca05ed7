"""GET /problems and /problems/{code}: the pages that a problem's `type` links to."""

from typing import Annotated, Any

from fastapi import Header, Path
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, JSONResponse, Response

from entrypoints.http.problems.html import CONTENT_SECURITY_POLICY, index_page, problem_page
from entrypoints.http.problems.openapi import example_of, problem_responses
from entrypoints.http.problems.problem import HTTPProblem, Problem, ProblemCode
from entrypoints.http.problems.problem_type import ProblemType
from entrypoints.http.problems.registry import PROBLEMS
from entrypoints.http.representation.negotiation import prefers
from entrypoints.http.routing.strict_router import StrictRouter

router = StrictRouter(prefix="/problems", tags=["problems"])
"""The router of the problem pages.

An app that uses `problem_responses` has to include this router. The router adds the schema to which these
responses refer.
"""

_HTML = {"content": {"text/html": {"schema": {"type": "string"}}}}
_HEADERS = {"Cache-Control": "public, max-age=3600", "Vary": "Accept"}

Accept = Annotated[str, Header(max_length=1000, include_in_schema=False)]
"""The header Accept, which the document does not list as a parameter.

OpenAPI ignores a parameter of this name (section 4.8.12.2). Clients derive the header from the media types of the
documented response.
"""
Code = Annotated[
    str,
    Path(
        json_schema_extra={"maxLength": 100},
        description="The `code` of a problem.",
        examples=["out_of_stock"],
    ),
]


class ProblemExplanation(BaseModel):
    """The explanation of a problem code."""

    type: str = Field(description="The `type` of such problems, and the address of this explanation.")
    code: ProblemCode | str = Field(description="A stable code for programs.")
    status: int = Field(description="The HTTP status of such problems.")
    title: str = Field(description="The kind of problem, the same each time.")
    meaning: str = Field(description="What the problem means, for developers of clients.")
    remedy: str = Field(description="What a client can do about it.")
    example: Problem = Field(description="A response with such a problem.")


class ProblemList(BaseModel):
    """All problem codes."""

    items: list[ProblemExplanation] = Field(description="All codes, by status and code.")


def explanation(problem: ProblemType) -> dict[str, Any]:
    """Return the explanation of a problem as JSON, in the form of ProblemExplanation."""
    return {
        "type": problem.uri,
        "code": problem.code,
        "status": problem.status,
        "title": problem.title,
        "meaning": problem.meaning,
        "remedy": problem.remedy,
        "example": example_of(problem),
    }


@router.get(
    "",
    operation_id="list_problems",
    summary="List every problem",
    description="Every code that a refusal can have, as a page or as JSON.",
    response_description="The codes, as JSON or as a page.",
    response_model=ProblemList,
    responses={200: _HTML},
)
async def list_problems(accept: Accept = "*/*") -> Response:
    if prefers(accept, "application/json", over="text/html"):
        return JSONResponse(
            {"items": [explanation(problem) for problem in PROBLEMS.values()]}, headers=_HEADERS
        )
    return _html(index_page(PROBLEMS.values()))


@router.get(
    "/{code}",
    operation_id="get_problem",
    summary="Explain a problem",
    description="What has happened and what to do about it, as a page or as JSON. A problem's `type` leads here.",
    response_description="The explanation, as JSON or as a page.",
    response_model=ProblemExplanation,
    responses={200: _HTML, **problem_responses("not_found")},
)
async def get_problem(code: Code, accept: Accept = "*/*") -> Response:
    problem = PROBLEMS.get(code)
    if problem is None:
        raise HTTPProblem("not_found", "There is no problem with this code.")
    if prefers(accept, "application/json", over="text/html"):
        return JSONResponse(explanation(problem), headers=_HEADERS)
    return _html(problem_page(problem))


def _html(page: str) -> Response:
    return HTMLResponse(page, headers={**_HEADERS, "Content-Security-Policy": CONTENT_SECURITY_POLICY})
