"""The OpenAPI document contains everything that a reader or a client generator needs."""

import re

import pytest

from application.events.event_types import EVENT_TYPES
from entrypoints.http.problems.registry import PROBLEMS
from tests.kit.openapi import Json, objects_within, openapi_document, operations, resolved, validator

SCHEMAS: Json = openapi_document()["components"]["schemas"]
OPEN_ENUMERATIONS = ("Action", "AuditAction", "EventType", "MovementReason", "ProblemCode", "ReturnAction")
"""Enumerations to which a later release can add values; see decision 37."""

MIN_WORDS = 2
"""The minimum number of words in a description."""


def test_openapi_document_states_version_and_license_and_contact_and_servers() -> None:
    info = openapi_document()["info"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])
    assert info["license"] == {"name": "MIT", "identifier": "MIT"}
    assert info["contact"]["name"]
    assert info["summary"]
    assert [server["url"] for server in openapi_document()["servers"]] == ["/", "http://127.0.0.1:8000"]


def test_every_openapi_tag_is_described_and_the_first_tag_is_sessions() -> None:
    tags = openapi_document()["tags"]
    assert tags[0]["name"] == "sessions"
    assert all(tag["description"] for tag in tags)
    used = {tag for operation in operations() for tag in operation.described["tags"]}
    assert used == {tag["name"] for tag in tags}


def test_every_response_has_a_specific_description() -> None:
    generic = {"Successful Response", "Additional Response", "OK", "Created", "Accepted", "No Content", ""}
    assert [
        (operation.id, status)
        for operation in operations()
        for status, response in operation.described["responses"].items()
        if response["description"] in generic
    ] == []


def test_every_schema_is_described() -> None:
    """JsonValue is excluded: its schema is empty and permits every JSON value."""
    assert [name for name, schema in SCHEMAS.items() if schema and not schema.get("description")] == []


def test_every_property_is_described() -> None:
    assert [
        (name, field)
        for name, schema in SCHEMAS.items()
        for field, described in schema.get("properties", {}).items()
        if len(described.get("description", "").partition("Default: ")[0].split()) < MIN_WORDS
    ] == []


def test_every_parameter_is_described() -> None:
    assert [
        (operation.id, parameter["name"])
        for operation in operations()
        for parameter in operation.described.get("parameters", ())
        if len(parameter.get("description", "").split()) < MIN_WORDS
    ] == []


def test_property_description_says_more_than_the_property_name() -> None:
    def words(text: str) -> set[str]:
        return set(re.findall(r"[a-z]+", text.lower())) - {"the", "a", "an", "of", "is", "this"}

    assert [
        (name, field)
        for name, schema in SCHEMAS.items()
        for field, described in schema.get("properties", {}).items()
        if words(described["description"]) <= words(field)
    ] == []


def test_operation_declares_the_header_if_none_match_if_and_only_if_it_returns_304() -> None:
    for operation in operations():
        headers = {parameter["name"] for parameter in operation.parameters("header")}
        assert ("If-None-Match" in headers) is ("304" in operation.described["responses"]), operation.id


def test_headers_that_openapi_ignores_are_not_declared_as_parameters() -> None:
    """OpenAPI 3.1, section 4.8.12.2 lists these headers."""
    ignored = {"accept", "content-type", "authorization"}
    assert [
        (operation.id, parameter["name"])
        for operation in operations()
        for parameter in operation.parameters("header")
        if parameter["name"].lower() in ignored
    ] == []


def test_schema_names_contain_only_letters_and_digits() -> None:
    assert [name for name in SCHEMAS if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name)] == []
    assert "OrderPage" in SCHEMAS


def test_all_currency_fields_refer_to_the_same_schema() -> None:
    assert "EUR" in SCHEMAS["Currency"]["enum"]
    copies = [schema for schema in objects_within(openapi_document()) if "EUR" in (schema.get("enum") or ())]
    assert copies == [SCHEMAS["Currency"]]
    for schema in SCHEMAS.values():
        if "currency" in schema.get("properties", {}):
            assert schema["properties"]["currency"]["$ref"] == "#/components/schemas/Currency"


