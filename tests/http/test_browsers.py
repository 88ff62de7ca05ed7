"""What browsers are told: to be careful with every answer, and which pages may talk to the service."""

from collections.abc import AsyncIterator

import pytest

from tests.kit.described import CAREFUL
from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, web_shop

FRIEND, STRANGER = "https://shop.example", "https://elsewhere.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
}


@pytest.fixture
async def opened() -> AsyncIterator[WebShop]:
    """The service with one named origin, reached over TLS."""
    settings = {"cors_origins": FRIEND, "token_issuer": "https://api.shop.example"}
    async with web_shop(container_over(memory_store(), **settings)) as web:
        yield web


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
async def test_every_answer_tells_browsers_to_be_careful(
    web: WebShop, opened: WebShop, method: str, path: str, status: int
) -> None:
    for service in (web, opened):
        response = await service.visitor.request(method, path)
        assert response.status_code == status
        assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
        for name, value in CAREFUL.items():
            assert response.headers.get_list(name) == [value]


async def test_over_tls_browsers_are_told_to_come_by_no_other_way(web: WebShop, opened: WebShop) -> None:
    for path in ("/livez", "/nowhere", "/v1/me"):
        said = (await opened.visitor.get(path)).headers["Strict-Transport-Security"]
        assert said == "max-age=31536000; includeSubDomains"
        assert "Strict-Transport-Security" not in (await web.visitor.get(path)).headers


@pytest.mark.parametrize("origin", [FRIEND, STRANGER, "null"])
async def test_no_page_of_another_origin_may_talk_to_the_service_by_default(
    web: WebShop, origin: str
) -> None:
    asked = await web.visitor.options("/v1/orders", headers={"Origin": origin, **PREFLIGHT})
    shown = await web.visitor.get("/v1/products", headers={"Origin": origin})
    assert not any(name.startswith("access-control") for name in [*asked.headers, *shown.headers])


async def test_a_named_origin_may_and_no_other(opened: WebShop) -> None:
    asked = await opened.visitor.options("/v1/orders", headers={"Origin": FRIEND, **PREFLIGHT})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, FRIEND)
    assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked.headers
    for path in ("/v1/products", "/v1/me", "/nowhere"):
        shown = await opened.visitor.get(path, headers={"Origin": FRIEND})
        assert shown.headers["Access-Control-Allow-Origin"] == FRIEND
        assert "ETag" in shown.headers["Access-Control-Expose-Headers"]
        assert "Origin" in shown.headers["Vary"]


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", f"{FRIEND}.evil.example", "http://shop.example", f"{FRIEND}:8443"]
)
async def test_what_only_looks_like_a_named_origin_is_none(opened: WebShop, origin: str) -> None:
    asked = await opened.visitor.options("/v1/orders", headers={"Origin": origin, **PREFLIGHT})
    shown = await opened.visitor.get("/v1/products", headers={"Origin": origin})
    assert asked.status_code == 400
    assert origin not in asked.text
    for response in (asked, shown):
        assert "Access-Control-Allow-Origin" not in response.headers
