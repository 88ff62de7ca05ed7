"""The OpenAPI responses for the problems of an operation, generated from the registry."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from entrypoints.http.problems.problem import MEDIA_TYPE
from entrypoints.http.problems.problem_type import ProblemType
from entrypoints.http.problems.registry import PROBLEMS
from entrypoints.http.representation.response_headers import declared

Responses = dict[int | str, dict[str, Any]]
_Function = TypeVar("_Function", bound=Callable[..., Any])

_SCHEMA = {"$ref": "#/components/schemas/Problem"}
_EXAMPLE_REQUEST_ID = "5f0c1b7e9a3d4c62"


def problem_responses(*codes: str) -> Responses:
    """Return FastAPI's `responses=` for the problems of an operation.

    Raises KeyError for an unknown code.
    """
    responses: Responses = {}
    for problem in sorted((PROBLEMS[code] for code in set(codes)), key=lambda problem: problem.code):
        response = responses.setdefault(
            problem.status,
            {"description": "", "content": {MEDIA_TYPE: {"schema": _SCHEMA, "examples": {}}}},
        )
        response["description"] = "; ".join(filter(None, (response["description"], problem.title)))
        response["content"][MEDIA_TYPE]["examples"][problem.code] = {
            "summary": problem.title,
            "value": example_of(problem),
        }
        for header in problem.headers:
            response.setdefault("headers", {}).update(declared(header))
    return responses


def with_problems(responses: Mapping[int | str, Mapping[str, Any]], *codes: str) -> Responses:
    """Add problems to responses.

    The responses may already have other problems or content for the same status.
    """
    documented = {
        code
        for response in responses.values()
        for code in response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    }
    merged: Responses = {status: dict(response) for status, response in responses.items()}
    for status, problems in problem_responses(*documented, *codes).items():
        other = merged.get(status, {})
        merged[status] = {**other, **problems, "content": {**other.get("content", {}), **problems["content"]}}
    return merged


def raises_problems(*codes: str) -> Callable[[_Function], _Function]:
    """Declare the problems that a dependency can raise.

    Every route that uses the dependency documents these problems.
    """

    def mark(dependency: _Function) -> _Function:
        dependency.__problems__ = codes  # type: ignore[attr-defined] # functions can have attributes
        return dependency

    return mark


def problems_of_dependency(dependency: Callable[..., Any] | None) -> tuple[str, ...]:
    """Return the codes that `raises_problems` has declared for a dependency."""
    return getattr(dependency, "__problems__", ())


def example_of(problem: ProblemType) -> dict[str, Any]:
    """Return the body of an example of the problem."""
    body: dict[str, Any] = {"type": problem.uri, "title": problem.title, "status": problem.status}
    if problem.detail is not None:
        body["detail"] = problem.detail
    body["code"] = problem.code
    body["request_id"] = _EXAMPLE_REQUEST_ID
    if problem.errors:
        body["errors"] = list(problem.errors)
    if problem.params:
        body["params"] = dict(problem.params)
    return body
