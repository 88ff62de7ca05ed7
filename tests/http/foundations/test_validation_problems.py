from io import StringIO
from typing import Annotated, Any, Self
from uuid import UUID

import pytest
from fastapi import APIRouter, Body, Header, Query
from pydantic import BaseModel, Field, SecretStr, model_validator

from domain.users.permissions import Role
from entrypoints.http.problems import validation
from entrypoints.http.problems.problem import MAX_VIOLATIONS
from entrypoints.http.problems.validation import broken_rule
from entrypoints.http.representation.schemas import (
    Email,
    NonNegativeMoney,
    RequestModel,
    StrictInt,
    Timestamp,
    text,
)
from entrypoints.http.routing import strict_json
from entrypoints.http.routing.strict_json import MAX_MEMBERS
from entrypoints.http.routing.strict_route import StrictRoute
from tests.kit.apps import ask

CANARY = "hunter2-c4n4ry"

router = APIRouter(route_class=StrictRoute)


class Line(RequestModel):
    product_id: UUID
    quantity: Annotated[StrictInt, Field(ge=1, le=9)] = 1


class SignUp(RequestModel):
    email: Email = "ann@example.com"
    password: Annotated[SecretStr, Field(min_length=4, max_length=40)] = SecretStr("12345")
    password_confirm: SecretStr = SecretStr("12345")
    role: Role = Role.CUSTOMER
    lines: Annotated[list[Line], Field(min_length=1, max_length=2)] | None = None
    price: NonNegativeMoney | None = None
    born: Timestamp | None = None
    attributes: dict[str, Annotated[str, text(max_length=5)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _passwords_agree(self) -> Self:
        if self.password != self.password_confirm:
            raise broken_rule("password_confirm", code="password_mismatch", detail="The two differ.")
        return self


class Filter(BaseModel):
    low: int = 0
    high: int = 9

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise broken_rule("high", code="empty_range", detail="This is less than `low`.")
        return self


@router.post("/users")
async def sign_up(body: SignUp) -> dict[str, str]:
    return {}


@router.post("/pairs")
async def pair(left: Annotated[Line, Body()], right: Annotated[Line, Body()]) -> dict[str, str]:
    return {}


@router.get("/users/{user_id}")
async def find(
    user_id: UUID, query: Annotated[Filter, Query()], x_depth: Annotated[int, Header(le=3)] = 1
) -> dict[str, str]:
    return {}


async def errors_of(method: str, url: str, **options: Any) -> list[dict[str, Any]]:
    response = await ask(router, method, url, **options)
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert response.headers["Content-Type"] == "application/problem+json"
    errors: list[dict[str, Any]] = response.json()["errors"]
    return errors


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"email": CANARY}, "/email", "not_an_email"),
        ({"email": 5}, "/email", "not_a_string"),
        ({"password": "abc", "password_confirm": "abc"}, "/password", "too_short"),
        ({"password": CANARY * 4}, "/password", "too_long"),
        ({"role": CANARY}, "/role", "not_an_option"),
        ({"lines": []}, "/lines", "too_few_items"),
        ({"lines": [{"product_id": str(UUID(int=1))}] * 3}, "/lines", "too_many_items"),
        ({"lines": CANARY}, "/lines", "not_a_list"),
        ({"lines": [CANARY]}, "/lines/0", "not_an_object"),
        ({"lines": [{}]}, "/lines/0/product_id", "missing"),
        ({"lines": [{"product_id": CANARY}]}, "/lines/0/product_id", "not_a_uuid"),
        ({"price": {"amount": 1.5, "currency": "EUR"}}, "/price/amount", "not_an_integer"),
        ({"price": {"amount": "1", "currency": "EUR"}}, "/price/amount", "not_an_integer"),
        ({"price": {"amount": True, "currency": "EUR"}}, "/price/amount", "not_an_integer"),
        ({"price": {"amount": -1, "currency": "EUR"}}, "/price/amount", "too_small"),
        ({"price": {"amount": 1, "currency": CANARY}}, "/price/currency", "unknown_currency"),
        ({"born": CANARY}, "/born", "not_a_timestamp"),
        ({"born": 1700000000}, "/born", "not_a_timestamp"),
        ({"born": "0001-01-01T00:00:00+14:00"}, "/born", "not_a_timestamp"),
        ([], "", "not_an_object"),
        (CANARY, "", "not_an_object"),
    ],
)
async def test_each_violation_has_a_json_pointer_and_a_code(
    body: Any, pointer: str, code: str, log: StringIO
) -> None:
    response = await ask(router, "POST", "/users", json=body)
    assert response.status_code == 422
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [(pointer, code)]
    assert CANARY not in f"{response.text}{response.headers}{log.getvalue()}"


