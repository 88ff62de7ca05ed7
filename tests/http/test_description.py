"""The OpenAPI description is complete, and undocumented paths return errors."""

import re

import httpx2
import pytest

from tests.kit.openapi import Operation, openapi_document, operations, resolved, validate_response
from tests.kit.samples import SampleShop
from tests.kit.web import WebShop

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
KEYS_REQUIRED = {
    "place_order",
    "pay_order",
    "capture_payment",
    "void_payment",
    "refund_order",
    "fulfil_order",
    "request_return",
    "approve_return",
    "refuse_return",
    "receive_return",
    "cancel_order",
    "adjust_stock",
}
"""Operations that require an Idempotency-Key."""
KEYS_NOT_TAKEN = {"receive_provider_message"}
"""The operation that receives the webhooks of payment providers. Each webhook has an id, so an Idempotency-Key is not
needed.
"""
OAUTH = {"/token", "/oauth/revoke"}
ADDRESSES = sorted({operation.path for operation in operations()})


def test_every_operation_id_is_unique_and_consists_of_a_verb_and_a_noun() -> None:
    ids = [operation.id for operation in operations()]
    assert len(set(ids)) == len(ids)
    assert [id_ for id_ in ids if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", id_)] == []


def test_every_operation_has_a_summary_and_a_description_and_a_tag() -> None:
    for operation in operations():
        assert operation.described["summary"], operation.id
        assert operation.described["description"], operation.id
        assert len(operation.described["tags"]) == 1, operation.id


def test_openapi_security_requirements_of_public_operations_are_empty() -> None:
    """With any other list, even with [{}], generated clients would require a token."""
    by_id = {operation.id: operation.described["security"] for operation in operations()}
    assert by_id["create_token"] == by_id["create_user"] == by_id["get_liveness"] == []
    assert {} in by_id["list_products"]
    assert [id_ for id_, ways in by_id.items() if ways == [{}]] == []


def test_required_headers_are_declared_as_required_in_openapi() -> None:
    for operation in operations():
        headers = operation.parameters("header")
        required = {parameter["name"] for parameter in headers if parameter["required"]}
        assert ("Idempotency-Key" in required) is (operation.id in KEYS_REQUIRED), operation.id
        if operation.path.startswith(("/v1/products", "/v1/stock")) and operation.method != "POST":
            assert ("If-Match" in required) is (operation.method != "GET"), operation.id


def test_every_post_under_v1_accepts_an_idempotency_key() -> None:
    for operation in operations():
        if operation.method == "POST" and operation.path.startswith("/v1/"):
            names = {parameter["name"] for parameter in operation.parameters("header")}
            assert ("Idempotency-Key" in names) is (operation.id not in KEYS_NOT_TAKEN), operation.id


def test_every_error_response_has_one_example_per_problem_code() -> None:
    for operation in operations():
        for status, answer in operation.described["responses"].items():
            if status >= "400" and not (status in {"400", "401"} and operation.path in OAUTH):
                content = answer["content"]["application/problem+json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, operation.id
                examples = [resolved(example) for example in content["examples"].values()]
                assert {str(example["value"]["status"]) for example in examples} == {status}, operation.id


def test_no_schema_has_a_generated_name() -> None:
    names = openapi_document()["components"]["schemas"]
    assert [name for name in names if "__" in name or name.startswith("Body_")] == []


@pytest.mark.parametrize("path", ADDRESSES)
async def test_response_to_an_unsupported_method_lists_the_allowed_methods(
    web: WebShop, sample_shop: SampleShop, path: str
) -> None:
    there = [operation for operation in operations() if operation.path == path]
    allowed = {operation.method for operation in there}
    if "GET" in allowed:
        allowed.add("HEAD")
    url = sample_shop.url_of(there[0])
    for method in METHODS:
        response = await web.anonymous.request(method, url, headers=sample_shop.authorization)
        if method in allowed:
            assert response.status_code != 405, method
        else:
            assert response.status_code == 405, method
            assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", [path for path in ADDRESSES if "{" in path and "{provider}" not in path])
async def test_path_with_a_malformed_id_returns_404(web: WebShop, path: str) -> None:
    url = re.sub(r"\{.*?\}", "no-such-thing", path)
    response = await web.anonymous.get(url)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert "instance" not in response.json()


@pytest.mark.parametrize(
    "operation",
    [operation for operation in operations() if operation.method == "GET"],
    ids=lambda operation: operation.id,
)
async def test_response_to_head_has_the_same_headers_as_the_response_to_get(
    web: WebShop, sample_shop: SampleShop, operation: Operation
) -> None:
    sample = await sample_shop.sample(operation)
    got = await web.anonymous.get(sample.url, headers=sample.headers)
    asked = await web.anonymous.head(sample.url, headers=sample.headers)
    for response in (got, asked):
        for own in ("X-Request-Id", "RateLimit"):
            response.headers.pop(own, None)
    assert (asked.status_code, dict(asked.headers)) == (got.status_code, dict(got.headers))


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/orders/", "/v2/orders", "/token/", "//v1/orders", "/index.html"]
)
async def test_unknown_path_returns_404_instead_of_a_redirect(web: WebShop, path: str) -> None:
    response = await web.anonymous.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_response_that_openapi_does_not_declare_is_detected(web: WebShop) -> None:
    """All other tests rely on this check, because the clients of these tests validate every response."""
    right = await web.anonymous.get("/livez")
    headers = {
        name: value
        for name, value in right.headers.items()
        if not name.startswith(("content-type", "content-length"))
    }
    ok = {"status": "ok"}
    await validate_response(httpx2.Response(200, headers=headers, json=ok, request=right.request))
    for wrong in (
        httpx2.Response(418, headers=headers, json=ok, request=right.request),
        httpx2.Response(200, headers=headers, json={"status": "so so"}, request=right.request),
        httpx2.Response(200, headers=headers, text="ok", request=right.request),
        httpx2.Response(200, headers=headers | {"cache-control": "public"}, json=ok, request=right.request),
        httpx2.Response(200, headers=headers | {"x-frame-options": ""}, json=ok, request=right.request),
    ):
        with pytest.raises(AssertionError):
            await validate_response(wrong)
