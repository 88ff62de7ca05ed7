"""Every body in the OpenAPI document has a valid and consistent example."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from domain.orders.number import order_number
from entrypoints.http.api.documentation.examples.requests import REQUESTS
from entrypoints.http.api.documentation.examples.responses import RESPONSES
from entrypoints.http.api.documentation.examples.shop import DAMAGES, ORDER, REFUND
from tests.kit.openapi import (
    Json,
    Operation,
    objects_within,
    openapi_document,
    operations,
    resolved,
    validator,
)


def named(value: object) -> str | None:
    return value.id if isinstance(value, Operation) else None


def webhook(described: Json) -> Operation:
    return Operation("POST", "", {**described, "responses": {}})


def examples_of(content: Json) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    return [resolved(example)["value"] for example in content.get("examples", {}).values()]


def bodies(operation: Operation) -> Iterator[tuple[str, Json]]:
    """Yield the request body and the response bodies of an operation."""
    for media_type, content in operation.described.get("requestBody", {}).get("content", {}).items():
        yield f"request as {media_type}", content
    for status, response in operation.described["responses"].items():
        for media_type, content in response.get("content", {}).items():
            yield f"{status} as {media_type}", content


DESCRIBED = [
    *operations(),
    *(webhook(methods["post"]) for methods in openapi_document()["webhooks"].values()),
]
EVERYTHING = [REQUESTS, RESPONSES, [examples_of(body) for each in DESCRIBED for _, body in bodies(each)]]


@pytest.mark.parametrize("operation", DESCRIBED, ids=named)
def test_every_request_and_response_body_has_a_valid_example(operation: Operation) -> None:
    for name, content in bodies(operation):
        examples = examples_of(content)
        assert examples, name
        for example in examples:
            errors = [f"{name} at {error.instance_path}: {error}" for error in errors_of(content, example)]
            assert errors == []


def errors_of(content: Json, example: Any) -> list[Any]:
    return list(validator(content["schema"]).iter_errors(example))


def test_every_path_parameter_has_an_example() -> None:
    assert [
        (operation.id, parameter["name"])
        for operation in operations()
        for parameter in operation.parameters("path")
        if "example" not in parameter
    ] == []


def test_every_example_belongs_to_an_existing_operation() -> None:
    known = {operation.id for operation in operations()}
    assert set(REQUESTS) <= known
    assert set(RESPONSES) <= known


def test_total_of_an_example_order_is_the_sum_of_the_line_totals() -> None:
    found = [part for part in objects_within(EVERYTHING) if "lines" in part and "total" in part]
    assert found
    for part in found:
        for line in part["lines"]:
            if "line_total" in line:
                assert line["line_total"]["amount"] == line["unit_price"]["amount"] * line["quantity"]
        total = sum(
            line["unit_price"]["amount"] * line["quantity"] for line in part["lines"] if "sku" in line
        )
        if any("sku" in line for line in part["lines"]):
            assert part["total"]["amount"] == total


def test_available_units_in_examples_equal_on_hand_minus_reserved() -> None:
    stocks = [
        part for part in objects_within(EVERYTHING) if {"on_hand", "reserved", "available"} <= set(part)
    ]
    assert stocks
    for stock in stocks:
        assert stock["available"] == stock["on_hand"] - stock["reserved"]


def test_all_example_amounts_have_the_same_currency() -> None:
    amounts = [part for part in objects_within([REQUESTS, RESPONSES]) if set(part) == {"amount", "currency"}]
    assert {part["currency"] for part in amounts if isinstance(part["amount"], int)} == {"USD"}


def test_example_refunds_do_not_exceed_the_captured_amount() -> None:
    order = RESPONSES["get_order"]["200"]
    [payment] = RESPONSES["list_payments"]["200"]["items"]
    [refund] = RESPONSES["list_refunds"]["200"]["items"]
    returned = RESPONSES["receive_return"]["200"]["refund_amount"]
    assert REQUESTS["pay_order"]["amount"] == payment["captured"] == order["paid_total"] == order["total"]
    assert refund["amount"]["amount"] + returned["amount"] <= payment["captured"]["amount"]


def test_example_refund_has_the_same_amount_in_responses_and_events() -> None:
    refunds = [
        part for part in objects_within(EVERYTHING) if REFUND in (part.get("id"), part.get("refund_id"))
    ]
    assert {part["amount"]["amount"] for part in refunds} == {DAMAGES}


def test_example_order_number_is_derived_from_the_order_id() -> None:
    numbers = {part["number"] for part in objects_within(EVERYTHING) if "number" in part}
    assert numbers == {order_number(UUID(ORDER))}


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("order_id", ["get_order"]),
        ("payment_id", ["get_payment"]),
        ("line_id", []),
        ("customer_id", []),
        ("event_id", []),
        ("owner_id", []),
    ],
)
def test_examples_use_the_same_id_for_the_same_object(name: str, paths: list[str]) -> None:
    ids = {part[name] for part in objects_within(EVERYTHING) if part.get(name)}
    ids |= {RESPONSES[operation]["200"]["id"] for operation in paths}
    assert len(ids) == 1
