from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, Form, Request

from entrypoints.http.problems.openapi import problem_responses, raises_problems
from entrypoints.http.representation.etags import IfMatch
from entrypoints.http.representation.schemas import RequestModel
from entrypoints.http.routing.strict_route import StrictRoute
from tests.kit.apps import app_of


class Thing(RequestModel):
    name: str


@raises_problems("authentication_required", "invalid_token")
async def current_user(request: Request) -> str:
    return "ann"


router = APIRouter(prefix="/things", route_class=StrictRoute, dependencies=[Depends(current_user)])


@router.get("")
async def list_things() -> list[str]:
    return []


@router.post("", responses=problem_responses("sku_taken"))
async def create_thing(thing: Thing) -> Thing:
    return thing


@router.put("/{thing_id}")
async def change_thing(thing_id: UUID, thing: Thing, seen: IfMatch) -> Thing:
    return thing


@router.post("/forms")
async def send_form(name: Annotated[str, Form()]) -> str:
    return name


def documented(method: str, path: str) -> set[str]:
    app = app_of()
    app.include_router(router, prefix="/v1")
    responses: dict[str, Any] = app.openapi()["paths"][path][method]["responses"]
    return {
        code
        for response in responses.values()
        for code in response.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }


EVERYWHERE = {
    "malformed_request",
    "query_too_large",
    "headers_too_large",
    "unknown_parameter",
    "internal_error",
    "shutting_down",
    "authentication_required",
    "invalid_token",
}
WITH_BODY = {"body_too_large", "unsupported_media_type", "validation_failed", "request_timeout", "overloaded"}
WITH_JSON = {"malformed_json"} | WITH_BODY


@pytest.mark.parametrize(
    ("method", "path", "codes"),
    [
        ("get", "/v1/things", set()),
        ("post", "/v1/things", WITH_JSON | {"sku_taken"}),
        ("put", "/v1/things/{thing_id}", WITH_JSON | {"precondition_required", "precondition_failed"}),
        (
            "post",
            "/v1/things/forms",
            WITH_BODY,
        ),
    ],
)
def test_route_documents_the_problems_of_its_dependencies(method: str, path: str, codes: set[str]) -> None:
    assert documented(method, path) == EVERYWHERE | codes


def test_default_validation_error_of_fastapi_is_not_documented() -> None:
    assert "HTTPValidationError" not in str(app_of(router).openapi())


def test_header_if_match_is_documented_as_required() -> None:
    parameters = app_of(router).openapi()["paths"]["/things/{thing_id}"]["put"]["parameters"]
    [if_match] = [parameter for parameter in parameters if parameter["name"] == "If-Match"]
    assert if_match["required"]
