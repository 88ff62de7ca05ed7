"""Signing up."""

from typing import Annotated

from fastapi import Request, Response
from starlette.responses import JSONResponse

from application.shared.idempotency import IdempotentOperation
from application.users.request_sign_up import RequestSignUp
from application.users.sign_up import SignUp, SignUpCommand
from application.users.verify_email import VerifyEmail, VerifyEmailCommand
from application.users.views import UserView
from entrypoints.bootstrap.root import GRAPH
from entrypoints.email_addresses import parse_email_address
from entrypoints.from_container import from_container
from entrypoints.http.api.users.schemas import (
    CreateUserRequest,
    MessageResponse,
    UserResponse,
    VerifyEmailRequest,
)
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.idempotency import OptionalKey, mark_replay
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import actor_of
from entrypoints.http.security.client_network import Network
from entrypoints.http.security.rate_limits import LimitSignUps
from entrypoints.settings import Settings

REQUESTED = MessageResponse(detail="A message is on its way to this address. It tells how to go on.")

router = StrictRouter(prefix="/v1/users", tags=["users"])


@router.post(
    "",
    operation_id="create_user",
    summary="Sign up",
    description=(
        f"{described_by(SignUp)}\n\n"
        f"**Where addresses are verified** (a setting), the answer is 202: {described_by(RequestSignUp)}"
    ),
    response_description="The new account.",
    status_code=201,
    response_model=UserResponse,
    responses={
        202: {"model": MessageResponse, "description": "Where addresses are verified, for every address."},
        **problem_responses("email_taken", "too_many_attempts", "overloaded"),
    },
    dependencies=[LimitSignUps],
)
async def create_user(
    body: CreateUserRequest,
    key: OptionalKey,
    request: Request,
    response: Response,
    network: Network,
    settings: Annotated[Settings, from_container(GRAPH.settings)],
    sign_up: Annotated[SignUp, from_container(GRAPH.users.sign_up)],
    request_sign_up: Annotated[RequestSignUp, from_container(GRAPH.users.request_sign_up)],
) -> UserView | Response:
    command = SignUpCommand(
        email=parse_email_address(body.email),
        password=body.password.get_secret_value(),
        actor=actor_of(request, None),
        full_name=body.full_name,
        network=network,
        key=key.of(IdempotentOperation.CREATE_USER, None) if key else None,
    )
    if settings.email_verification:
        await request_sign_up(command)
        return JSONResponse(REQUESTED.model_dump(), status_code=202, headers=dict(response.headers))
    outcome = await sign_up(command)
    mark_replay(response, outcome)
    response.headers["Location"] = "/v1/me"
    return outcome.result


@router.post(
    "/verify-email",
    operation_id="verify_email",
    summary="Verify an address",
    description=described_by(VerifyEmail),
    response_description="The address is verified.",
    status_code=204,
    dependencies=[LimitSignUps],
)
async def verify_email(
    body: VerifyEmailRequest,
    key: OptionalKey,
    request: Request,
    response: Response,
    verify_email: Annotated[VerifyEmail, from_container(GRAPH.users.verify_email)],
) -> None:
    outcome = await verify_email(
        VerifyEmailCommand(
            token=body.token,
            actor=actor_of(request, None),
            key=key.of(IdempotentOperation.VERIFY_EMAIL, None) if key else None,
        )
    )
    mark_replay(response, outcome)
