"""Administration of accounts, for admins."""

from typing import Annotated

from fastapi import Body, Query, Request, Response

from application.users.change_user import ChangeUser, ChangeUserCommand
from application.users.ports import UserFilter
from application.users.queries import GetUser, ListUsers
from application.users.views import UserView
from domain.shared.ids import UserId
from entrypoints.bootstrap.root import GRAPH
from entrypoints.email_addresses import known_email_address
from entrypoints.from_container import from_container
from entrypoints.http.api.users.schemas import ChangeUserRequest, ListUsersQuery, UserResponse
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.etags import NOT_MODIFIED, IfMatch, version_tag, with_etag
from entrypoints.http.representation.pagination import PageResponse, PageResult, RequestPaginator
from entrypoints.http.representation.path_parameters import UserIdInPath
from entrypoints.http.routing.body import MERGE_PATCH
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import UserManager, actor_of
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

router = StrictRouter(prefix="/v1/users", tags=["users"])


@router.get(
    "",
    operation_id="list_users",
    summary="List accounts",
    description=described_by(ListUsers),
    response_description="A page of accounts.",
    response_model=PageResponse[UserResponse],
    dependencies=[LimitReads],
)
async def list_users(
    query: Annotated[ListUsersQuery, Query()],
    _manager: UserManager,
    paginator: RequestPaginator,
    list_users: Annotated[ListUsers, from_container(GRAPH.users.list_users)],
) -> PageResult[UserView]:
    page = await list_users(
        UserFilter(
            email=known_email_address(query.email) if query.email else None,
            role=query.role,
            status=query.status,
        ),
        descending=query.sort.startswith("-"),
        after=paginator.position(query),
        limit=query.limit,
    )
    return paginator.page(query, page)


@router.get(
    "/{user_id:uuid}",
    operation_id="get_user",
    summary="Show an account",
    description=described_by(GetUser),
    response_description="The account.",
    response_model=UserResponse,
    responses={**problem_responses("not_found"), **NOT_MODIFIED},
    dependencies=[LimitReads],
)
async def get_user(
    user_id: UserIdInPath,
    _manager: UserManager,
    request: Request,
    response: Response,
    get_user: Annotated[GetUser, from_container(GRAPH.users.get_user)],
) -> UserView | Response:
    user = await get_user(UserId(user_id))
    return with_etag(request, response, user, user.version)


@router.patch(
    "/{user_id:uuid}",
    operation_id="change_user",
    summary="Change an account's role or status",
    description=described_by(ChangeUser),
    response_description="The account after the change.",
    response_model=UserResponse,
    responses=problem_responses("not_found", "last_admin", "account_closed"),
    dependencies=[LimitWrites],
)
async def change_user(
    user_id: UserIdInPath,
    body: Annotated[ChangeUserRequest, Body(media_type=MERGE_PATCH)],
    expected_version: IfMatch,
    manager: UserManager,
    request: Request,
    response: Response,
    change_user: Annotated[ChangeUser, from_container(GRAPH.users.change_user)],
) -> UserView:
    user = await change_user(
        ChangeUserCommand(
            user_id=UserId(user_id),
            expected_version=expected_version,
            changes=body.changes(),
            actor=actor_of(request, manager),
        )
    )
    response.headers["ETag"] = version_tag(user.version)
    return user
