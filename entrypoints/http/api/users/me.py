"""The caller's own account."""

from typing import Annotated

from fastapi import Body, Request, Response

from application.shared.idempotency import IdempotentOperation
from application.users.change_me import ChangeMe, ChangeMeCommand
from application.users.change_password import ChangePassword, ChangePasswordCommand
from application.users.close_account import CloseAccount, CloseAccountCommand
from application.users.queries import GetMe
from application.users.request_email_change import RequestEmailChange, RequestEmailChangeCommand
from application.users.views import UserView
from entrypoints.bootstrap.root import GRAPH
from entrypoints.email_addresses import parse_email_address
from entrypoints.from_container import from_container
from entrypoints.http.api.users.schemas import (
    ChangeEmailRequest,
    ChangeMeRequest,
    ChangePasswordRequest,
    MessageResponse,
    UserResponse,
)
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.etags import NOT_MODIFIED, IfMatch, version_tag, with_etag
from entrypoints.http.representation.idempotency import OptionalKey, mark_replay
from entrypoints.http.routing.body import MERGE_PATCH
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import CurrentUser, TokenUser, actor_of
from entrypoints.http.security.client_network import Network
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

EMAIL_CHANGE_REQUESTED = MessageResponse(
    detail="A message is on its way to the new address. The address changes when its token is confirmed."
)

router = StrictRouter(prefix="/v1/me", tags=["users"])


@router.get(
    "",
    operation_id="get_me",
    summary="Show my account",
    description=described_by(GetMe),
    response_description="The caller's account.",
    response_model=UserResponse,
    responses=NOT_MODIFIED,
    dependencies=[LimitReads],
)
async def get_me(
    principal: TokenUser,
    request: Request,
    response: Response,
    get_me: Annotated[GetMe, from_container(GRAPH.users.get_me)],
) -> UserView | Response:
    user = await get_me(principal.user_id)
    return with_etag(request, response, user, user.version)


@router.patch(
    "",
    operation_id="change_me",
    summary="Change my account",
    description=described_by(ChangeMe),
    response_description="The account after the change.",
    response_model=UserResponse,
    dependencies=[LimitWrites],
)
async def change_me(
    body: Annotated[ChangeMeRequest, Body(media_type=MERGE_PATCH)],
    expected_version: IfMatch,
    principal: CurrentUser,
    request: Request,
    response: Response,
    change_me: Annotated[ChangeMe, from_container(GRAPH.users.change_me)],
) -> UserView:
    user = await change_me(
        ChangeMeCommand(
            user_id=principal.user_id,
            expected_version=expected_version,
            full_name=body.new_full_name(),
            actor=actor_of(request, principal),
        )
    )
    response.headers["ETag"] = version_tag(user.version)
    return user


@router.delete(
    "",
    operation_id="close_me",
    summary="Close my account",
    description=described_by(CloseAccount),
    response_description="The account is closed.",
    status_code=204,
    responses=problem_responses("last_admin"),
    dependencies=[LimitWrites],
)
async def close_me(
    expected_version: IfMatch,
    principal: CurrentUser,
    request: Request,
    close_account: Annotated[CloseAccount, from_container(GRAPH.users.close_account)],
) -> None:
    await close_account(
        CloseAccountCommand(
            user_id=principal.user_id, expected_version=expected_version, actor=actor_of(request, principal)
        )
    )


@router.post(
    "/email",
    operation_id="request_email_change",
    summary="Change my e-mail address",
    description=described_by(RequestEmailChange),
    response_description="A message is on its way to the new address.",
    status_code=202,
    responses=problem_responses("too_many_attempts", "overloaded"),
    dependencies=[LimitWrites],
)
async def request_email_change(
    body: ChangeEmailRequest,
    principal: CurrentUser,
    key: OptionalKey,
    request: Request,
    response: Response,
    network: Network,
    request_email_change: Annotated[RequestEmailChange, from_container(GRAPH.users.request_email_change)],
) -> MessageResponse:
    requested = await request_email_change(
        RequestEmailChangeCommand(
            user_id=principal.user_id,
            session_id=principal.session_id,
            email=parse_email_address(body.email),
            current_password=body.current_password.get_secret_value(),
            network=network,
            actor=actor_of(request, principal),
            key=key.of(IdempotentOperation.REQUEST_EMAIL_CHANGE, principal) if key else None,
        )
    )
    mark_replay(response, requested)
    return EMAIL_CHANGE_REQUESTED


@router.post(
    "/password",
    operation_id="change_password",
    summary="Change my password",
    description=described_by(ChangePassword),
    response_description="The password is changed, and all other sessions have ended.",
    status_code=204,
    responses=problem_responses("too_many_attempts", "overloaded"),
    dependencies=[LimitWrites],
)
async def change_password(
    body: ChangePasswordRequest,
    principal: CurrentUser,
    key: OptionalKey,
    request: Request,
    response: Response,
    network: Network,
    change_password: Annotated[ChangePassword, from_container(GRAPH.users.change_password)],
) -> None:
    outcome = await change_password(
        ChangePasswordCommand(
            user_id=principal.user_id,
            session_id=principal.session_id,
            current_password=body.current_password.get_secret_value(),
            new_password=body.new_password.get_secret_value(),
            network=network,
            actor=actor_of(request, principal),
            key=key.of(IdempotentOperation.CHANGE_PASSWORD, principal) if key else None,
        )
    )
    mark_replay(response, outcome)
