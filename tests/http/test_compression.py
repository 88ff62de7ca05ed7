"""Lists and documents are compressed for clients that accept gzip."""

import pytest

from tests.kit.web import WebShop

IDENTITY = {"Accept-Encoding": "identity"}
GZIP = {"Accept-Encoding": "gzip"}


async def test_list_page_is_compressed_for_a_client_that_accepts_gzip(web: WebShop) -> None:
    await _products(web, 8)
    plain = await web.anonymous.get("/v1/products", headers=IDENTITY)
    compressed = await web.anonymous.get("/v1/products", headers=GZIP)
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert int(compressed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 2
    assert compressed.json() == plain.json()
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize("accepted", ["", "identity", "br", "*", "gzip;q=0", "br, gzip; q=0.0", "x-gzipped"])
async def test_list_page_is_compressed_only_if_accept_encoding_names_gzip(
    web: WebShop, accepted: str
) -> None:
    await _products(web, 8)
    page = await web.anonymous.get("/v1/products", headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in page.headers
    assert page.headers["Content-Length"] == str(len(page.content))
    assert "Accept-Encoding" in page.headers["Vary"]


async def test_short_list_page_is_not_compressed(web: WebShop) -> None:
    page = await web.anonymous.get("/v1/products", headers=GZIP)
    assert "Content-Encoding" not in page.headers


async def test_list_page_for_a_logged_in_user_is_compressed(web: WebShop) -> None:
    await _products(web, 8)
    staff = await web.staff()
    page = await staff.get("/v1/products", params={"limit": 8}, headers=GZIP)
    assert page.headers["Content-Encoding"] == "gzip"
    assert len(page.json()["items"]) == 8


async def test_response_with_a_single_object_is_never_compressed(web: WebShop) -> None:
    """If-Match needs a strong ETag. The strong ETag of an object identifies the uncompressed bytes."""
    product = await web.product(description="A mug. " * 500)
    shown = await web.anonymous.get(f"/v1/products/{product['id']}", headers=GZIP)
    assert len(shown.content) > 3_000
    assert "Content-Encoding" not in shown.headers


async def test_request_with_the_etag_of_a_compressed_list_page_returns_304(web: WebShop) -> None:
    await _products(web, 8)
    page = await web.anonymous.get("/v1/products", headers=GZIP)
    assert page.headers["ETag"].startswith('W/"')
    for encoding in (GZIP, IDENTITY):
        again = await web.anonymous.get(
            "/v1/products", headers={**encoding, "If-None-Match": page.headers["ETag"]}
        )
        assert again.status_code == 304
        for name in ("ETag", "Vary", "Cache-Control"):
            assert again.headers[name] == page.headers[name]


async def test_very_long_list_page_is_complete_after_compression_and_decompression(web: WebShop) -> None:
    await _products(web, 60, description="".join(f"{number:x}" for number in range(1_000)))
    plain = await web.anonymous.get("/v1/products", params={"limit": 100}, headers=IDENTITY)
    compressed = await web.anonymous.get("/v1/products", params={"limit": 100}, headers=GZIP)
    assert len(plain.content) > 128 * 1024
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert compressed.content == plain.content


@pytest.mark.parametrize("path", ["/openapi.json", "/asyncapi.json"])
async def test_api_document_is_compressed_for_a_client_that_accepts_gzip(web: WebShop, path: str) -> None:
    plain = await web.anonymous.get(path, headers=IDENTITY)
    compressed = await web.anonymous.get(path, headers=GZIP)
    assert compressed.headers["Content-Encoding"] == "gzip"
    assert int(compressed.headers["Content-Length"]) < len(plain.content) / 2
    assert compressed.content == plain.content
    assert "Content-Encoding" not in plain.headers
    assert compressed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/openapi.json", "/asyncapi.json"])
async def test_api_document_request_with_the_current_etag_returns_304(web: WebShop, path: str) -> None:
    first = await web.anonymous.get(path)
    again = await web.anonymous.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Vary", "Cache-Control"):
        assert again.headers[name] == first.headers[name]
    assert "Content-Length" not in again.headers
    changed = await web.anonymous.get(path, headers={"If-None-Match": '"another"'})
    assert changed.status_code == 200


async def _products(web: WebShop, count: int, description: str = "A mug") -> None:
    for _ in range(count):
        await web.product(description=description)
