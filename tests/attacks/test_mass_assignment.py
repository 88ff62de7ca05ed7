"""A request field that the operation does not declare never changes a column (OWASP API3:2023)."""

import json
from collections.abc import Iterator
from operator import itemgetter
from typing import Any
from uuid import uuid4

import jwt
import pytest

from adapters.postgres.core.rows import Row
from entrypoints.http.routing.body import MAX_FORM_FIELDS
from tests.attacks.conftest import ChangeDetector
from tests.kit.openapi import Operation, operations, validator
from tests.kit.samples import FORM, SampleShop
from tests.kit.web import PASSWORD, WebShop

COLUMNS = {
    str(column.name): column.type.python_type if hasattr(column.type, "python_type") else str
    for table in Row.metadata.tables.values()
    for column in table.columns
}
TEMPTING = {
    "role": "admin",
    "status": "active",
    "currency": "EUR",
    "email_verified": True,
    "payment_status": "paid",
}
BY_TYPE = {
    "int": 1,
    "bool": True,
    "UUID": str(uuid4()),
    "datetime": "2026-01-05T09:00:00Z",
    "dict": {"a": "b"},
}
SIGNED = {"receive_provider_message"}
"""Operations that verify a signature of the body, and therefore reject every changed body.

These operations are tested in tests/http/test_provider_messages.py.
"""
WITH_JSON = [
    operation
    for operation in operations()
    if operation.id not in SIGNED
    and any(name != FORM for name in operation.described.get("requestBody", {}).get("content", {}))
]


def value_of(column: str) -> Any:
    """Return a value that an attacker would send to set the column."""
    return TEMPTING.get(column, BY_TYPE.get(COLUMNS[column].__name__, "text"))


def objects_of(body: Any, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every object of a body, with the path of the object."""
    if isinstance(body, dict):
        yield pointer, body
        for name, member in body.items():
            yield from objects_of(member, f"{pointer}/{name}")
    elif isinstance(body, list):
        for index, member in enumerate(body):
            yield from objects_of(member, f"{pointer}/{index}")


def with_column(body: Any, column: str, schema: Any) -> tuple[Any, set[str]]:
    """Add a field with the name of a database column to each object of the body.

    If an object's schema already has a field of this name, the object stays unchanged. Returns the changed body, and the
    paths of the changed objects.
    """
    changed, places = json.loads(json.dumps(body)), set()
    for pointer, found in objects_of(changed):
        if column in found:
            continue
        found[column] = value_of(column)
        if validator(schema).is_valid(changed):
            del found[column]
        else:
            places.add(pointer)
            del found[column]
    for pointer, found in list(objects_of(changed)):
        if pointer in places:
            found[column] = value_of(column)
    return changed, places


@pytest.mark.parametrize("operation", WITH_JSON, ids=lambda operation: operation.id)
async def test_every_operation_rejects_extra_fields_named_like_database_columns(
    web: WebShop, sample_shop: SampleShop, detector: ChangeDetector, operation: Operation
) -> None:
    sample = await sample_shop.sample(operation)
    [content] = operation.described["requestBody"]["content"].values()
    detector.has_changed()
    refused = 0
    for column in COLUMNS:
        body, places = with_column(sample.body, column, content["schema"])
        if places:
            response = await sample.send(web, content=json.dumps(body).encode())
            assert response.status_code == 422, column
            pointers = {error["pointer"] for error in response.json()["errors"]}
            assert all(pointers & {place, f"{place}/{column}"} for place in places), column
            assert not detector.has_changed(), column
            refused += 1
    assert refused > len(COLUMNS) / 2


_PORTION = MAX_FORM_FIELDS - 3
PORTIONS = [tuple(sorted(COLUMNS)[start : start + _PORTION]) for start in range(0, len(COLUMNS), _PORTION)]
"""The names of all columns, in groups.

A form may have only a limited number of fields, so each request adds only one group.
"""


@pytest.mark.parametrize("columns", PORTIONS, ids=itemgetter(0))
async def test_form_fields_named_like_database_columns_are_ignored(
    web: WebShop, detector: ChangeDetector, columns: tuple[str, ...]
) -> None:
    """RFC 6749, section 3.2: unknown parameters are ignored."""
    body = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
    assert (await web.anonymous.post("/v1/users", json=body)).status_code == 201
    users = dict(detector._database.tables.users)
    extra = {column: str(value_of(column)) for column in columns if column not in {"scope", "grant_type"}}
    log_in = {**extra, "username": "ann@example.com", "password": PASSWORD}
    tokens = (await web.anonymous.post("/token", data=log_in)).json()
    refresh = {**extra, "grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    for issued in (tokens, (await web.anonymous.post("/token", data=refresh)).json()):
        claims = jwt.decode(issued["access_token"], options={"verify_signature": False})
        assert (claims["role"], claims["sub"]) == ("customer", str(next(iter(users))))
    assert dict(detector._database.tables.users) == users
    [session] = (await web.anonymous.get("/v1/me/sessions", headers=bearing(tokens))).json()["items"]
    assert [name for name, value in extra.items() if session.get(name) == value] == []


@pytest.mark.parametrize("columns", PORTIONS, ids=itemgetter(0))
async def test_log_out_ignores_form_fields_named_like_database_columns(
    web: WebShop, detector: ChangeDetector, columns: tuple[str, ...]
) -> None:
    sample_shop = await SampleShop.of(web)
    tables = detector._database.tables
    before = dict(tables.sessions)
    token = sample_shop.ids["refresh_token"]
    extra = {column: str(value_of(column)) for column in columns}
    await web.anonymous.post("/oauth/revoke", data={**extra, "token": token})
    kept = dict(tables.sessions)
    assert len(kept) == len(before) - 1
    assert kept.items() <= before.items()


def bearing(tokens: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}
