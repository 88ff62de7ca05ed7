"""Headers for browsers: security headers and CORS."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from entrypoints.http.routing.body import MAX_BODY_BYTES
from tests.kit.logs import captured_log
from tests.kit.openapi import SECURITY_HEADERS
from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, web_shop

FRIEND, STRANGER = "https://shop.example", "https://elsewhere.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
}


@pytest.fixture
async def opened() -> AsyncIterator[WebShop]:
    """The service with one allowed origin, over TLS."""
    settings = {"cors_origins": FRIEND, "token_issuer": "https://api.shop.example", "allow_sandbox": True}
    async with web_shop(container_over(memory_store(), **settings)) as web:
        yield web


def assert_security_headers(response: httpx2.Response) -> None:
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert response.headers["X-Request-Id"]
    for name, value in SECURITY_HEADERS.items():
        assert response.headers.get_list(name) == [value]


async def failing(service: WebShop, **headers: str) -> httpx2.Response:
    """Return the response to a request that fails with an unexpected exception."""

    async def fail(_: object) -> None:
        raise RuntimeError

    customer = await service.customer()
    # The log is captured, so that structlog does not render the stack with all local variables. With
    # FastAPI's own routes, rendering the stack would take minutes.
    with captured_log(), service.container.users.get_me.override(fail):
        return await customer.get("/v1/me", headers=headers)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/livez", 200),
        ("HEAD", "/livez", 200),
        ("GET", "/v1/products", 200),
        ("GET", "/v1/me", 401),
        ("GET", "/nowhere", 404),
        ("GET", "/v1/products?x=1", 400),
        ("PUT", "/v1/products", 405),
        ("OPTIONS", "/v1/products", 405),
        ("POST", "/token", 400),
        ("POST", "/v1/users", 422),
        ("GET", "/docs", 200),
        ("GET", "/docs/assets/swagger-ui-bundle.js", 200),
        ("GET", "/docs/assets/nothing.js", 404),
        ("GET", "/openapi.json", 200),
        ("GET", "/problems", 200),
        ("GET", "/.well-known/jwks.json", 200),
    ],
)
async def test_every_response_of_the_service_has_security_headers(
    web: WebShop, opened: WebShop, method: str, path: str, status: int
) -> None:
    for service in (web, opened):
        response = await service.anonymous.request(method, path)
        assert response.status_code == status
        assert_security_headers(response)


@pytest.mark.parametrize(
    ("media_type", "size", "status"),
    [("application/json", MAX_BODY_BYTES + 1, 413), ("text/plain", 2, 415), ("application/json", 2, 400)],
)
async def test_response_to_a_rejected_body_has_security_headers(
    web: WebShop, opened: WebShop, media_type: str, size: int, status: int
) -> None:
    for service in (web, opened):
        response = await service.anonymous.post(
            "/v1/users", content=b"x" * size, headers={"Content-Type": media_type}
        )
        assert response.status_code == status
        assert_security_headers(response)


async def test_response_to_an_unexpected_error_has_security_headers(web: WebShop, opened: WebShop) -> None:
    for service in (web, opened):
        response = await failing(service, Origin=FRIEND)
        assert response.status_code == 500
        assert_security_headers(response)


async def test_response_without_content_has_security_headers(web: WebShop) -> None:
    product = await web.product()
    path = f"/v1/products/{product['id']}"
    tag = (await web.anonymous.get(path)).headers["ETag"]
    unchanged = await web.anonymous.get(path, headers={"If-None-Match": tag})
    staff = await web.staff()
    archived = await staff.delete(path, headers={"If-Match": tag})
    assert [unchanged.status_code, archived.status_code] == [304, 204]
    assert_security_headers(unchanged)
    assert_security_headers(archived)


async def test_service_with_tls_sends_the_header_strict_transport_security(
    web: WebShop, opened: WebShop
) -> None:
    for path in ("/livez", "/nowhere", "/v1/me"):
        said = (await opened.anonymous.get(path)).headers["Strict-Transport-Security"]
        assert said == "max-age=31536000; includeSubDomains"
        assert "Strict-Transport-Security" not in (await web.anonymous.get(path)).headers


@pytest.mark.parametrize("origin", [FRIEND, STRANGER, "null"])
async def test_cross_origin_requests_are_rejected_by_default(web: WebShop, origin: str) -> None:
    asked = await web.anonymous.options("/v1/orders", headers={"Origin": origin, **PREFLIGHT})
    shown = await web.anonymous.get("/v1/products", headers={"Origin": origin})
    assert not any(name.startswith("access-control") for name in [*asked.headers, *shown.headers])


async def test_cross_origin_request_from_a_configured_origin_is_accepted(opened: WebShop) -> None:
    asked = await opened.anonymous.options("/v1/orders", headers={"Origin": FRIEND, **PREFLIGHT})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, FRIEND)
    assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked.headers
    for path in ("/v1/products", "/v1/me", "/nowhere"):
        shown = await opened.anonymous.get(path, headers={"Origin": FRIEND})
        assert shown.headers["Access-Control-Allow-Origin"] == FRIEND
        assert "ETag" in shown.headers["Access-Control-Expose-Headers"]
        assert "Origin" in shown.headers["Vary"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def test_configured_origin_can_use_all_methods_and_send_trace_context_headers(
    opened: WebShop, method: str
) -> None:
    headers = {
        "Origin": FRIEND,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,baggage,traceparent,tracestate",
    }
    response = await opened.anonymous.options("/v1/orders", headers=headers)
    assert (response.status_code, response.text) == (200, "OK")


async def test_configured_origin_can_read_error_responses(opened: WebShop) -> None:
    response = await failing(opened, Origin=FRIEND)
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (500, FRIEND)
    assert "X-Request-Id" in response.headers["Access-Control-Expose-Headers"]
    assert "Origin" in response.headers["Vary"]


async def test_unconfigured_origin_cannot_read_error_responses(web: WebShop, opened: WebShop) -> None:
    for service, origin in ((web, FRIEND), (opened, STRANGER)):
        response = await failing(service, Origin=origin)
        assert response.status_code == 500
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", f"{FRIEND}.evil.example", "http://shop.example", f"{FRIEND}:8443"]
)
async def test_origin_similar_to_a_configured_origin_is_rejected(opened: WebShop, origin: str) -> None:
    asked = await opened.anonymous.options("/v1/orders", headers={"Origin": origin, **PREFLIGHT})
    shown = await opened.anonymous.get("/v1/products", headers={"Origin": origin})
    assert asked.status_code == 400
    assert origin not in asked.text
    for response in (asked, shown):
        assert "Access-Control-Allow-Origin" not in response.headers
