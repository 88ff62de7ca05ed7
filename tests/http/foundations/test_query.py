from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from entrypoints.http.problems.problem import MAX_VIOLATIONS
from entrypoints.http.routing.query import MAX_BYTES, MAX_PARAMETERS
from entrypoints.http.routing.strict_route import StrictRoute
from tests.kit.apps import app_of, ask

CANARY = "hunter2-c4n4ry"


class Filter(BaseModel):
    sort: str = "name"
    tag: list[str] = []


async def page(limit: int = 25) -> int:
    return limit


async def trace(trace: str | None = None) -> str | None:
    return trace


router = APIRouter(route_class=StrictRoute, dependencies=[Depends(trace)])


@router.get("/things")
async def list_things(
    query: Annotated[Filter, Query()], limit: Annotated[int, Depends(page)]
) -> dict[str, object]:
    return {"sort": query.sort, "tags": query.tag, "limit": limit}


@router.get("/nothing")
async def list_nothing() -> list[str]:
    return []


async def test_route_accepts_the_query_parameters_of_its_router_and_dependencies() -> None:
    response = await ask(router, "GET", "/things?sort=price&limit=3&tag=a&tag=b&trace=x")
    assert response.json() == {"sort": "price", "tags": ["a", "b"], "limit": 3}


async def test_route_that_is_included_with_a_prefix_accepts_its_declared_parameters() -> None:
    app = app_of()
    app.include_router(router, prefix="/v1")
    assert (await ask(app, "GET", "/v1/things?limit=3")).is_success
    assert (await ask(app, "GET", "/v1/things?limits=3")).status_code == 400


async def test_unknown_query_parameter_is_reported_with_its_position_in_the_query() -> None:
    response = await ask(router, "GET", f"/things?limit=3&{CANARY}={CANARY}")
    assert (response.status_code, response.json()["code"]) == (400, "unknown_parameter")
    assert response.json()["errors"] == [
        {
            "in": "query",
            "code": "unknown_parameter",
            "detail": "Query parameter no. 2 is not known here. Allowed: limit, sort, tag, trace.",
            "params": {"position": 2, "allowed": ["limit", "sort", "tag", "trace"]},
        }
    ]
    assert CANARY not in f"{response.text}{response.headers}"


async def test_repeated_query_parameter_that_permits_only_one_value_is_rejected() -> None:
    response = await ask(router, "GET", "/things?limit=3&limit=4")
    assert (response.status_code, response.json()["code"]) == (400, "unknown_parameter")
    assert response.json()["errors"] == [
        {"parameter": "limit", "in": "query", "code": "repeated_parameter", "detail": "Send this once."}
    ]


@pytest.mark.parametrize("query", ["limit=3&tag=%ff%fe", "%ff=1", "tag=%ed%a0%80", "tag=%c0%af"])
async def test_query_with_invalid_utf_8_returns_the_code_malformed_request(query: str) -> None:
    response = await ask(router, "GET", f"/things?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "malformed_request")


async def test_query_with_too_many_bytes_or_parameters_is_rejected() -> None:
    longest, most = "tag=" + "a" * (MAX_BYTES - 4), "&".join(["tag=a"] * MAX_PARAMETERS)
    for query in (longest, most):
        assert (await ask(router, "GET", f"/things?{query}")).is_success
        response = await ask(router, "GET", f"/things?{query}&")
        assert (response.status_code, response.json()["code"]) == (414, "query_too_large")
        assert response.json()["params"] == {"max_bytes": MAX_BYTES, "max_parameters": MAX_PARAMETERS}


async def test_number_of_reported_unknown_parameters_is_limited() -> None:
    for count, detail in (
        (MAX_VIOLATIONS, "20 query parameters are not acceptable here. Allowed: trace."),
        (MAX_VIOLATIONS + 1, "More than 20 query parameters are not acceptable here. Allowed: trace."),
    ):
        response = await ask(router, "GET", f"/nothing?{'&'.join(['x'] * count)}")
        assert (response.json()["detail"], len(response.json()["errors"])) == (detail, MAX_VIOLATIONS)


@pytest.mark.parametrize("query", ["x", "x=", "=", "%00=1", "x=1;y=2", "&&x"])
async def test_route_without_parameters_rejects_every_parameter(query: str) -> None:
    response = await ask(router, "GET", f"/nothing?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "unknown_parameter")


async def test_query_with_a_nul_character_is_rejected() -> None:
    response = await ask(router, "GET", f"/things?sort={CANARY}%00")
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert [(error["parameter"], error["code"]) for error in response.json()["errors"]] == [
        ("sort", "invalid_format")
    ]
    assert CANARY not in response.text
