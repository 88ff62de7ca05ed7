import pytest
from fastapi import APIRouter

from entrypoints.http.middleware.request_drainer import RequestDrainer
from entrypoints.http.problems.handlers import PROBLEM_HANDLERS
from entrypoints.http.routing.route import StrictRoute
from entrypoints.http.service_app import ServiceApp
from tests.kit.apps import ask

CANARY = "hunter2-C4n4ry"

router = APIRouter(route_class=StrictRoute)


@router.get("/broken")
@router.get("/things/{thing}/broken")
async def fail() -> str:
    raise RuntimeError(CANARY)


@pytest.mark.parametrize("address", ["/broken", "/things/1/broken"])
async def test_what_nobody_expected_is_answered_once_by_whichever_way_it_came(address: str) -> None:
    app = ServiceApp(access_log=False, over_tls=False, origins=(), exception_handlers=dict(PROBLEM_HANDLERS))
    app.state.request_drainer = RequestDrainer()
    app.router.routes.extend(router.routes)
    response = await ask(app, "GET", address)
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert CANARY not in response.text
