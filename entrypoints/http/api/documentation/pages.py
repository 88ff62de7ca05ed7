"""The docs page: Swagger UI from local files, with a content security policy that allows nothing else."""

import asyncio
import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from entrypoints.asyncapi import asyncapi_document

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

_PARAMETERS: dict[str, Any] = {
    "persistAuthorization": False,  # tokens are forgotten when the page is closed
    "validatorUrl": None,  # otherwise the schema's address is sent to another service
    "displayRequestDuration": True,
}


class _Assets(StaticFiles):
    """Files that change only with a release of their package."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - those of StaticFiles
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response


def install_docs(app: FastAPI) -> None:
    """Serve /docs, /openapi.json and /asyncapi.json, and redirect / to /docs.

    Create the app with `docs_url`, `redoc_url` and `openapi_url` set to None. All addresses are relative, so that they
    also work behind a proxy's path prefix.
    """
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=f"{app.title} API",
        swagger_js_url="docs/assets/swagger-ui-bundle.js",
        swagger_css_url="docs/assets/swagger-ui.css",
        swagger_favicon_url="docs/assets/favicon.png",
        oauth2_redirect_url="/docs/oauth2-redirect",
        swagger_ui_parameters=_PARAMETERS,
    )
    redirect_page = get_swagger_ui_oauth2_redirect_html()
    for response in (page, redirect_page):
        response.headers["Content-Security-Policy"] = _policy_for(response)

    async def show_docs(_: Request) -> Response:
        return page

    async def redirect_to_docs(_: Request) -> Response:
        return RedirectResponse("docs")

    async def show_oauth2_redirect(_: Request) -> Response:
        return redirect_page

    schema, events = _Document(app.openapi), _Document(asyncapi_document)

    async def show_schema(_: Request) -> Response:
        return Response(await schema(), media_type="application/json")

    async def show_events(_: Request) -> Response:
        return Response(await events(), media_type="application/json")

    app.add_route("/", redirect_to_docs, include_in_schema=False)
    app.add_route("/docs", show_docs, include_in_schema=False)
    app.add_route("/docs/oauth2-redirect", show_oauth2_redirect, include_in_schema=False)
    app.add_route("/openapi.json", show_schema, include_in_schema=False)
    app.add_route("/asyncapi.json", show_events, include_in_schema=False)
    app.mount("/docs/assets", _Assets(directory=str(files("fastapi_offline") / "static")), name="docs-assets")


class _Document:
    """A document that is generated once, on the first request: it takes longer than creating the rest of the app.

    It is generated in a thread, so that other requests are served meanwhile.
    """

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self._make = make
        self._lock = asyncio.Lock()
        self._text: bytes | None = None

    async def __call__(self) -> bytes:
        async with self._lock:
            if self._text is None:
                self._text = await asyncio.to_thread(self._written)
            return self._text

    def _written(self) -> bytes:
        return json.dumps(self._make(), ensure_ascii=False).encode()


def _policy_for(page: Response) -> str:
    """Allow the local files, and the page's inline scripts by their hashes."""
    scripts = _INLINE_SCRIPT.findall(bytes(page.body).decode())
    hashes = (
        f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src 'self' {' '.join(hashes)}; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
