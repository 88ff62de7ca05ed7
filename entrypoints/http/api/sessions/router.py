"""The caller's sessions."""

from typing import Annotated

from fastapi import Query, Request

from application.sessions.end_session import EndSession
from application.sessions.queries import ListSessions
from application.sessions.views import SessionView
from domain.shared.ids import SessionId
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.sessions.schemas import SessionResponse
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.pagination import ListQuery, PageResponse, RequestPaginator
from entrypoints.http.representation.path_parameters import SessionIdInPath
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import CurrentUser, TokenUser, actor_of
from entrypoints.http.security.rate_limits import LimitReads, LimitWrites

router = StrictRouter(prefix="/v1/me/sessions", tags=["sessions"])


@router.get(
    "",
    operation_id="list_sessions",
    summary="List where I am logged in",
    description=described_by(ListSessions),
    response_description="A page of sessions.",
    dependencies=[LimitReads],
)
async def list_sessions(
    query: Annotated[ListQuery, Query()],
    principal: TokenUser,
    paginator: RequestPaginator,
    list_sessions: Annotated[ListSessions, from_container(GRAPH.sessions.list_sessions)],
) -> PageResponse[SessionResponse]:
    page = await list_sessions(principal.user_id, after=paginator.position(query), limit=query.limit)
    portion = paginator.page(query, page)
    return PageResponse(
        items=[_shown(session, current=session.id == principal.session_id) for session in portion.items],
        next_cursor=portion.next_cursor,
    )


@router.delete(
    "/{session_id:uuid}",
    operation_id="end_session",
    summary="Log out on one device",
    description=described_by(EndSession),
    response_description="The session has ended.",
    status_code=204,
    responses=problem_responses("not_found"),
    dependencies=[LimitWrites],
)
async def end_session(
    session_id: SessionIdInPath,
    principal: CurrentUser,
    request: Request,
    end_session: Annotated[EndSession, from_container(GRAPH.sessions.end_session)],
) -> None:
    await end_session(SessionId(session_id), actor=actor_of(request, principal))


def _shown(session: SessionView, *, current: bool) -> SessionResponse:
    return SessionResponse(
        id=session.id,
        user_agent=session.user_agent,
        current=current,
        created_at=session.created_at,
        last_used_at=session.last_used_at,
        expires_at=session.expires_at,
    )
