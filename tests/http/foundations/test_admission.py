from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from typing import Annotated

import pytest
from dependency_injector.providers import Object
from fastapi import APIRouter, Depends, FastAPI, Header

from application.shared.admission import Admission
from application.shared.batching import Batcher
from entrypoints.bootstrap.orders import Orders
from entrypoints.bootstrap.root import Container
from entrypoints.http.middleware.admission import limit_admission
from entrypoints.http.problems.handlers import PROBLEM_HANDLERS
from entrypoints.http.representation.schemas import RequestModel, StrictInt
from entrypoints.http.routing.route import StrictRoute
from entrypoints.http.service_app import ServiceApp
from tests.kit.apps import app_of, ask

calls: list[str] = []


async def cook(orders: Sequence[str]) -> Sequence[str | Exception]:
    return orders


house = Admission(Batcher(cook, max_batch=1, max_waiting=2))


async def reset(name: Annotated[str, Header(alias="X-Name")] = "stranger") -> None:
    calls.append(f"reset {name}, {len(house)} inside")


class Meal(RequestModel):
    plates: StrictInt


router = APIRouter(route_class=StrictRoute)


@router.post("/meals", dependencies=[Depends(reset)])
@limit_admission(Container.orders.order_admission)
async def order_meal(meal: Meal) -> dict[str, int]:
    calls.append("meal")
    return {"plates": meal.plates}


def shortcut() -> FastAPI:
    app = ServiceApp(access_log=False, over_tls=False, origins=(), exception_handlers=dict(PROBLEM_HANDLERS))
    app.state.request_drainer = app_of().state.request_drainer
    app.router.routes.extend(router.routes)
    return app


@pytest.fixture(params=["the framework's way", "the shortcut"])
def app(request: pytest.FixtureRequest) -> FastAPI:
    calls.clear()
    made = shortcut() if request.param == "the shortcut" else app_of(router)
    made.state.container = Container(orders=Orders(order_admission=Object(house)))
    return made


@pytest.fixture
def full_house() -> Iterator[None]:
    with ExitStack() as guests:
        while not house.is_full:
            guests.enter_context(house.entered())
        yield


async def test_who_is_let_in_is_counted_until_he_is_answered(app: FastAPI) -> None:
    response = await ask(app, "POST", "/meals", json={"plates": 2})
    assert (response.status_code, response.json()) == (200, {"plates": 2})
    assert calls == ["reset stranger, 1 inside", "meal"]
    assert len(house) == 0


@pytest.mark.usefixtures("full_house")
async def test_who_is_one_too_many_is_refused_before_his_body_is_read(app: FastAPI) -> None:
    async def body() -> AsyncIterator[bytes]:
        calls.append("body")
        yield b"not JSON"

    response = await ask(app, "POST", "/meals", content=body(), headers={"X-Request-Id": "meal-7"})
    assert calls == []
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["X-Request-Id"] == "meal-7"
    assert int(response.headers["Content-Length"]) == len(response.content)
    assert response.json() == {
        "type": "/problems/overloaded",
        "title": "The service is busy",
        "status": 503,
        "detail": "The service is busy. Try again shortly.",
        "instance": "/meals",
        "code": "overloaded",
        "request_id": "meal-7",
    }


@pytest.mark.usefixtures("full_house")
async def test_nothing_is_found_wrong_with_who_is_one_too_many(app: FastAPI) -> None:
    response = await ask(app, "POST", "/meals?dessert=1", json={"plates": 2})
    assert (response.status_code, response.json()["code"]) == (503, "overloaded")


@pytest.mark.usefixtures("full_house")
async def test_the_shortcut_does_not_begin_what_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    async def begin(_: object) -> None:
        calls.append("begun")

    calls.clear()
    app = shortcut()
    app.state.container = Container(orders=Orders(order_admission=Object(house)))
    monkeypatch.setattr(router.routes[0], "answer", begin)
    response = await ask(app, "POST", "/meals", json={"plates": 2})
    assert (response.status_code, calls) == (503, [])


async def test_a_body_that_breaks_rules_is_refused_behind_the_door(app: FastAPI) -> None:
    response = await ask(app, "POST", "/meals", json={"plates": "two"})
    assert (response.status_code, len(house)) == (422, 0)


def test_what_the_door_refuses_with_is_documented() -> None:
    [route] = router.routes
    assert isinstance(route, StrictRoute)
    assert "overloaded" in str(route.responses[503])


def test_a_door_stands_before_a_single_address() -> None:
    with pytest.raises(TypeError, match=r"/meals/\{meal_id\}"):
        router.get("/meals/{meal_id}")(limit_admission(Container.orders.order_admission)(reset))
