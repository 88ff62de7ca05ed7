"""The event feed, from which other systems pull all events."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from application.events.cloud_event import cloud_event
from application.events.queries import ListEvents
from domain.shared.ids import EventId
from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import from_container
from entrypoints.http.api.events.schemas import EventsResponse, ListEventsQuery
from entrypoints.http.problems.openapi import problem_responses
from entrypoints.http.representation.descriptions import described_by
from entrypoints.http.representation.response_headers import sends_headers
from entrypoints.http.routing.strict_router import StrictRouter
from entrypoints.http.security.authentication import EventReader
from entrypoints.http.security.rate_limits import LimitReads
from entrypoints.settings import Settings

router = StrictRouter(prefix="/v1/events", tags=["events"])


@router.get(
    "",
    operation_id="list_events",
    summary="Read what has happened",
    description=described_by(ListEvents),
    response_description="A page of events in the order of the feed. It is empty if nothing has happened since.",
    response_model=EventsResponse,
    responses=problem_responses("invalid_cursor"),
    dependencies=[LimitReads],
)
@sends_headers("Link")
async def list_events(
    query: Annotated[ListEventsQuery, Query()],
    _reader: EventReader,
    request: Request,
    response: Response,
    list_events: Annotated[ListEvents, from_container(GRAPH.events.list_events)],
    settings: Annotated[Settings, from_container(GRAPH.settings)],
) -> dict[str, object]:
    after = EventId(query.after) if query.after else None
    portion = await list_events(after=after, type_=query.type, limit=query.limit)
    if portion.has_more:
        parameters = [item for item in request.query_params.multi_items() if item[0] != "after"]
        address = f"/v1/events?{urlencode([*parameters, ('after', str(portion.last))])}"
        response.headers["Link"] = f'<{address}>; rel="next"'
    return {
        "items": [cloud_event(event, source=settings.token_issuer) for event in portion.events],
        "next_after": portion.last,
        "has_more": portion.has_more,
    }
