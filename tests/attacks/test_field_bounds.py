"""Every field has a length limit. The limit is checked before the value is normalized or hashed."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from domain.users.password import MAX_RAW_LENGTH
from entrypoints.http.routing.body import MAX_BODY_BYTES, MAX_FORM_BYTES, MAX_FORM_FIELDS
from entrypoints.http.routing.query import MAX_BYTES
from tests.attacks.bodies import with_values
from tests.attacks.conftest import ChangeDetector
from tests.kit.openapi import Json, Operation, operations, resolved
from tests.kit.passwords import PlainHasher
from tests.kit.samples import FORM, SampleShop
from tests.kit.web import PASSWORD, WebShop

COMBINING_MARKS = "\u0315\u0300"
"""Two combining marks that normalization must reorder.

Normalizing repeated marks takes quadratic time.
"""
FILLINGS = {"letters": "a", "combining marks": COMBINING_MARKS, "surrogate pairs": "\U0001f986"}
BOUNDED_BY_FORMAT = {"uuid", "date-time"}
PROVIDER_MESSAGE = "receive_provider_message"
"""The operation that receives the webhooks of payment providers. Its body can be any JSON object.

The service verifies the signature of the raw bytes before it parses the body.
"""


def unbounded(schema: Json, place: str) -> Iterator[str]:
    """Yield the places of a schema at which a string, a list or a mapping is unbounded."""
    schema = resolved(schema)
    for alternatives in ("anyOf", "oneOf", "allOf"):
        for member in schema.get(alternatives, ()):
            yield from unbounded(member, place)
    match schema.get("type"):
        case "string":
            if not {"maxLength", "enum", "const"} & schema.keys() and (
                schema.get("format") not in BOUNDED_BY_FORMAT
            ):
                yield place
        case "array":
            if "maxItems" not in schema:
                yield place
            yield from unbounded(schema["items"], f"{place}/0")
        case "object":
            for name, member in schema.get("properties", {}).items():
                yield from unbounded(member, f"{place}/{name}")
            yield from unbounded_mapping(schema, place)


def unbounded_mapping(schema: Json, place: str) -> Iterator[str]:
    values = [*schema.get("patternProperties", {}).values()]
    if isinstance(schema.get("additionalProperties"), Mapping):
        values.append(schema["additionalProperties"])
    if values and ("maxProperties" not in schema or "maxLength" not in schema.get("propertyNames", {})):
        yield place
    for value in values:
        yield from unbounded(value, f"{place}/*")


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.id)
def test_every_openapi_schema_of_variable_size_has_a_maximum_size(
    operation: Operation,
) -> None:
    schemas = {
        f"{item['in']} {item['name']}": item["schema"] for item in operation.described.get("parameters", ())
    }
    if operation.id != PROVIDER_MESSAGE:
        content = operation.described.get("requestBody", {}).get("content", {})
        schemas |= {media_type: described["schema"] for media_type, described in content.items()}
    assert [place for name, schema in schemas.items() for place in unbounded(schema, name)] == []


def test_openapi_schema_without_a_maximum_size_is_detected() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string"}}}}
    assert list(unbounded({"anyOf": [inner, {"type": "null"}]}, "body")) == ["body/a", "body/a/0"]
    assert list(unbounded({"type": "object", "additionalProperties": {"type": "integer"}}, "m")) == ["m"]


class TextLengthRecorder:
    """Records the lengths of the longest normalized text and of the longest hashed text.

    A check of a password is recorded too, because the check normalizes the password.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.longest = 0
        self.hashed = 0
        normalize, hash_ = unicodedata.normalize, PlainHasher.hash

        def normalize_and_note(form: Any, text: str) -> str:
            self.longest = max(self.longest, len(text))
            return normalize(form, text)

        async def hash_and_note(hasher: PlainHasher, password: str) -> str:
            self.hashed = max(self.hashed, len(password))
            return await hash_(hasher, password)

        monkeypatch.setattr(unicodedata, "normalize", normalize_and_note)
        monkeypatch.setattr(PlainHasher, "hash", hash_and_note)


@pytest.fixture
def lengths(monkeypatch: pytest.MonkeyPatch) -> TextLengthRecorder:
    return TextLengthRecorder(monkeypatch)


WITH_BODY = [operation for operation in operations() if "requestBody" in operation.described]


