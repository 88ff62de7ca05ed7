import asyncio
import re
import threading
from base64 import b64encode
from hashlib import sha256

import pytest
from fastapi import FastAPI

from entrypoints.http.api.documentation.pages import install_docs
from entrypoints.http.problems.pages import router as pages
from tests.kit.apps import app_of, ask

OWN_FILES = {
    "docs/assets/swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "docs/assets/swagger-ui.css": "text/css; charset=utf-8",
    "docs/assets/favicon.png": "image/png",
}


def documented() -> FastAPI:
    app = app_of()
    install_docs(app)
    return app


async def test_docs_page_loads_only_files_of_the_service() -> None:
    page = await ask(documented(), "GET", "/docs")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert set(re.findall(r'(?:src|href)="([^"]+)"', page.text)) == set(OWN_FILES)
    assert "//" not in re.sub(r"</?!?--.*?-->", "", page.text).replace("window.location.origin", "")


async def test_requests_are_not_delayed_while_the_openapi_document_is_generated() -> None:
    app, has_begun, may_end = app_of(), threading.Event(), threading.Event()

    def generate() -> dict[str, str]:
        has_begun.set()
        assert may_end.wait(10)
        return {"openapi": "3.1.0"}

    app.openapi = generate  # type: ignore[method-assign] # FastAPI documents this way to replace the schema
    install_docs(app)
    schemas = [asyncio.create_task(ask(app, "GET", "/openapi.json")) for _ in range(2)]
    assert await asyncio.to_thread(has_begun.wait, 10)
    assert (await ask(app, "GET", "/docs")).status_code == 200
    may_end.set()
    assert [(await schema).json() for schema in schemas] == [{"openapi": "3.1.0"}] * 2


@pytest.mark.parametrize(("path", "content_type"), OWN_FILES.items())
async def test_docs_page_assets_are_cacheable(path: str, content_type: str) -> None:
    file = await ask(documented(), "GET", f"/{path}")
    assert (file.status_code, file.headers["Content-Type"]) == (200, content_type)
    assert file.headers["Cache-Control"] == "public, max-age=86400"
    assert file.headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/docs", "/docs/oauth2-redirect"])
async def test_docs_page_permits_only_scripts_of_the_service_or_with_a_known_hash(path: str) -> None:
    page = await ask(documented(), "GET", path)
    policy = dict(
        directive.strip().split(" ", 1) for directive in page.headers["Content-Security-Policy"].split(";")
    )
    [script] = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert policy == {
        "default-src": "'none'",
        "script-src": f"'self' 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_docs_page_disables_access_token_storage_and_the_schema_validator() -> None:
    page = (await ask(documented(), "GET", "/docs")).text
    assert '"persistAuthorization": false' in page
    assert '"validatorUrl": null' in page


async def test_openapi_document_is_served() -> None:
    app = documented()
    response = await ask(app, "GET", "/openapi.json")
    assert response.json() == app.openapi()
    assert "/problems/{code}" in response.json()["paths"]


@pytest.mark.parametrize("path", ["/docs/assets/nothing.js", "/docs/assets/../docs.py", "/docs/assets/%00"])
async def test_unknown_docs_page_asset_returns_404(path: str) -> None:
    response = await ask(documented(), "GET", path)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/docs/assets/swagger-ui.css", "/redoc"])
async def test_disabled_docs_page_returns_404(path: str) -> None:
    assert (await ask(app_of(pages), "GET", path)).status_code == 404


async def test_root_path_redirects_to_the_docs_page() -> None:
    answer = await ask(documented(), "GET", "/")
    assert (answer.status_code, answer.headers["Location"]) == (307, "docs")
