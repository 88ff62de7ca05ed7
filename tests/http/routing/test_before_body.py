"""Some dependencies are resolved before the query and the body are checked."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response

from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.routing.dependency_options import before_body
from entrypoints.http.routing.strict_route import StrictRoute
from tests.kit.apps import app_of, ask

JSON = {"Content-Type": "application/json"}

calls: list[str] = []


async def caller() -> str:
    calls.append("caller")
    return "ann"


@before_body
async def count(request: Request, response: Response, caller: Annotated[str, Depends(caller)]) -> None:
    calls.append(f"count {caller}")
    response.headers["X-Remaining"] = "7"
    if "X-Exhausted" in request.headers:
        raise HTTPProblem("rate_limited")


async def ordinary() -> None:
    calls.append("ordinary")


@pytest.fixture(params=["route", "router", "inclusion"])
def app(request: pytest.FixtureRequest) -> FastAPI:
    """An app with one route.

    The dependencies are declared by the route, by the router, or by the call of `include_router`.
    """
    calls.clear()
    dependencies: dict[str, Any] = {request.param: (Depends(ordinary), Depends(count))}
    router = APIRouter(route_class=StrictRoute, dependencies=dependencies.get("router"))

    @router.post("/x", dependencies=dependencies.get("route"))
    async def endpoint(body: dict[str, int], caller: Annotated[str, Depends(caller)]) -> dict[str, int]:
        calls.append("endpoint")
        return body

    outer = APIRouter()
    outer.include_router(router, dependencies=dependencies.get("inclusion"))
    return app_of(outer)


async def test_before_body_dependency_runs_once_and_before_other_dependencies(app: FastAPI) -> None:
    response = await ask(app, "POST", "/x", json={"a": 1})
    assert (response.status_code, response.json()) == (200, {"a": 1})
    assert calls.count("count ann") == 1
    assert calls.index("count ann") < calls.index("ordinary") < calls.index("endpoint")
    if StrictRoute.compiles:
        assert calls.count("caller") == 1


async def test_headers_that_a_before_body_dependency_sets_are_sent(app: FastAPI) -> None:
    response = await ask(app, "POST", "/x", json={"a": 1})
    assert response.headers.get_list("X-Remaining") == ["7"]


@pytest.mark.parametrize(
    ("url", "content", "status"),
    [("/x?unknown=1", b"{}", 400), ("/x", b"{", 400), ("/x", b'{"a": "b"}', 422), ("/x", b"", 422)],
)
async def test_before_body_dependency_also_runs_for_a_rejected_request(
    app: FastAPI, url: str, content: bytes, status: int
) -> None:
    assert (await ask(app, "POST", url, content=content, headers=JSON)).status_code == status
    assert calls.count("count ann") == 1


@pytest.mark.parametrize(("url", "content"), [("/x?unknown=1", b"{}"), ("/x", b"{")])
async def test_error_of_a_before_body_dependency_is_reported_before_other_errors(
    app: FastAPI, url: str, content: bytes
) -> None:
    response = await ask(app, "POST", url, content=content, headers={**JSON, "X-Exhausted": "yes"})
    assert response.status_code == 429
    assert "ordinary" not in calls


async def test_override_of_a_before_body_dependency_runs_before_the_body_is_parsed(app: FastAPI) -> None:
    async def override() -> None:
        calls.append("override")

    app.dependency_overrides[count] = override
    assert (await ask(app, "POST", "/x", content=b"{", headers=JSON)).status_code == 400
    assert calls == ["override"]
