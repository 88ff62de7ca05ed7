"""The AsyncAPI 3.0 description of the events, generated from the event classes.

The format is specified at https://www.asyncapi.com.
"""

import inspect
from typing import Any

from application.events.cloud_event import CONTENT_TYPE
from application.events.event_types import EVENT_TYPES
from domain.shared.events import Event
from domain.users.permissions import Scope
from entrypoints.event_examples import example_of
from entrypoints.event_schemas import model_schemas, payload_schemas, shared_schemas
from entrypoints.http.api.documentation.events import SIGNATURE_HEADERS
from entrypoints.http.api.documentation.examples.shop import ISSUER
from entrypoints.http.api.documentation.openapi import CONTACT
from entrypoints.http.api.events.schemas import CloudEventResponse, EventsResponse, ListEventsQuery
from entrypoints.http.security.scopes import CLIENT_CREDENTIALS

_SCHEMAS = "#/components/schemas/"

DESCRIPTION = """Events of the shop as CloudEvents 1.0, available at `GET /v1/events`, through webhooks and through NATS.

Events with the same `partitionkey` arrive in the order in which they happened. Each event arrives at least once; `id` identifies
repetitions. New members of `data` and new event types can be added at any time, so ignore those that you do not know. The meaning
of a member never changes; a change gets a new event type.
"""

_SERVERS: dict[str, Any] = {
    "api": {
        "host": "{host}",
        "protocol": "https",
        "description": "The service itself. Clients pull events from it.",
        "variables": {"host": {"default": "127.0.0.1:8000", "description": "The address of the service."}},
        "security": [
            {"$ref": "#/components/securitySchemes/access_token"},
            {"$ref": "#/components/securitySchemes/client_credentials"},
        ],
    },
    "receiver": {
        "host": "{host}",
        "protocol": "https",
        "description": "A webhook endpoint of a subscriber, registered with `POST /v1/webhook-endpoints`. "
        "The headers sign each request (https://www.standardwebhooks.com).",
        "variables": {"host": {"default": "shop.example.com", "description": "The host of the endpoint."}},
    },
    "nats": {
        "host": "{host}",
        "protocol": "nats",
        "description": "The NATS server of `STEELYARD_NATS_URL`. Its JetStream stores every event.",
        "variables": {"host": {"default": "127.0.0.1:4222", "description": "The address of the server."}},
        "security": [
            {"$ref": "#/components/securitySchemes/nats_user"},
            {"$ref": "#/components/securitySchemes/nats_token"},
        ],
    },
}
_SECURITY_SCHEMES: dict[str, Any] = {
    "access_token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of staff or an admin.",
    },
    "client_credentials": {
        "type": "oauth2",
        "description": CLIENT_CREDENTIALS["description"],
        "flows": {
            "clientCredentials": {
                "tokenUrl": f"{ISSUER}/token",
                "availableScopes": {Scope.READ_EVENTS.value: "Read all events."},
            }
        },
        "scopes": [Scope.READ_EVENTS.value],
    },
    "nats_user": {"type": "userPassword", "description": "User and password of the NATS server."},
    "nats_token": {"type": "apiKey", "in": "user", "description": "A token of the NATS server."},
}
_SIGNED_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": [header["name"] for header in SIGNATURE_HEADERS.values()],
    "properties": {
        header["name"]: {**header["schema"], "description": header["description"]}
        for header in SIGNATURE_HEADERS.values()
    },
}
_NATS_HEADERS: dict[str, Any] = {
    "type": "object",
    "required": ["Nats-Msg-Id"],
    "properties": {
        "Nats-Msg-Id": {
            "type": "string",
            "format": "uuid",
            "description": "The `id` of the event, by which JetStream removes duplicates.",
        }
    },
}
_NATS: dict[str, Any] = {"nats": {"bindingVersion": "0.1.0"}}
_FEATURES = {
    "catalog": "Products, and whether they are available.",
    "orders": "Orders, their payments, parcels, refunds and returns.",
    "users": "Accounts. These events contain no personal data.",
    "webhooks": "Webhook endpoints.",
}
_FEATURE_OF = {
    "order": "orders",
    "product": "catalog",
    "stock": "catalog",
    "user": "users",
    "webhook_endpoint": "webhooks",
}


