"""JSON Schemas of the events' payloads. The schemas are generated from the event classes.

The OpenAPI document and the AsyncAPI document contain these schemas.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from application.events.event_types import EVENT_TYPES
from domain.shared.events import Event
from entrypoints.http.representation.schemas import MoneySchema

_ENVELOPE = {field.name for field in dataclasses.fields(Event)}

_MEMBERS: Mapping[str, str] = {
    "action_until": "Until when the customer can authenticate the payment; null if the provider names no time.",
    "amount": "The amount of the payment or refund.",
    "attributes": "Properties of the product by name.",
    "authorized_until": "Until when the amount can be captured; null if the provider names no time.",
    "carrier": "The company that carries the parcel; null if it is unknown.",
    "channel": "Whether the provider or the shop itself pays the money back.",
    "customer_id": "The user who placed the order.",
    "description": "A text about the product; empty if there is none.",
    "failing_since": "The time of the first failure since the last success; null if the last delivery succeeded.",
    "failure": "A stable code of the provider's reason, such as `card_declined`; null if it gave none.",
    "fields": "The names of the changed fields.",
    "former_role": "The role before the change.",
    "fulfillment_id": "The fulfillment, which is one parcel.",
    "line_id": "The line of the order.",
    "lines": "The products or units that the event is about.",
    "method": "The payment provider.",
    "name": "The name that customers see.",
    "number": "The number of the order, for people.",
    "on_hand": "Units in the warehouse.",
    "origin": "Whether the shop or the provider's dashboard caused it.",
    "owner_id": "The user or client that owns the endpoint; null if the shop's admins own it.",
    "payment_id": "The payment that the event is about.",
    "price": "The price of one unit.",
    "product_id": "The ordered product.",
    "quantity": "The number of units.",
    "reason": "The reason that was given; null if none was, or once it was erased with the customer's account.",
    "refund_amount": "The amount that is refunded when the units come back.",
    "refund_id": "The refund; null if nothing is refunded.",
    "reserved": "Units on hand that belong to open orders.",
    "restock": "Whether the units are on hand again; null until they are received.",
    "return_id": "The return that the event is about.",
    "role": "The role of the user.",
    "sku": "The shop's own code for the product.",
    "status": "Whether the product is on sale.",
    "total": "The price of all units of the order, including canceled ones.",
    "tracking": "The carrier's number of the parcel; null if it is unknown.",
    "unit_price": "The price of one unit when the order was placed.",
}
"""Descriptions of payload fields for JSON Schema. The classes of the domain have no descriptions of fields."""


def payload_schemas(prefix: str) -> dict[str, dict[str, Any]]:
    """Return a schema of `data` for each event type. JSON references in the schemas begin with `prefix`."""
    return {type_: _payload(kind, prefix) for type_, kind in EVENT_TYPES.items()}


def shared_schemas(prefix: str) -> dict[str, dict[str, Any]]:
    """Return the schemas to which payloads refer, by the names of the schemas."""
    found: dict[str, dict[str, Any]] = {}
    for kind in EVENT_TYPES.values():
        found |= {name: _described(part) for name, part in _generated(kind, prefix).get("$defs", {}).items()}
    return found | dict(model_schemas("Money", MoneySchema, prefix))


def model_schemas(name: str, model: type[Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schema of a Pydantic model as `name`, and the schemas to which this schema refers."""
    schema = model.model_json_schema(ref_template=prefix + "{model}", mode="serialization")
    for other, part in schema.pop("$defs", {}).items():
        yield other, untitled(part)
    yield name, untitled(schema)


def untitled(schema: Any) -> Any:  # noqa: ANN401 - schemas are nested arbitrarily
    """Remove all titles from a schema, because the titles repeat the names of fields."""
    if isinstance(schema, list):
        return [untitled(part) for part in schema]
    if isinstance(schema, dict):
        return {
            name: untitled(part)
            for name, part in schema.items()
            if not (name == "title" and isinstance(part, str)) and name != "$defs"
        }
    return schema


def _payload(kind: type[Event], prefix: str) -> dict[str, Any]:
    """Return the schema of an event's `data`: its fields without the envelope."""
    schema = _generated(kind, prefix)
    properties = {name: part for name, part in schema["properties"].items() if name not in _ENVELOPE}
    return _described({**schema, "properties": properties, "required": list(properties)})


def _generated(kind: type[Event], prefix: str) -> dict[str, Any]:
    return TypeAdapter(kind).json_schema(mode="serialization", ref_template=prefix + "{model}")


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    properties = {
        name: {"description": _MEMBERS[name], **untitled(part)} if name in _MEMBERS else untitled(part)
        for name, part in schema.get("properties", {}).items()
    }
    return {**untitled(schema), **({"properties": properties} if properties else {})}
