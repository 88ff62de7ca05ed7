"""The AsyncAPI 3.0 description of the events, generated from their classes (https://www.asyncapi.com)."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from application.events.cloud_event import CONTENT_TYPE
from application.events.event_types import EVENT_TYPES
from domain.shared.events import Event
from entrypoints.http.api.events.schemas import CloudEventResponse
from entrypoints.http.representation.schemas import MoneySchema

_SCHEMAS = "#/components/schemas/"
_ENVELOPE = {field.name for field in dataclasses.fields(Event)}

DESCRIPTION = """Events of the shop as CloudEvents 1.0, available at `GET /v1/events`, through webhooks and through NATS.

Events with the same `partitionkey` arrive in the order in which they happened. New members of `data` can be added to an
event type at any time. The meaning of a member never changes; a change gets a new event type.
"""


def asyncapi_document() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Steelyard events", "version": "1", "description": DESCRIPTION},
        "defaultContentType": CONTENT_TYPE,
        "channels": {
            type_: {
                "address": f"steelyard.{type_}",
                "messages": {type_: {"$ref": f"#/components/messages/{type_}"}},
            }
            for type_ in EVENT_TYPES
        },
        "operations": {
            type_: {"action": "send", "channel": {"$ref": f"#/channels/{type_}"}} for type_ in EVENT_TYPES
        },
        "components": {
            "messages": {type_: _message(type_, kind) for type_, kind in EVENT_TYPES.items()},
            "schemas": dict(sorted(dict(_schemas()).items())),
        },
    }


def _message(type_: str, kind: type[Event]) -> dict[str, Any]:
    members = {"type": {"const": type_}, "data": {"$ref": f"{_SCHEMAS}{type_}"}}
    return {
        "name": type_,
        "title": kind.__name__,
        "payload": {"allOf": [{"$ref": f"{_SCHEMAS}CloudEvent"}, {"properties": members}]},
    }


def _schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    for type_, kind in EVENT_TYPES.items():
        schema = TypeAdapter(kind).json_schema(mode="serialization", ref_template=_SCHEMAS + "{model}")
        for name, part in schema.pop("$defs", {}).items():
            yield name, _untitled(part)
        yield type_, _untitled(_data_of(schema))
    # The API's own schemas, with limits and examples.
    for name, model in (("Money", MoneySchema), ("CloudEvent", CloudEventResponse)):
        schema = model.model_json_schema(ref_template=_SCHEMAS + "{model}")
        for other, part in schema.pop("$defs", {}).items():
            yield other, _untitled(part)
        yield name, _untitled(schema)


def _data_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an event's `data`: its fields without the envelope."""
    properties = {name: part for name, part in schema["properties"].items() if name not in _ENVELOPE}
    return {**schema, "properties": properties, "required": list(properties)}


def _untitled(schema: Any) -> Any:  # noqa: ANN401 - schemas are nested arbitrarily
    """Remove the titles, which repeat the names."""
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    if isinstance(schema, dict):
        return {
            name: _untitled(part)
            for name, part in schema.items()
            if not (name == "title" and isinstance(part, str)) and name != "$defs"
        }
    return schema