def asyncapi_document() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Steelyard events",
            "version": "1",
            "description": DESCRIPTION,
            "contact": CONTACT,
            "license": {"name": "MIT", "url": "https://opensource.org/license/mit"},
            "tags": [{"name": name, "description": meaning} for name, meaning in _FEATURES.items()],
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": _SERVERS,
        "channels": {
            **{type_: _nats_channel(type_) for type_ in EVENT_TYPES},
            "feed": {
                "address": "/v1/events",
                "title": "The event feed",
                "description": "All events in a fixed order, page by page. No event is missed.",
                "servers": [{"$ref": "#/servers/api"}],
                "messages": {"page": {"$ref": "#/components/messages/page"}},
            },
            "webhook": {
                "address": None,
                "title": "A webhook endpoint",
                "description": "The URL that the subscriber has registered, with the event types that it wants.",
                "servers": [{"$ref": "#/servers/receiver"}],
                "messages": {"delivery": {"$ref": "#/components/messages/delivery"}},
            },
        },
        "operations": {
            **{type_: _nats_operation(type_, kind) for type_, kind in EVENT_TYPES.items()},
            "list_events": {
                "action": "send",
                "channel": {"$ref": "#/channels/feed"},
                "summary": "Answer `GET /v1/events` with a page of events.",
                "description": "The operation `list_events` of /openapi.json describes the whole response.",
                "bindings": {
                    "http": {
                        "method": "GET",
                        "query": {"$ref": f"{_SCHEMAS}ListEventsQuery"},
                        "bindingVersion": "0.3.0",
                    }
                },
            },
            "deliver_event": {
                "action": "send",
                "channel": {"$ref": "#/channels/webhook"},
                "summary": "Send an event to a webhook endpoint.",
                "description": "Respond with 2xx within 15 seconds. Without such a response the event is sent again, "
                "for about three days. Events of one order, product or user arrive in order.",
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
            },
        },
        "components": {
            "messages": {
                **{type_: _message(type_, kind) for type_, kind in EVENT_TYPES.items()},
                "page": _page_message(),
                "delivery": _delivery_message(),
            },
            "schemas": dict(sorted(_schemas().items())),
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _nats_channel(type_: str) -> dict[str, Any]:
    return {
        "address": f"{{prefix}}.{type_}",
        "parameters": {
            "prefix": {
                "default": "steelyard",
                "description": "The prefix of all subjects, `STEELYARD_NATS_SUBJECT_PREFIX`.",
            }
        },
        "servers": [{"$ref": "#/servers/nats"}],
        "messages": {type_: {"$ref": f"#/components/messages/{type_}"}},
    }


def _nats_operation(type_: str, kind: type[Event]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{type_}"},
        "summary": _summary(kind),
        "description": f"{inspect.getdoc(kind)}\n\nConsumers of the stream can filter by the subject.",
        "tags": [{"name": _FEATURE_OF[kind.aggregate_type]}],
        "bindings": _NATS,
    }


def _message(type_: str, kind: type[Event]) -> dict[str, Any]:
    members = {"type": {"const": type_}, "data": {"$ref": f"{_SCHEMAS}{type_}"}}
    example = example_of(type_)
    return {
        "name": type_,
        "title": kind.__name__,
        "summary": _summary(kind),
        "headers": _NATS_HEADERS,
        "payload": {"allOf": [{"$ref": f"{_SCHEMAS}CloudEvent"}, {"properties": members}]},
        "examples": [{"name": type_, "headers": {"Nats-Msg-Id": example["id"]}, "payload": example}],
    }


def _page_message() -> dict[str, Any]:
    events = [example_of("order.placed")]
    return {
        "name": "page",
        "title": "Page of events",
        "summary": "Events after the one that the client has read last.",
        "contentType": "application/json",
        "payload": {"$ref": f"{_SCHEMAS}EventsResponse"},
        "bindings": {"http": {"statusCode": 200, "bindingVersion": "0.3.0"}},
        "examples": [
            {
                "name": "page",
                "payload": {"items": events, "next_after": events[-1]["id"], "has_more": False},
            }
        ],
    }


def _delivery_message() -> dict[str, Any]:
    event = example_of("order.confirmed")
    headers = {header["name"]: header["example"] for header in SIGNATURE_HEADERS.values()}
    return {
        "name": "delivery",
        "title": "Signed event",
        "summary": "An event of any type to which the endpoint subscribes.",
        "headers": _SIGNED_HEADERS,
        "payload": {"$ref": f"{_SCHEMAS}CloudEvent"},
        "bindings": {"http": {"headers": _SIGNED_HEADERS, "bindingVersion": "0.3.0"}},
        "examples": [{"name": "delivery", "headers": headers, "payload": event}],
    }


def _summary(kind: type[Event]) -> str:
    """Return the first sentence of an event's docstring."""
    return (inspect.getdoc(kind) or "").partition("\n")[0].partition(". ")[0].removesuffix(".") + "."


def _schemas() -> dict[str, dict[str, Any]]:
    models = (
        ("CloudEvent", CloudEventResponse),
        ("EventsResponse", EventsResponse),
        ("ListEventsQuery", ListEventsQuery),
    )
    return {
        **payload_schemas(_SCHEMAS),
        **shared_schemas(_SCHEMAS),
        **{
            name: schema
            for model_name, model in models
            for name, schema in model_schemas(model_name, model, _SCHEMAS)
        },
    }
