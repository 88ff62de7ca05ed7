"""The comparison of API documents reports each kind of breaking change, and ignores compatible changes."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.kit.breaking_changes import breaking_changes, breaking_event_changes

Json = dict[str, Any]
Change = Callable[[Json], object]

ORDER: Json = {
    "type": "object",
    "required": ["id", "status"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "status": {"$ref": "#/components/schemas/Status"},
        "note": {"anyOf": [{"type": "string", "maxLength": 500}, {"type": "null"}]},
        "parent": {"$ref": "#/components/schemas/Order"},
    },
}
REQUEST: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["quantity"],
    "properties": {
        "quantity": {"type": "integer", "minimum": 1, "maximum": 100},
        "status": {"$ref": "#/components/schemas/Status"},
        "note": {"anyOf": [{"type": "string", "maxLength": 500}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+$"}},
    },
}
SCHEMAS: Json = {
    "Order": ORDER,
    "Request": REQUEST,
    "Status": {"type": "string", "enum": ["open", "paid"]},
}
FORMER: Json = {
    "paths": {
        "/orders": {
            "post": {
                "operationId": "place_order",
                "security": [{"token": ["orders:write"]}, {}],
                "parameters": [
                    {"in": "header", "name": "Key", "required": True, "schema": {"type": "string"}},
                    {"in": "query", "name": "dry_run", "schema": {"type": "boolean"}},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Request"}}}
                },
                "responses": {
                    "201": {
                        "headers": {"ETag": {}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}},
                    },
                    "409": {},
                },
            }
        }
    },
    "components": {"schemas": SCHEMAS},
}


def operation(document: Json) -> Json:
    found: Json = document["paths"]["/orders"]["post"]
    return found


def schema(document: Json, name: str) -> Json:
    found: Json = document["components"]["schemas"][name]
    return found


BREAKING: dict[str, Change] = {
    "place_order: POST /orders is gone": lambda new: new["paths"].clear(),
    "place_order has another operationId: order": lambda new: operation(new).update(operationId="order"),
    "place_order security: no token is no longer enough": lambda new: operation(new)["security"].pop(),
    "place_order security: {'token': ['orders:write']} is no longer enough": lambda new: operation(
        new
    ).update(security=[{"token": ["orders:write", "orders:read"]}]),
    "place_order query parameter dry_run: is gone": lambda new: operation(new)["parameters"].pop(),
    "place_order query parameter dry_run: is required now": lambda new: operation(new)["parameters"][
        1
    ].update(required=True),
    "place_order header parameter Shop: is required now": lambda new: operation(new)["parameters"].append(
        {"in": "header", "name": "Shop", "required": True, "schema": {"type": "string"}}
    ),
    "place_order query parameter dry_run: integer instead of boolean": lambda new: operation(new)[
        "parameters"
    ][1].update(schema={"type": "integer"}),
    "place_order request: the body is required now": lambda new: operation(new)["requestBody"].update(
        required=True
    ),
    "place_order request: application/json is gone": lambda new: operation(new)["requestBody"].update(
        content={"text/csv": {}}
    ),
    "place_order request.note: is gone": lambda new: schema(new, "Request")["properties"].pop("note"),
    "place_order request.note: is required now": lambda new: schema(new, "Request")["required"].append(
        "note"
    ),
    "place_order request.shop: is required now": lambda new: (
        schema(new, "Request")["required"].append("shop"),
        schema(new, "Request")["properties"].update(shop={"type": "string"}),
    ),
    "place_order request.quantity: maximum 10 instead of 100": lambda new: schema(new, "Request")[
        "properties"
    ]["quantity"].update(maximum=10),
    "place_order request.quantity: string instead of integer": lambda new: schema(new, "Request")[
        "properties"
    ].update(quantity={"type": "string"}),
    "place_order request.note: string instead of null": lambda new: schema(new, "Request")["properties"][
        "note"
    ]["anyOf"].pop(),
    "place_order request.tags[]: another pattern": lambda new: schema(new, "Request")["properties"]["tags"][
        "items"
    ].update(pattern="^[a-c]+$"),
    "place_order request.note: format email instead of None": lambda new: schema(new, "Request")[
        "properties"
    ]["note"]["anyOf"][0].update(format="email"),
    "place_order 409 is gone": lambda new: operation(new)["responses"].pop("409"),
    "place_order 201: the header ETag is gone": lambda new: operation(new)["responses"]["201"][
        "headers"
    ].clear(),
    "place_order 201: application/json is gone": lambda new: operation(new)["responses"]["201"].pop(
        "content"
    ),
    "place_order 201.status: is gone": lambda new: schema(new, "Order")["properties"].pop("status"),
    "place_order 201.status: can be absent now": lambda new: schema(new, "Order")["required"].pop(),
    "place_order 201.id: integer instead of string": lambda new: schema(new, "Order")["properties"].update(
        id={"type": "integer"}
    ),
    "place_order 201.id: null instead of string": lambda new: schema(new, "Order")["properties"]["id"].update(
        type=["string", "null"]
    ),
    "place_order 201.id: format None instead of uuid": lambda new: schema(new, "Order")["properties"][
        "id"
    ].pop("format"),
}

COMPATIBLE: dict[str, Change] = {
    "nothing": lambda _: None,
    "a description": lambda new: operation(new).update(description="Order."),
    "a new operation": lambda new: new["paths"]["/orders"].update(
        get={"operationId": "list_orders", "responses": {}}
    ),
    "an optional parameter": lambda new: operation(new)["parameters"].append(
        {"in": "query", "name": "shop", "schema": {"type": "string"}}
    ),
    "an optional request property": lambda new: schema(new, "Request")["properties"].update(
        shop={"type": "string"}
    ),
    "a property of a response": lambda new: schema(new, "Order")["properties"].update(
        shop={"type": "string"}
    ),
    "a wider bound": lambda new: schema(new, "Request")["properties"]["quantity"].update(maximum=1000),
    "no bound": lambda new: schema(new, "Request")["properties"]["quantity"].pop("minimum"),
    "a wider type": lambda new: schema(new, "Request")["properties"]["quantity"].update(type="number"),
    "another status": lambda new: operation(new)["responses"].update({"429": {}}),
    "a schema's name": lambda new: (
        new["components"]["schemas"].update(Placed=schema(new, "Order")),
        operation(new)["responses"]["201"]["content"]["application/json"].update(
            schema={"allOf": [{"$ref": "#/components/schemas/Placed"}]}
        ),
    ),
    "no authentication": lambda new: operation(new).update(security=[]),
    "fewer scopes": lambda new: operation(new)["security"][0].update(token=[]),
}


@pytest.mark.parametrize(("expected", "change"), BREAKING.items(), ids=BREAKING)
def test_breaking_change_is_found(expected: str, change: Change) -> None:
    present = deepcopy(FORMER)
    change(present)
    assert expected in breaking_changes(FORMER, present)


@pytest.mark.parametrize("change", COMPATIBLE.values(), ids=COMPATIBLE)
def test_compatible_change_is_not_reported(change: Change) -> None:
    present = deepcopy(FORMER)
    change(present)
    assert breaking_changes(FORMER, present) == []


def test_removed_request_enum_value_or_new_response_enum_value_is_breaking() -> None:
    present = deepcopy(FORMER)
    schema(present, "Status").update(enum=["paid", "lost"])
    assert breaking_changes(FORMER, present) == [
        "place_order 201.status: the value 'lost' is new",
        "place_order request.status: the value 'open' is gone",
    ]


def test_change_of_an_enum_to_permit_unknown_values_is_a_breaking_change() -> None:
    """A client whose code was generated from the former enum cannot read new values."""
    present = deepcopy(FORMER)
    status = schema(present, "Order")["properties"]
    status["status"] = {"anyOf": [{"$ref": "#/components/schemas/Status"}, {"type": "string"}]}
    assert breaking_changes(FORMER, present) == ["place_order 201.status: may have other values now"]
    assert breaking_changes(present, present) == []


def test_removal_of_an_event_type_or_of_an_event_member_is_a_breaking_change() -> None:
    former: Json = {
        "components": {
            "messages": {"order.placed": {}, "order.lost": {}},
            "schemas": {
                **{name: deepcopy(ORDER) for name in ("CloudEvent", "order.placed", "order.lost")},
                **SCHEMAS,
            },
        }
    }
    present = deepcopy(former)
    schema(present, "order.placed")["properties"].pop("status")
    schema(present, "CloudEvent")["properties"].update(time={"type": "string"})
    present["components"]["schemas"].pop("order.lost")
    assert breaking_event_changes(former, present) == ["order.lost: is gone", "order.placed.status: is gone"]
    assert breaking_event_changes(former, former) == []
