from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, FastAPI, Header, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from domain.shared.errors import NotFound
from entrypoints.http.middleware.request_context import RequestContextMiddleware
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.routing.route import StrictRoute
from entrypoints.http.shortcut import Shortcut
from tests.kit.apps import app_of, ask

ID = "019b8d2c-8e00-7000-8000-000000000000"

router = APIRouter(route_class=StrictRoute)


@router.get("/things")
async def list_things(response: Response) -> list[str]:
    response.headers["Link"] = "<>"
    return ["a"]


@router.post("/things", status_code=201)
async def create_thing(thing: dict[str, str]) -> dict[str, str]:
    return thing


@router.get("/things/{thing_id:uuid}")
async def get_thing(thing_id: UUID, size: Annotated[int, Header(alias="X-Size")] = 1) -> dict[str, Any]:
    return {"id": thing_id, "size": size}


@router.delete("/things/{thing_id:uuid}", status_code=204)
async def delete_thing(thing_id: UUID) -> None: ...


@router.get("/things/{thing_id:uuid}/parts")
async def list_parts(thing_id: UUID) -> str:
    return f"parts of {thing_id}"


@router.get("/written", response_model=dict[str, bool])
async def get_written() -> bytes:
    return b'{"written": true}'


@router.get("/missing")
async def get_missing() -> str:
    raise NotFound("It is not here.")


@router.get("/refused")
async def get_refused() -> str:
    raise HTTPProblem("rate_limited", headers={"Retry-After": "7"})


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError(scope["path"])


def served_by(choose: Callable[[ASGIApp], ASGIApp]) -> FastAPI:
    """Make the app, with what is chosen in place of the framework's own stack of middleware."""
    app = app_of(router)
    app.user_middleware.clear()
    app.middleware_stack = RequestContextMiddleware(choose(app.build_middleware_stack()))
    return app


REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/things", {}),
    ("GET", "/things?x=1", {}),
    ("POST", "/things", {"json": {"a": "b"}}),
    ("POST", "/things", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    ("POST", "/things", {"content": b"{}", "headers": {"Content-Type": "text/plain"}}),
    ("GET", f"/things/{ID}", {"headers": {"X-Size": "3"}}),
    ("GET", f"/things/{ID}", {"headers": {"X-Size": "three"}}),
    ("DELETE", f"/things/{ID}", {}),
    ("GET", "/written", {}),
    ("GET", "/missing", {}),
    ("GET", "/refused", {}),
    ("PUT", "/things", {}),
    ("GET", "/things/7", {}),
    ("GET", f"/things/{ID}/", {}),
    ("GET", f"/things/{ID}/parts", {}),
    ("GET", "/nowhere", {}),
]


@pytest.mark.parametrize(("method", "url", "options"), REQUESTS)
async def test_the_short_way_and_the_long_one_lead_to_the_same_answer(
    method: str, url: str, options: dict[str, Any]
) -> None:
    async def answer_of(app: FastAPI) -> tuple[int, bytes, dict[str, str]]:
        request = {**options, "headers": {**options.get("headers", {}), "X-Request-Id": "r-1"}}
        response = await ask(app, method, url, **request)
        return response.status_code, response.content, dict(response.headers)

    short = served_by(lambda framework: Shortcut(router.routes, framework))
    assert await answer_of(short) == await answer_of(served_by(lambda framework: framework))


@pytest.mark.parametrize(("method", "url", "options"), REQUESTS[:11])
async def test_what_is_asked_for_most_does_not_need_the_framework(
    method: str, url: str, options: dict[str, Any]
) -> None:
    response = await ask(served_by(lambda _: Shortcut(router.routes, refuse)), method, url, **options)
    assert response.status_code != 500
