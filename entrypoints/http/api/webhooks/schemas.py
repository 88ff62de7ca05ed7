"""Schemas of webhooks."""

from typing import Annotated
from uuid import UUID

from pydantic import MISSING, Field, StrictBool

from domain.shared.unset import UNSET
from domain.webhooks.delivery import DeliveryStatus
from domain.webhooks.endpoint import ENDPOINT_DESCRIPTION, MAX_OVERLAP, MAX_URL_LENGTH, EndpointChanges
from entrypoints.http.api.events.schemas import EventType, KnownEventType
from entrypoints.http.representation.pagination import ListQuery
from entrypoints.http.representation.schemas import (
    RequestModel,
    ResponseModel,
    StrictInt,
    Timestamp,
    text,
    text_of,
)

MAX_EVENT_TYPES = 100


EndpointUrl = Annotated[
    str,
    text(max_length=MAX_URL_LENGTH, min_length=1),
    Field(
        description="An https address on the internet, without a user or a fragment.",
        examples=["https://erp.northwind.example.com/steelyard"],
    ),
]
EventTypes = Annotated[
    list[KnownEventType],
    Field(
        max_length=MAX_EVENT_TYPES,
        description="The event types to send. An empty list means all.",
        examples=[["order.confirmed", "order.cancelled"]],
    ),
]
EndpointDescription = Annotated[str, text_of(ENDPOINT_DESCRIPTION), Field(examples=["ERP, production"])]


class CreateEndpointRequest(RequestModel):
    """An address that gets events."""

    url: EndpointUrl
    event_types: EventTypes = Field(default_factory=list)
    description: EndpointDescription = Field("", description="A name for people.")


class ChangeEndpointRequest(RequestModel):
    """A JSON merge patch (RFC 7396). Missing fields keep their value.

    `null` clears the description.
    """

    url: EndpointUrl | MISSING = MISSING
    event_types: EventTypes | MISSING = MISSING
    description: EndpointDescription | MISSING | None = Field(
        MISSING, description="A name for people. `null` clears it."
    )
    paused: StrictBool | MISSING = Field(
        MISSING, description="`true` makes events wait, and `false` sends those that waited."
    )

    def changes(self) -> EndpointChanges:
        return EndpointChanges(
            url=UNSET if self.url is MISSING else self.url,
            event_types=UNSET if self.event_types is MISSING else self.event_types,
            description=UNSET if self.description is MISSING else self.description or "",
            paused=UNSET if self.paused is MISSING else self.paused,
        )


class EndpointResponse(ResponseModel):
    """An HTTPS address that gets events."""

    id: UUID = Field(description="The id of the endpoint.")
    url: str = Field(description="The address that messages are sent to.")
    event_types: list[EventType | str] = Field(
        description="The event types that are sent. An empty list means all."
    )
    description: str = Field(description="A name for people; empty if there is none.")
    owner_id: UUID | None = Field(
        description="The user or client whose right to read events decides what is sent; null for the shop's admins."
    )
    blocked_at: Timestamp | None = Field(
        description="Since when some events wait, because the owner lost the right to read them; null if none wait."
    )
    paused: bool = Field(description="Whether events wait instead of being sent.")
    paused_at: Timestamp | None = Field(
        description="The time since when the endpoint is paused; null if it is not."
    )
    former_secret_expires_at: Timestamp | None = Field(
        description="Until when messages are also signed with the former secret; null if it is not in use."
    )
    version: int = Field(description="Increases with each change. `ETag` has the same number.")
    created_at: Timestamp = Field(description="The time of the creation.")


class TransferEndpointRequest(RequestModel):
    """The new owner of an endpoint."""

    owner_id: UUID = Field(
        description="An active user or an enabled client that may read the events.",
        examples=["0192f0c4-7b1c-7e61-b9ad-1f2f4a6b8c10"],
    )


class RollSecretRequest(RequestModel):
    """How to replace the secret of an endpoint."""

    overlap_hours: StrictInt = Field(
        24,
        ge=0,
        le=int(MAX_OVERLAP.total_seconds()) // 3600,
        description="Hours for which the former secret also signs messages. Send 0 if it has leaked.",
    )


class NewEndpointResponse(EndpointResponse):
    """An endpoint with the secret that signs its messages."""

    secret: str | None = Field(
        description=(
            "Messages are signed with it (Standard Webhooks). It is shown only this once, and to a retry with the same"
            " Idempotency-Key; null there if the service has no key to store it encrypted."
        ),
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw8J8dmlp2kfU="],
    )


class ListDeliveriesQuery(ListQuery):
    status: DeliveryStatus | None = Field(None, description="Only deliveries with this status.")


class RetryDeliveriesRequest(RequestModel):
    """Which deliveries to send again."""

    since: Timestamp = Field(
        description="The beginning of the window, in which the deliveries were created.",
        examples=["2026-01-30T12:00:00Z"],
    )
    until: Timestamp | None = Field(None, description="The end of the window. Default: now.")
    event_types: EventTypes = Field(default_factory=list)


class RetriedResponse(ResponseModel):
    """The result of a bulk retry."""

    retried: int = Field(description="The number of scheduled deliveries, at most 1000.")
    has_more: bool = Field(
        description="Whether the window can have more. If so, repeat the request with another key."
    )


class DeliveryResponse(ResponseModel):
    """One event for one endpoint, with its attempts."""

    id: UUID = Field(description="The id of the delivery.")
    event_id: UUID = Field(description="The id of the event, which is also sent as `webhook-id`.")
    event_type: EventType | str = Field(description="The kind of the event that is delivered.")
    status: DeliveryStatus = Field(
        description="`pending` until an attempt succeeds (`delivered`) or the last one has failed (`dead`)."
    )
    attempts: int = Field(description="The number of attempts so far.")
    next_attempt_at: Timestamp | None = Field(
        description="The time of the next attempt; null unless the delivery is pending."
    )
    last_attempt_at: Timestamp | None = Field(
        description="The time of the last attempt; null before the first."
    )
    last_status: int | None = Field(
        description="The HTTP status of the endpoint's last response; null if there was none."
    )
    last_error: str | None = Field(
        description=(
            "A code if the last attempt got no response: `timeout`, `name_not_found`, `address_refused`, `connection_failed`, `tls_failed`."
        )
    )
    created_at: Timestamp = Field(description="The time when the event was queued for the endpoint.")
