"""Signing up."""

from typing import Annotated

from fastapi import APIRouter, Response

from application.users.sign_up import SignUp, SignUpCommand
from application.users.views import UserView
from entrypoints.container import Container
from entrypoints.http.descriptions import described_by
from entrypoints.http.idempotency import OptionalKey, mark_replay
from entrypoints.http.network import Network
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.provided import provided
from entrypoints.http.rate_limits import LimitSignUps
from entrypoints.http.route import StrictRoute
from entrypoints.http.users.schemas import CreateUserRequest, UserResponse

router = APIRouter(prefix="/v1/users", tags=["users"], route_class=StrictRoute)


@router.post(
    "",
    operation_id="create_user",
    summary="Sign up",
    description=described_by(SignUp),
    status_code=201,
    response_model=UserResponse,
    responses=problem_responses("email_taken", "too_many_attempts", "overloaded"),
    dependencies=[LimitSignUps],
)
async def create_user(
    body: CreateUserRequest,
    key: OptionalKey,
    response: Response,
    network: Network,
    sign_up: Annotated[SignUp, provided(Container.sign_up)],
) -> UserView:
    receipt = await sign_up(
        SignUpCommand(
            email=body.email,
            password=body.password.get_secret_value(),
            full_name=body.full_name,
            network=network,
            key=key.of(None, body) if key else None,
        )
    )
    mark_replay(response, receipt)
    response.headers["Location"] = "/v1/me"
    return receipt.result
