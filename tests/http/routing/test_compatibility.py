"""Send the same requests to StrictRoutes and to FastAPI's own routes, and compare the results.

The responses must have the same status, body and headers. The same dependencies and endpoints must be called, in the
same sequence.
"""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header
from fastapi.routing import APIRoute

from entrypoints.http.routing.strict_route import StrictRoute
from entrypoints.http.routing.strict_router import StrictRouter
from tests.http.routing.cases import PARAMETERS, RESPONSES, Case, calls, leaf, left, query_default_factory
from tests.kit.apps import app_of, ask


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


Outcome = tuple[int, Any, dict[str, str], list[str]]


async def outcome(app: FastAPI, case: Case, request: dict[str, Any]) -> Outcome:
    calls.clear()
    headers = [*_headers(request), ("X-Request-Id", "same")]
    response = await ask(app, case.method, **{**request, "headers": headers})
    return response.status_code, response.content, dict(response.headers), list(calls)


def _headers(request: dict[str, Any]) -> list[tuple[str, str]]:
    headers = request.get("headers", [])
    return list(headers.items()) if isinstance(headers, dict) else list(headers)


def app_with(case: Case, route_class: type[APIRoute], **inclusion: Any) -> FastAPI:
    router = StrictRouter() if route_class is StrictRoute else APIRouter()
    router.api_route(case.path, methods=[case.method], **case.options)(case.endpoint)
    outer = APIRouter()
    outer.include_router(router, **inclusion)
    return app_of(outer)


@pytest.mark.parametrize("case", [*PARAMETERS, *RESPONSES], ids=lambda case: case.name)
async def test_strict_route_and_fastapi_route_give_the_same_responses(case: Case) -> None:
    strict, stock = app_with(case, StrictRoute), app_with(case, APIRoute)
    for request in case.requests:
        assert await outcome(strict, case, request) == await outcome(stock, case, request), request


@pytest.mark.parametrize("case", PARAMETERS, ids=lambda case: case.name)
async def test_included_strict_router_and_fastapi_router_give_the_same_responses(case: Case) -> None:
    inclusion: dict[str, Any] = {"prefix": "/v1", "dependencies": [Depends(left)]}
    strict, stock = app_with(case, StrictRoute, **inclusion), app_with(case, APIRoute, **inclusion)
    for request in case.requests:
        included = {**request, "url": "/v1" + request["url"]}
        assert await outcome(strict, case, included) == await outcome(stock, case, included), request


async def override(extra: int = 5) -> int:
    calls.append("override")
    return extra


def synchronous_override() -> int:
    calls.append("synchronous override")
    return 6


class Resource:
    async def __call__(self, name: Annotated[str, Header()] = "nobody") -> int:
        calls.append(name)
        return 7


@pytest.mark.parametrize("replacement", [override, synchronous_override, lambda: 8, Resource()])
@pytest.mark.parametrize(
    "case", [case for case in PARAMETERS if "dependency" in case.name], ids=lambda c: c.name
)
async def test_dependency_override_replaces_a_compiled_dependency(case: Case, replacement: Any) -> None:
    strict, stock = app_with(case, StrictRoute), app_with(case, APIRoute)
    for app in (strict, stock):
        app.dependency_overrides[leaf] = replacement
    for request in case.requests:
        assert await outcome(strict, case, request) == await outcome(stock, case, request), request
    for app in (strict, stock):
        app.dependency_overrides.clear()
    for request in case.requests:
        assert await outcome(strict, case, request) == await outcome(stock, case, request), request


async def test_mutated_default_parameter_does_not_affect_the_next_request() -> None:
    case = Case("mutated", query_default_factory, ())
    app = app_with(case, StrictRoute)
    for _ in range(2):
        assert (await ask(app, "GET", "/x?at=5")).json() == [5, 2]
