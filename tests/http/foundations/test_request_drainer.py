import asyncio
from io import StringIO
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Header

from domain.shared.errors import NotFound
from entrypoints.http.middleware.request_drainer import RequestDrainer
from entrypoints.http.problems.problem import HTTPProblem
from entrypoints.http.routing.strict_route import StrictRoute
from tests.kit.apps import app_of, ask

CANARY = "hunter2-C4n4ry"


class Work:
    """Work that starts, and then waits until the test lets the work succeed or fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun, self.may_go_on, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.error = error

    async def __call__(self) -> str:
        self.begun.set()
        await self.may_go_on.wait()
        self.ended.set()
        if self.error is not None:
            raise self.error
        return "done"


async def test_request_drainer_returns_the_result_of_the_given_work() -> None:
    work = Work()
    work.may_go_on.set()
    assert await RequestDrainer().run(work) == "done"


async def test_request_drainer_raises_the_error_of_the_given_work() -> None:
    work = Work(NotFound("x"))
    work.may_go_on.set()
    with pytest.raises(NotFound):
        await RequestDrainer().run(work)


async def test_work_completes_after_its_caller_is_canceled() -> None:
    request_drainer, work = RequestDrainer(), Work()
    caller = asyncio.create_task(request_drainer.run(work))
    await work.begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert len(request_drainer) == 1
    work.may_go_on.set()
    await work.ended.wait()
    await asyncio.sleep(0)
    assert len(request_drainer) == 0


@pytest.mark.parametrize(
    ("error", "logged"), [(RuntimeError(CANARY), True), (NotFound(CANARY), False), (None, False)]
)
async def test_error_of_a_request_whose_client_has_disconnected_is_logged(
    error: Exception | None, logged: bool, log: StringIO
) -> None:
    request_drainer, work = RequestDrainer(), Work(error)
    caller = asyncio.create_task(request_drainer.run(work))
    await work.begun.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    work.may_go_on.set()
    await request_drainer.drain(1)
    assert ("request failed after its client had left" in log.getvalue()) is logged
    assert CANARY not in log.getvalue()


async def test_running_work_is_completed_and_new_work_is_rejected_during_draining() -> None:
    request_drainer, work = RequestDrainer(), Work()
    caller = asyncio.create_task(request_drainer.run(work))
    await work.begun.wait()
    draining = asyncio.create_task(request_drainer.drain(10))
    await asyncio.sleep(0)
    with pytest.raises(HTTPProblem) as refusal:
        await request_drainer.run(Work())
    assert (refusal.value.type.code, refusal.value.headers) == ("shutting_down", {"Retry-After": "1"})
    work.may_go_on.set()
    assert await draining == 0
    assert await caller == "done"


async def test_draining_cancels_and_counts_work_that_exceeds_the_drain_timeout() -> None:
    request_drainer, work = RequestDrainer(), Work()
    caller = asyncio.create_task(request_drainer.run(work))
    await work.begun.wait()
    assert await request_drainer.drain(0) == 1
    assert not work.ended.is_set()
    with pytest.raises(HTTPProblem) as refusal:
        await caller
    assert refusal.value.type.code == "shutting_down"


async def test_write_request_is_completed_after_its_client_disconnects() -> None:
    work = Work()
    router = APIRouter(route_class=StrictRoute)

    @router.post("/orders")
    async def place() -> str:
        return await work()

    app = app_of(router)
    client = asyncio.create_task(ask(app, "POST", "/orders"))
    await work.begun.wait()
    client.cancel()
    with pytest.raises(asyncio.CancelledError):
        await client
    work.may_go_on.set()
    await asyncio.wait_for(work.ended.wait(), 5)


async def test_draining_waits_for_running_read_requests() -> None:
    request_drainer, work = RequestDrainer(), Work()
    reading = asyncio.create_task(request_drainer.run_here(work))
    await work.begun.wait()
    assert len(request_drainer) == 1
    draining = asyncio.create_task(request_drainer.drain(10))
    await asyncio.sleep(0)
    with pytest.raises(HTTPProblem):
        await request_drainer.run_here(Work())
    work.may_go_on.set()
    assert await draining == 0
    assert await reading == "done"


async def test_read_request_is_canceled_when_its_client_disconnects() -> None:
    work = Work()
    router = APIRouter(route_class=StrictRoute)

    @router.get("/orders")
    async def show() -> str:
        return await work()

    app = app_of(router)
    client = asyncio.create_task(ask(app, "GET", "/orders"))
    await work.begun.wait()
    client.cancel()
    with pytest.raises(asyncio.CancelledError):
        await client
    assert len(app.state.request_drainer) == 0


async def test_dependencies_of_a_write_request_are_completed_after_a_disconnect() -> None:
    work = Work()

    async def claim(x_key: Annotated[str, Header()]) -> str:
        return await work() + x_key

    router = APIRouter(route_class=StrictRoute)

    @router.post("/orders")
    async def place(claimed: Annotated[str, Depends(claim)]) -> str:
        return claimed

    app = app_of(router)
    client = asyncio.create_task(ask(app, "POST", "/orders", headers={"X-Key": "k"}))
    await work.begun.wait()
    client.cancel()
    await asyncio.gather(client, return_exceptions=True)
    work.may_go_on.set()
    await asyncio.wait_for(work.ended.wait(), 5)


async def test_app_returns_503_with_retry_after_once_draining_begins() -> None:
    router = APIRouter(route_class=StrictRoute)

    @router.get("/thing")
    async def get_thing() -> str:
        return "thing"

    app = app_of(router)
    await app.state.request_drainer.drain(0)
    response = await ask(app, "GET", "/thing")
    assert (response.status_code, response.json()["code"]) == (503, "shutting_down")
    assert response.headers["Retry-After"] == "1"
