"""Events in the OpenAPI document.

Each event type has a schema with typed `data`, and a webhook that delivers the event.
"""

from collections.abc import Mapping
from typing import Any

from application.events.cloud_event import CONTENT_TYPE
from application.events.event_types import EVENT_TYPES
from entrypoints.event_schemas import payload_schemas, shared_schemas
from entrypoints.http.api.documentation.examples.shop import EVENT

_SCHEMAS = "#/components/schemas/"
_PARAMETERS = "#/components/parameters/"

SIGNATURE_HEADERS: Mapping[str, Mapping[str, Any]] = {
    "WebhookId": {
        "name": "webhook-id",
        "in": "header",
        "required": True,
        "description": "The id of the event. The same event can arrive twice: ignore an id that you have processed.",
        "schema": {"type": "string", "format": "uuid"},
        "example": EVENT,
    },
    "WebhookTimestamp": {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "description": "The time of this attempt in seconds since 1970. Reject requests with an old time: they can be replays.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "1769860800",
    },
    "WebhookSignature": {
        "name": "webhook-signature",
        "in": "header",
        "required": True,
        "description": (
            "`v1,` and the HMAC-SHA256 of `id.timestamp.body` with the endpoint's secret, in Base64. While the secret is being"
            " replaced there are two, with a space between them. A library of Standard Webhooks verifies them."
        ),
        "schema": {"type": "string"},
        "example": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
}
"""The headers of Standard Webhooks (https://www.standardwebhooks.com), as OpenAPI parameters."""


def add_events(document: dict[str, Any]) -> None:
    """Add the schemas of all event types to the operation of the event feed. Also add the section `webhooks`."""
    components = document["components"]
    schemas = components["schemas"]
    envelope = schemas.pop("CloudEventResponse")
    schemas["UnknownEvent"] = _unknown(envelope)
    for name, schema in shared_schemas(_SCHEMAS).items():
        schemas.setdefault(name, schema)
    for type_, payload in payload_schemas(_SCHEMAS).items():
        schemas[_name(type_)] = _typed(envelope, type_, payload)
    schemas["Event"] = {
        "description": "An event. `type` decides on the schema of `data`.",
        "anyOf": [{"$ref": _SCHEMAS + name} for name in (*map(_name, EVENT_TYPES), "UnknownEvent")],
    }
    schemas["EventsResponse"]["properties"]["items"]["items"] = {"$ref": _SCHEMAS + "Event"}
    components["schemas"] = dict(sorted(schemas.items(), key=lambda named: named[0].casefold()))
    components["parameters"] = dict(SIGNATURE_HEADERS)
    document["webhooks"] = {type_: {"post": _webhook(type_, schemas[_name(type_)])} for type_ in EVENT_TYPES}


def _name(type_: str) -> str:
    """Return the name of an event's schema: `OrderPlacedEvent` for `order.placed`."""
    return f"{type_.replace('.', '_').title().replace('_', '')}Event"


def _typed(envelope: Mapping[str, Any], type_: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    members = envelope["properties"]
    return {
        **envelope,
        "description": payload["description"],
        "properties": {
            **members,
            "type": {"type": "string", "const": type_, "description": members["type"]["description"]},
            "data": {**payload, "description": "The fields of this event type."},
        },
    }


def _unknown(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an event whose type a later release adds.

    Clients have to expect such events.
    """
    members = envelope["properties"]
    return {
        **envelope,
        "description": "An event of a type that this document does not know. Ignore it.",
        "properties": {
            **members,
            "type": {
                **members["type"],
                "not": {"$ref": _SCHEMAS + "EventType"},
                "examples": ["order.celebrated"],
            },
        },
    }


def _webhook(type_: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "tags": ["webhooks"],
        "operationId": f"on_{type_.replace('.', '_')}",
        "summary": schema["description"].partition(".")[0],
        "description": (
            f"{schema['description']}\n\nSent to webhook endpoints that have subscribed to `{type_}` and whose owner may read it."
        ),
        "parameters": [{"$ref": _PARAMETERS + name} for name in SIGNATURE_HEADERS],
        "requestBody": {
            "required": True,
            "content": {CONTENT_TYPE: {"schema": {"$ref": _SCHEMAS + _name(type_)}}},
        },
        "responses": {
            "2XX": {
                "description": "The event is delivered. Answer within 15 seconds, and process it afterwards."
            },
            "default": {
                "description": "The event is sent again, at growing intervals for about three days. Redirects are not followed."
            },
        },
        "security": [],
    }
