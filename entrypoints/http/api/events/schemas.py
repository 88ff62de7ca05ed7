"""Schemas of events."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

from application.events.event_types import EVENT_TYPES
from entrypoints.http.problems.validation import broken_rule
from entrypoints.http.representation.pagination import MAX_LIMIT
from entrypoints.http.representation.schemas import ResponseModel, Timestamp


def _known(type_: str) -> str:
    if type_ not in EVENT_TYPES:
        raise broken_rule(
            code="unknown_event_type", detail=f"Send one of the types of events: {', '.join(EVENT_TYPES)}."
        )
    return type_


EventType = TypeAliasType(
    "EventType",
    Annotated[
        str,
        Field(
            description="A published kind of event. Later releases can have more.",
            examples=["order.placed"],
            json_schema_extra={"enum": list(EVENT_TYPES)},
        ),
    ],
)
"""A named type, so that the OpenAPI document has one schema for event types.

In responses use `EventType | str`, which permits new types.
"""

KnownEventType = Annotated[EventType, AfterValidator(_known)]
"""The event types that a request can contain."""


class ListEventsQuery(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    after: UUID | None = Field(
        None, description="Continue after the event with this id: `next_after` of the previous response."
    )
    type: KnownEventType | None = Field(None, description="Only events of this type.")
    limit: int = Field(25, ge=1, le=MAX_LIMIT, description="The maximum number of events on the page.")


class CloudEventResponse(ResponseModel):
    """An event in the format of CloudEvents 1.0.

    /asyncapi.json describes the `data` of each `type`.
    """

    specversion: Literal["1.0"] = Field(description="The version of CloudEvents.")
    id: UUID = Field(description="With `source` unique in the world, and the same however often it is sent.")
    source: str = Field(description="The address of the service.", examples=["http://127.0.0.1:8000"])
    type: str = Field(examples=["order.placed"], description="The kind of event.")
    subject: str = Field(
        examples=["order/019b8d2c-8e00-7000-8000-000000000001"],
        description="The type and id of the object that the event is about.",
    )
    time: Timestamp = Field(description="The time of the event.")
    datacontenttype: Literal["application/json"] = Field(description="The media type of `data`.")
    dataschema: str = Field(description="The address of the schema of `data`.")
    partitionkey: str = Field(
        description="Events with the same key come in the order in which they happened."
    )
    sequence: str = Field(
        description="The place among all events; it sorts as text.", examples=["0000000000000000042"]
    )
    aggregateversion: int = Field(description="The version of the order, product or user that this led to.")
    data: dict[str, Any] = Field(description="The payload. Its members depend on `type`.")


class EventsResponse(ResponseModel):
    """A page of the event feed."""

    items: list[CloudEventResponse] = Field(description="The events, oldest first.")
    next_after: UUID | None = Field(
        description="Send it as `after` in the next request, now or later; null while the feed is empty."
    )
    has_more: bool = Field(
        description="Whether the feed continues. With `type`, this can be true although `items` is empty."
    )
