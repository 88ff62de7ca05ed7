"""The service accepts every request example of the OpenAPI description."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from adapters.security.breached import ListedBreachedPasswords
from tests.kit.openapi import Json, Operation, operations, resolved
from tests.kit.samples import SampleShop, body_example, example_of
from tests.kit.web import WebShop


def examples_within(schema: Json) -> list[Any]:
    """Return the examples of a schema and of the schema's alternatives."""
    schema = resolved(schema)
    own = list(schema.get("examples", ()))
    return own or [example for other in schema.get("anyOf", ()) for example in examples_within(other)]


WITH_BODY = [operation for operation in operations() if "requestBody" in operation.described]
OPTIONAL_FIELDS = [
    (operation, name, example)
    for operation in WITH_BODY
    for content in operation.described["requestBody"]["content"].values()
    for name, field in resolved(content["schema"]).get("properties", {}).items()
    for example in examples_within(field)
]
PARAMETERS = [
    (operation, parameter["name"], example)
    for operation in operations()
    for parameter in operation.parameters("query")
    for example in examples_within(parameter["schema"])
]


def named(value: object) -> str | None:
    return value.id if isinstance(value, Operation) else None


@pytest.mark.parametrize("operation", operations(), ids=named)
async def test_sample_request_of_every_operation_is_accepted(
    web: WebShop, sample_shop: SampleShop, operation: Operation
) -> None:
    response = await (await sample_shop.sample(operation)).send(web)
    assert response.is_success, response.text


@pytest.mark.parametrize(("operation", "name", "example"), OPTIONAL_FIELDS, ids=named)
async def test_example_value_of_every_field_is_accepted(
    web: WebShop, sample_shop: SampleShop, operation: Operation, name: str, example: Any
) -> None:
    sample = await sample_shop.sample(operation)
    changed = sample_shop.with_ids({name: example}, form=True)
    response = await replace(sample, body={**sample.body, **changed}).send(web)
    assert response.is_success, response.text


@pytest.mark.parametrize(("operation", "name", "example"), PARAMETERS, ids=named)
async def test_example_value_of_every_parameter_is_accepted(
    web: WebShop, sample_shop: SampleShop, operation: Operation, name: str, example: Any
) -> None:
    sample = await sample_shop.sample(operation)
    response = await replace(sample, url=f"{sample.url}?{name}={quote(str(example))}").send(web)
    assert response.is_success, response.text


async def test_if_match_example_is_a_valid_etag(web: WebShop) -> None:
    staff, product = await web.staff(), await web.product()
    url = f"/v1/products/{product['id']}"
    for number in range(6):
        headers = {"If-Match": f'"v{number + 1}"'}
        assert (await staff.patch(url, json={"name": f"Mug {number}"}, headers=headers)).is_success
    examples = {
        example_of(parameter["schema"])
        for operation in operations()
        for parameter in operation.parameters("header")
        if parameter["name"] == "If-Match"
    }
    for example in examples:
        assert (await staff.patch(url, json={"name": "Mug"}, headers={"If-Match": example})).is_success


async def test_sign_up_and_log_in_examples_use_one_account(web: WebShop) -> None:
    by_id = {operation.id: operation for operation in operations()}

    def example(operation: str) -> Any:
        [content] = by_id[operation].described["requestBody"]["content"].values()
        return body_example(content)

    assert not ListedBreachedPasswords().contains(example("create_user")["password"])
    assert (await web.anonymous.post("/v1/users", json=example("create_user"))).status_code == 201
    assert (await web.anonymous.post("/token", data=example("create_token"))).status_code == 200
