from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, Header, Query, Response
from fastapi.routing import APIRoute

from entrypoints.http.representation.schemas import RequestModel, StrictInt
from entrypoints.http.routing.compiled_dependencies import CompiledDependencies, NotCompilable
from entrypoints.http.routing.route import StrictRoute
from tests.kit.apps import ask

calls: list[str] = []


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


async def root(size: Annotated[int, Header(alias="X-Size", le=9)] = 1) -> int:
    calls.append("root")
    return size


async def left(value: Annotated[int, Depends(root)], low: Annotated[int, Query()] = 0) -> str:
    calls.append("left")
    return f"left {value} {low}"


async def right(value: Annotated[int, Depends(root)]) -> str:
    calls.append("right")
    return f"right {value}"


class Thing(RequestModel):
    count: StrictInt


async def endpoint(
    thing_id: UUID, body: Thing, one: Annotated[str, Depends(left)], two: Annotated[str, Depends(right)]
) -> dict[str, Any]:
    calls.append("endpoint")
    return {"id": str(thing_id), "count": body.count, "one": one, "two": two}


ID = "019b8d2c-8e00-7000-8000-000000000000"
REQUESTS: list[dict[str, Any]] = [
    {"url": f"/{ID}?low=2", "json": {"count": 3}, "headers": {"X-Size": "4"}},
    {"url": f"/{ID}", "json": {"count": 3}},
    {"url": f"/{ID}?low=x", "json": {"count": 3}},
    {"url": f"/{ID}?low=x", "json": {"count": "3"}, "headers": {"X-Size": "9"}},
    {"url": "/nonsense", "json": {}},
    {"url": f"/{ID}"},
]


@pytest.mark.parametrize("request_", REQUESTS)
async def test_a_planned_route_does_what_fastapi_does(request_: dict[str, Any]) -> None:
    async def answer_of(route_class: type[APIRoute]) -> tuple[int, Any, list[str]]:
        router = APIRouter(route_class=route_class)
        router.post("/{thing_id}")(endpoint)
        calls.clear()
        response = await ask(router, "POST", **request_)
        body = response.json()
        body.pop("request_id", None)
        return response.status_code, body, list(calls)

    assert await answer_of(StrictRoute) == await answer_of(APIRoute)


async def test_what_several_depend_on_is_solved_once() -> None:
    router = APIRouter(route_class=StrictRoute)
    router.post("/{thing_id}")(endpoint)
    await ask(router, "POST", **REQUESTS[0])

    assert calls == ["root", "left", "right", "endpoint"]


async def test_a_broken_rule_of_what_several_depend_on_is_told_once() -> None:
    router = APIRouter(route_class=StrictRoute)
    router.post("/{thing_id}")(endpoint)
    response = await ask(router, "POST", url=f"/{ID}", json={"count": 3}, headers={"X-Size": "10"})

    assert [error["parameter"] for error in response.json()["errors"]] == ["X-Size"]
    assert calls == []


async def test_an_endpoint_may_answer_with_another_status_than_the_usual_one() -> None:
    router = APIRouter(route_class=StrictRoute)

    @router.post("/", status_code=201)
    async def create(response: Response) -> str:
        response.status_code = 200
        return "there already"

    assert (await ask(router, "POST", url="/")).status_code == 200


def test_what_plans_do_not_know_is_left_to_fastapi() -> None:
    async def with_tasks(tasks: BackgroundTasks) -> None: ...

    def in_a_thread() -> None: ...

    for unknown in (with_tasks, in_a_thread):
        with pytest.raises(NotCompilable):
            CompiledDependencies(APIRoute("/", unknown).dependant)