@pytest.mark.parametrize("filling", FILLINGS.values(), ids=FILLINGS.keys())
@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
async def test_overlong_field_is_neither_normalized_nor_hashed(
    web: WebShop,
    sample_shop: SampleShop,
    detector: ChangeDetector,
    lengths: TextLengthRecorder,
    operation: Operation,
    filling: str,
) -> None:
    sample = await sample_shop.sample(operation)
    bodies = [*(long_forms if sample.media_type == FORM else long_json)(sample.body, filling)]
    assert bodies
    detector.has_changed()
    lengths.longest = lengths.hashed = 0
    for body in bodies:
        response = await sample.send(web, content=body)
        assert response.status_code < 500
        assert not detector.has_changed()
    assert lengths.longest <= MAX_RAW_LENGTH
    assert lengths.hashed <= MAX_RAW_LENGTH


def long_json(body: Any, filling: str) -> Iterator[bytes]:
    """Yield copies of the body. In each copy, a text that almost fills the body limit replaces one value."""
    space = MAX_BODY_BYTES - len(json.dumps(body))
    return with_values(body, (f'"{filling * (space // len(filling.encode()))}"',))


def long_forms(body: Mapping[str, Any], filling: str) -> Iterator[bytes]:
    """Yield forms with one long field. Each form is just below a size limit.

    There are two limits: one for forms, and one for JSON bodies.
    """
    for name in body:
        for size in (MAX_FORM_BYTES, MAX_BODY_BYTES):
            yield long_form(body, name, filling, size)


def long_form(body: Mapping[str, Any], name: str, filling: str, size: int) -> bytes:
    space = size - len(urlencode({**body, name: ""}))
    return urlencode({**body, name: filling * (space // len(urlencode({"": filling})))}).encode()


@pytest.mark.parametrize("filling", FILLINGS.values(), ids=FILLINGS.keys())
@pytest.mark.parametrize(
    "operation",
    [item for item in operations() if item.parameters("query")],
    ids=lambda operation: operation.id,
)
async def test_overlong_query_parameter_is_not_normalized(
    web: WebShop,
    sample_shop: SampleShop,
    detector: ChangeDetector,
    lengths: TextLengthRecorder,
    operation: Operation,
    filling: str,
) -> None:
    sample = await sample_shop.sample(operation)
    detector.has_changed()
    lengths.longest = 0
    for parameter in operation.parameters("query"):
        query = urlencode({parameter["name"]: ""})
        query += urlencode({"": filling * ((MAX_BYTES - len(query)) // len(urlencode({"": filling})))})[1:]
        response = await replace(sample, url=f"{sample.url}?{query}").send(web)
        assert response.status_code in {200, 400, 422}, parameter["name"]
        assert not detector.has_changed()
    assert lengths.longest <= MAX_RAW_LENGTH


async def test_oversized_form_password_is_rejected_before_normalization_and_hashing(
    web: WebShop, sample_shop: SampleShop, lengths: TextLengthRecorder
) -> None:
    """Before the length limit existed, this request blocked the event loop for 20 seconds."""
    lengths.longest = lengths.hashed = 0
    form = long_form({"username": "ann@example.com"}, "password", COMBINING_MARKS, 240_000)
    response = await web.anonymous.post("/token", content=form, headers={"Content-Type": FORM})
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
    assert response.json()["params"] == {"max_bytes": MAX_FORM_BYTES}
    assert (lengths.longest, lengths.hashed) == (0, 0)


@pytest.mark.parametrize("length", [MAX_RAW_LENGTH, MAX_RAW_LENGTH + 1, 2000])
async def test_overlong_password_gets_the_same_error_as_a_wrong_password(
    web: WebShop, sample_shop: SampleShop, lengths: TextLengthRecorder, length: int
) -> None:
    form = {"username": sample_shop.ids["username"], "password": (PASSWORD + "x" * length)[:length]}
    response = await web.anonymous.post("/token", data=form)
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")
    assert lengths.longest <= MAX_RAW_LENGTH


async def test_form_with_too_many_fields_is_rejected(web: WebShop) -> None:
    def form(fields: int) -> str:
        return "&".join(["grant_type=refresh_token", *(f"f{number}=" for number in range(fields - 1))])

    for fields, detail in (
        (MAX_FORM_FIELDS, "Missing: refresh_token."),
        (MAX_FORM_FIELDS + 1, f"A form has at most {MAX_FORM_FIELDS} fields here."),
    ):
        response = await web.anonymous.post("/token", content=form(fields), headers={"Content-Type": FORM})
        assert response.status_code == 400
        assert response.json() == {"error": "invalid_request", "error_description": detail}