def test_schema_of_problem_codes_lists_every_registered_code() -> None:
    assert SCHEMAS["ProblemCode"]["enum"] == list(PROBLEMS)


@pytest.mark.parametrize("name", OPEN_ENUMERATIONS)
def test_extensible_response_enum_permits_unknown_values(name: str) -> None:
    reference = {"$ref": f"#/components/schemas/{name}"}
    found = [
        field.get("items", field)
        for schema_name, schema in SCHEMAS.items()
        if schema_name not in requested()
        for field in schema.get("properties", {}).values()
        if reference in objects_within(field) and field.get("not") != reference
    ]
    assert found
    for field in found:
        assert field["anyOf"] == [reference, {"type": "string"}]


def requested() -> set[str]:
    """Return the names of the schemas that request bodies refer to."""
    found: set[str] = set()
    parts = [operation.described.get("requestBody", {}) for operation in operations()]
    while parts:
        for schema in objects_within(parts.pop()):
            name = str(schema.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                parts.append(SCHEMAS[name])
    return found


def test_request_fields_with_defaults_are_optional_in_generated_clients() -> None:
    """openapi-typescript assumes that a field with `default` is never missing."""
    fields = [
        (name, field)
        for name in requested()
        for field, schema in SCHEMAS[name].get("properties", {}).items()
        if "default" in schema
    ]
    assert fields == []
    stock = SCHEMAS["CreateProductRequest"]["properties"]["initial_stock"]
    assert stock["description"].endswith("Default: `0`.")


@pytest.mark.parametrize("type_", EVENT_TYPES)
def test_openapi_webhook_of_each_event_type_describes_the_event_data(type_: str) -> None:
    webhook = openapi_document()["webhooks"][type_]["post"]
    headers = {resolved(parameter)["name"] for parameter in webhook["parameters"]}
    assert headers == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    [content] = webhook["requestBody"]["content"].values()
    assert content["schema"] in SCHEMAS["Event"]["anyOf"]
    event = resolved(content["schema"])
    assert event["properties"]["type"]["const"] == type_
    data = event["properties"]["data"]
    assert [name for name, member in data["properties"].items() if not member.get("description")] == []
    assert data["required"] == list(data["properties"])


def test_event_of_a_later_release_matches_exactly_one_schema() -> None:
    event = {
        "specversion": "1.0",
        "id": "019b8d2c-8e00-7000-8000-000000000001",
        "source": "http://127.0.0.1:8000",
        "type": "order.celebrated",
        "subject": "order/019b8d2c-8e00-7000-8000-000000000001",
        "time": "2026-01-31T12:00:00Z",
        "datacontenttype": "application/json",
        "dataschema": "http://127.0.0.1:8000/asyncapi.json",
        "partitionkey": "019b8d2c-8e00-7000-8000-000000000001",
        "sequence": "0000000000000000042",
        "aggregateversion": 1,
        "data": {"fireworks": 3},
    }
    events = validator({"$ref": "#/components/schemas/Event"})
    assert events.is_valid(event)
    assert not events.is_valid({**event, "type": "order.placed"})
    signed_up = {**event, "type": "user.signed_up", "data": {"role": "customer"}}
    assert events.is_valid(signed_up)


def test_grant_type_selects_the_schema_of_the_token_request() -> None:
    form = next(operation for operation in operations() if operation.id == "create_token")
    schema = form.described["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert schema["discriminator"]["propertyName"] == "grant_type"
    assert list(schema["discriminator"]["mapping"].values()) == [part["$ref"] for part in schema["oneOf"]]
    for grant, reference in schema["discriminator"]["mapping"].items():
        variant = SCHEMAS[reference.rpartition("/")[2]]
        assert variant["properties"]["grant_type"]["const"] == grant
        assert "grant_type" in variant["required"]


def test_oauth_password_flow_contains_the_refresh_url() -> None:
    flow = openapi_document()["components"]["securitySchemes"]["password"]["flows"]["password"]
    assert (flow["tokenUrl"], flow["refreshUrl"]) == ("/token", "/token")
