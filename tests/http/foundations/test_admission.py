from collections.abc import AsyncIterator, Callable
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Header

from application.shared.errors import Overloaded
from entrypoints.http.admission import at_the_door
from entrypoints.http.problems.openapi import refuses_with
from entrypoints.http.route import StrictRoute
from entrypoints.http.schemas import RequestModel, StrictInt
from tests.kit.apps import ask

calls: list[str] = []
is_full = False


@pytest.fixture(autouse=True)
def _quiet_house() -> None:
    global is_full  # noqa: PLW0603 - the house of this module
    is_full = False
    calls.clear()


async def welcome(name: Annotated[str, Header(alias="X-Name")] = "stranger") -> None:
    calls.append(f"welcome {name}")


@at_the_door
@refuses_with("overloaded")
async def let_in() -> Callable[[], None]:
    calls.append("door")
    if is_full:
        raise Overloaded
    return lambda: calls.append("out")


class Meal(RequestModel):
    plates: StrictInt


router = APIRouter(route_class=StrictRoute)


@router.post("/meals", dependencies=[Depends(welcome), Depends(let_in)])
async def order_meal(meal: Meal) -> dict[str, int]:
    calls.append("meal")
    return {"plates": meal.plates}


async def test_the_door_comes_before_everything_else_and_once() -> None:
    response = await ask(router, "POST", "/meals", json={"plates": 2})
    assert (response.status_code, response.json()) == (200, {"plates": 2})
    assert calls == ["door", "welcome stranger", "meal", "out"]


async def test_who_is_refused_at_the_door_has_not_had_his_body_read() -> None:
    global is_full  # noqa: PLW0603 - the house of this module
    is_full = True

    async def body() -> AsyncIterator[bytes]:
        calls.append("body")
        yield b"not JSON"

    response = await ask(router, "POST", "/meals", content=body())
    assert (response.status_code, response.json()["code"]) == (503, "overloaded")
    assert response.headers["Retry-After"] == "1"
    assert calls == ["door"]


async def test_a_body_that_breaks_rules_is_refused_behind_the_door() -> None:
    response = await ask(router, "POST", "/meals", json={"plates": "two"})
    assert (response.status_code, calls) == (422, ["door", "welcome stranger", "out"])


def test_what_the_door_refuses_with_is_documented() -> None:
    [route] = router.routes
    assert isinstance(route, StrictRoute)
    assert "overloaded" in str(route.responses[503])
