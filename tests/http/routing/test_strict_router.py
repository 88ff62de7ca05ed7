"""For every request, StrictRouter and FastAPI's own router find the same route."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response

from entrypoints.http.routing.compiled_handler import Handle
from entrypoints.http.routing.strict_route import StrictRoute
from entrypoints.http.routing.strict_router import StrictRouter
from tests.kit.apps import app_of, ask

METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS")
PATHS = (
    "/things",
    "/things/",
    "/things/1",
    "/things/one",
    "/things/latest",
    "/things/1/parts",
    "/things/1/parts/2",
    "/things/hidden",
    "/other/things",
    "/v2/things/1",
    "/THINGS",
    "/",
)


def things(router: APIRouter) -> APIRouter:
    """Fill a router with overlapping routes. Some of the routes are not StrictRoutes."""
    answers: list[tuple[str, str]] = [
        ("GET", ""),
        ("POST", ""),
        ("GET", "/{thing_id:int}"),
        ("DELETE", "/{thing_id:int}"),
        ("GET", "/latest"),
        ("GET", "/{name}"),
        ("GET", "/{thing_id:int}/parts"),
    ]
    for method, path in answers:
        router.add_api_route(path, _answering(f"{method} {path}"), methods=[method])
    parts = APIRouter(prefix="/{thing_id:int}/parts")
    parts.add_api_route("/{part_id:int}", _answering("part"), methods=["GET"])
    router.include_router(parts)
    router.add_api_route("/{name}/parts", _answering("after the included router"), methods=["GET", "POST"])
    return router


def _answering(text: str) -> Any:
    async def answer() -> str:
        return text

    return answer


def app_with(router: APIRouter) -> FastAPI:
    outer = APIRouter()
    outer.include_router(things(router))
    return app_of(outer)


@pytest.mark.parametrize("prefix", ["/things", "/v2/things"])
async def test_strict_router_selects_the_same_route_as_fastapi(prefix: str) -> None:
    strict, stock = app_with(StrictRouter(prefix=prefix)), app_with(APIRouter(prefix=prefix))
    for method in METHODS:
        for path in PATHS:
            found, expected = [
                await ask(app, method, path, headers={"X-Request-Id": "same"}) for app in (strict, stock)
            ]
            assert (found.status_code, found.content) == (expected.status_code, expected.content), (
                method,
                path,
            )
            assert found.headers == expected.headers, (method, path)


async def test_strict_router_finds_a_route_that_was_added_after_the_first_request() -> None:
    router = StrictRouter(prefix="/things")
    router.add_api_route("/1", _answering("first"))
    app = app_of(router)
    assert (await ask(app, "GET", "/things/2")).status_code == 404
    router.add_api_route("/2", _answering("second"))
    assert (await ask(app, "GET", "/things/2")).json() == "second"


async def who() -> str:
    return "nobody"


async def test_each_of_two_apps_with_one_router_uses_its_own_dependency_overrides() -> None:
    router = StrictRouter(prefix="/things")

    @router.get("/1")
    async def answer(who: Annotated[str, Depends(who)]) -> str:
        return who

    apps = {name: app_of(router) for name in ("ann", "bob")}
    for name, app in apps.items():
        app.dependency_overrides[who] = lambda name=name: name
    for _ in range(2):
        for name, app in apps.items():
            assert (await ask(app, "GET", "/things/1")).json() == name


@pytest.mark.skipif("config.getoption('--stock-routes')", reason="FastAPI builds a handler for each app")
async def test_handler_is_built_only_once_if_two_apps_include_one_router(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    router = things(StrictRouter(prefix="/things"))
    built: list[str] = []
    build = StrictRoute.get_route_handler

    def count(route: StrictRoute) -> Any:
        built.append(route.path)
        return build(route)

    monkeypatch.setattr(StrictRoute, "get_route_handler", count)
    for _ in range(2):
        assert (await ask(app_of(router), "GET", "/things/1")).json() == "GET /{thing_id:int}"
    assert built == ["/things/{thing_id:int}"]


class ShoutingRoute(StrictRoute):
    """A route class whose handler calls the handler of StrictRoute."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def shout(request: Request) -> Response:
            response = await handle(request)
            response.body = bytes(response.body).upper()
            return response

        return shout


async def test_custom_handler_of_a_strict_route_subclass_is_called() -> None:
    router = StrictRouter(prefix="/things", route_class=ShoutingRoute)
    router.add_api_route("/1", _answering("first"))
    assert (await ask(app_of(router), "GET", "/things/1")).json() == "FIRST"


async def reject() -> None:
    raise HTTPException(401)


@pytest.mark.parametrize(
    ("addition", "status"),
    [
        ({}, 200),
        ({"prefix": "/v2"}, 404),
        ({"dependencies": [Depends(reject)]}, 401),
        ({"max_body_size": 9}, 413),
    ],
)
async def test_arguments_of_include_router_apply_to_a_strict_router(
    addition: dict[str, Any], status: int
) -> None:
    router = StrictRouter(prefix="/things")

    @router.post("/1")
    async def answer(body: dict[str, str]) -> dict[str, str]:
        return body

    app = app_of()
    app.include_router(router, **addition)
    assert (await ask(app, "POST", "/things/1", json={"a": "long text"})).status_code == status


async def test_strict_route_applies_the_body_size_limit_of_fastapi() -> None:
    router = StrictRouter(prefix="/things")

    @router.post("/1", max_body_size=10)
    async def answer(body: dict[str, str]) -> dict[str, str]:
        return body

    app = app_of(router)
    assert (await ask(app, "POST", "/things/1", json={"a": "b"})).status_code == 200
    assert (await ask(app, "POST", "/things/1", json={"a": "b" * 20})).status_code == 413
