"""Liveness and readiness."""

from typing import Annotated, Literal

from fastapi import Request
from pydantic import Field

from application.health.ports import Health
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.middleware.request_drainer import RequestDrainer, shutting_down
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.schemas import ResponseModel
from entrypoints.http.routing.strict_router import StrictRouter

router = StrictRouter(tags=["operations"])


class HealthResponse(ResponseModel):
    """The result of a health check."""

    status: Literal["ok"] = Field(description="Always `ok`: any other state is a problem.")


OK = HealthResponse(status="ok")


@router.get(
    "/livez",
    operation_id="get_liveness",
    summary="Does the process answer?",
    description="It says nothing about the database: a process is not restarted because its database is away.",
    response_description="The process answers.",
)
async def get_liveness() -> HealthResponse:
    return OK


@router.get(
    "/readyz",
    operation_id="get_readiness",
    summary="Can the process take requests?",
    description="The database accepts writes, its schema permits this release, and the process is not being stopped.",
    response_description="The process can take requests.",
    responses=problem_responses("database_unavailable", "schema_outdated", "release_outdated"),
)
async def get_readiness(
    request: Request, health: Annotated[Health, from_container(GRAPH.database.health)]
) -> HealthResponse:
    drainer: RequestDrainer = request.app.state.request_drainer
    if drainer.is_stop_announced:
        raise shutting_down()
    await health.check()
    return OK
