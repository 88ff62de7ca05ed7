"""Password resets."""

from typing import Annotated

from fastapi import Request, Response

from application.shared.idempotency import IdempotentOperation
from application.users.request_password_reset import RequestPasswordReset
from application.users.reset_password import ResetPassword, ResetPasswordCommand
from entrypoints.bootstrap.root import GRAPH
from entrypoints.email_addresses import known_email_address
from entrypoints.from_container import from_container
from entrypoints.http.api.users.schemas import (
    MessageResponse,
    RequestPasswordResetRequest,
    ResetPasswordRequest,
)
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.idempotency import OptionalKey, mark_replay
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import actor_of
from entrypoints.http.security.client_network import Network
from entrypoints.http.security.rate_limits import LimitSignUps

REQUESTED = MessageResponse(detail="If there is an account with this address, a message is on its way to it.")

router = StrictRouter(prefix="/v1/password-resets", tags=["users"])


@router.post(
    "",
    operation_id="request_password_reset",
    summary="Forget a password",
    description=described_by(RequestPasswordReset),
    response_description="If the address has an account, a message is on its way to it.",
    status_code=202,
    responses=problem_responses("too_many_attempts", "overloaded"),
    dependencies=[LimitSignUps],
)
async def request_password_reset(
    body: RequestPasswordResetRequest,
    key: OptionalKey,  # noqa: ARG001 - every POST accepts a key; repeated requests send only one message
    network: Network,
    request_password_reset: Annotated[
        RequestPasswordReset, from_container(GRAPH.users.request_password_reset)
    ],
) -> MessageResponse:
    await request_password_reset(known_email_address(body.email), network=network)
    return REQUESTED


@router.post(
    "/confirm",
    operation_id="reset_password",
    summary="Choose a new password",
    description=described_by(ResetPassword),
    response_description="The password is changed, and all sessions have ended.",
    status_code=204,
    responses=problem_responses("overloaded"),
    dependencies=[LimitSignUps],
)
async def reset_password(
    body: ResetPasswordRequest,
    key: OptionalKey,
    request: Request,
    response: Response,
    reset_password: Annotated[ResetPassword, from_container(GRAPH.users.reset_password)],
) -> None:
    outcome = await reset_password(
        ResetPasswordCommand(
            token=body.token,
            password=body.password.get_secret_value(),
            actor=actor_of(request, None),
            key=key.of(IdempotentOperation.RESET_PASSWORD, None) if key else None,
        )
    )
    mark_replay(response, outcome)
