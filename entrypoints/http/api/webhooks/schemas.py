"""Schemas of webhooks."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.webhooks.delivery import DeliveryStatus
from domain.webhooks.endpoint import MAX_URL_LENGTH
from entrypoints.http.api.events.schemas import EventType
from entrypoints.http.representation.pagination import ListQuery
from entrypoints.http.representation.schemas import RequestModel, ResponseModel, Timestamp, text

MAX_EVENT_TYPES = 100


class CreateEndpointRequest(RequestModel):
    url: Annotated[
        str,
        text(max_length=MAX_URL_LENGTH, min_length=1),
        Field(
            description="An https address on the internet, without a user or a fragment.",
            examples=["https://shop.example.com/steelyard"],
        ),
    ]
    event_types: list[EventType] = Field(
        default_factory=list,
        max_length=MAX_EVENT_TYPES,
        description="Which events to send; empty, all of them.",
        examples=[["order.confirmed", "order.cancelled"]],
    )


class EndpointResponse(ResponseModel):
    id: UUID
    url: str
    event_types: list[str] = Field(description="Which events are sent; empty, all of them.")
    owner_id: UUID | None = Field(
        description="The user or client whose right to read events decides what is sent; null for the shop's admins."
    )
    blocked_at: Timestamp | None = Field(
        description="Since when events are held back because the owner may not read all of them any more."
    )
    created_at: Timestamp


class TransferEndpointRequest(RequestModel):
    owner_id: UUID = Field(
        description="An active user or an enabled client that may read the events.",
        examples=["0192f0c4-7b1c-7e61-b9ad-1f2f4a6b8c10"],
    )


class NewEndpointResponse(EndpointResponse):
    secret: str | None = Field(
        description=(
            "Messages are signed with it (Standard Webhooks). It is shown only this once, and to a retry with the same"
            " Idempotency-Key; null there if the service has no key to store it encrypted."
        ),
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw8J8dmlp2kfU="],
    )


class ListDeliveriesQuery(ListQuery):
    status: DeliveryStatus | None = None


class DeliveryResponse(ResponseModel):
    id: UUID
    event_id: UUID = Field(description="The event, and the `webhook-id` that it is sent with.")
    event_type: str
    status: DeliveryStatus
    attempts: int
    next_attempt_at: Timestamp | None = Field(description="Null unless the delivery is pending.")
    last_attempt_at: Timestamp | None
    last_status: int | None = Field(description="The HTTP status of the last answer, if there was one.")
    last_error: str | None = Field(
        description=(
            "Why there was no answer: `timeout`, `name_not_found`, `address_refused`, `connection_failed`, `tls_failed`."
        )
    )
    created_at: Timestamp