async def test_missing_request_body_is_reported_with_the_code_for_a_missing_value() -> None:
    assert await errors_of("POST", "/users") == [
        {"pointer": "", "code": "missing", "detail": "This is required."}
    ]


async def test_password_mismatch_error_omits_the_two_passwords() -> None:
    body = {"password": CANARY, "password_confirm": CANARY + "x"}
    assert await errors_of("POST", "/users", json=body) == [
        {"pointer": "/password_confirm", "code": "password_mismatch", "detail": "The two differ."}
    ]


def pair_with(name: str) -> dict[str, Any]:
    line = {"product_id": str(UUID(int=1))}
    return {"left": {**line, name: CANARY}, "right": line}


async def test_error_for_an_unknown_field_names_this_field_and_the_known_fields() -> None:
    assert await errors_of("POST", "/pairs", json=pair_with("quantitty")) == [
        {
            "pointer": "/left",
            "code": "unknown_field",
            "detail": 'Field no. 2 of this object, "quantitty", is not known here. Known fields: product_id, quantity.',
            "params": {"position": 2, "allowed": ["product_id", "quantity"], "name": "quantitty"},
        }
    ]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("x" * 65, "x" * 64), ("a\r\n\x1b[31m\u202e", "a[31m"), ("", ""), ("\u0301" * 100_000, "\u0301" * 64)],
)
async def test_unknown_field_name_is_cut_to_64_printable_characters(name: str, shown: str) -> None:
    [error] = await errors_of("POST", "/pairs", json=pair_with(name))
    assert error["params"]["name"] == shown


async def test_unknown_field_name_that_could_be_a_secret_is_omitted() -> None:
    [error] = await errors_of("POST", "/users", json={CANARY: CANARY})
    assert error["detail"].startswith(
        "Field no. 1 of this object is not known here. Known fields: attributes, "
    )
    assert CANARY not in str(error)


async def test_only_the_first_20_violations_are_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    described: list[object] = []
    describe = validation._item

    def describe_and_count(error: Any, body: Any, body_type: Any) -> dict[str, Any]:
        described.append(error)
        return describe(error, body, body_type)

    monkeypatch.setattr(validation, "_item", describe_and_count)
    body = {f"field-{number}": 1 for number in range(MAX_VIOLATIONS)}
    for more, detail in (
        ({}, "20 rules are broken; see errors."),
        ({"one": "more"}, "More than 20 rules are broken; errors has the first 20."),
        (
            {f"more-{number}": 1 for number in range(900)},
            "More than 20 rules are broken; errors has the first 20.",
        ),
    ):
        described.clear()
        response = await ask(router, "POST", "/users", json={**body, **more})
        assert (response.json()["detail"], len(response.json()["errors"])) == (detail, 20)
        assert len(described) == 20


async def test_body_with_twenty_thousand_fields_is_rejected_before_validation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(validation, "_item", fail)
    monkeypatch.setattr(strict_json, "_DECODER", None)
    body = {str(number): 1 for number in range(20_000)}
    bodies: tuple[Any, ...] = (body, {"lines": [body]}, {"lines": [[{}] * 20_000]}, list(body))
    for sent in bodies:
        response = await ask(router, "POST", "/users", json=sent)
        assert (response.status_code, response.json()["code"]) == (400, "malformed_json")
        assert response.json()["detail"] == f"A body has at most {MAX_MEMBERS} fields and items here."


async def test_error_response_does_not_contain_attribute_names_sent_by_the_client() -> None:
    body = {"attributes": {CANARY: "longer than five"}}
    assert [(error["pointer"], error["code"]) for error in await errors_of("POST", "/users", json=body)] == [
        ("/attributes", "too_long")
    ]


async def test_violation_params_contain_the_maximum_that_was_exceeded() -> None:
    body = {"lines": [{"product_id": str(UUID(int=1)), "quantity": 10}]}
    assert await errors_of("POST", "/users", json=body) == [
        {
            "pointer": "/lines/0/quantity",
            "code": "too_large",
            "detail": "Send a number not greater than 9.",
            "params": {"le": 9},
        }
    ]


async def test_error_for_an_invalid_parameter_states_its_name_and_location() -> None:
    errors = await errors_of("GET", f"/users/{CANARY}?low=x", headers={"X-Depth": "4"})
    assert [(error["in"], error["parameter"], error["code"]) for error in errors] == [
        ("path", "user_id", "not_a_uuid"),
        ("query", "low", "not_an_integer"),
        ("header", "x-depth", "too_large"),
    ]
    assert CANARY not in str(errors)


async def test_contradiction_between_two_query_parameters_is_reported_only_once() -> None:
    errors = await errors_of("GET", f"/users/{UUID(int=1)}?low=3&high=2")
    assert [(error["in"], error["parameter"], error["code"]) for error in errors] == [
        ("query", "high", "empty_range")
    ]
