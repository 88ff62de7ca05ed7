"""The API documents, and a docs page with Swagger UI.

The files of Swagger UI are local. The content security policy permits no other sources.
"""

import asyncio
import gzip
import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from entrypoints.asyncapi import asyncapi_document
from entrypoints.http.representation.compression import accepts_gzip
from entrypoints.http.representation.etags import content_tag, if_none_match

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

_PARAMETERS: dict[str, Any] = {
    "persistAuthorization": False,  # tokens are deleted when the page is closed
    "validatorUrl": None,  # otherwise the page sends the document's URL to an external validator
    "displayRequestDuration": True,
    "defaultModelsExpandDepth": 0,  # the list of schemas is long, and slows the page down
}


_DOCUMENT_HEADERS = {"Cache-Control": "public, no-cache, no-transform", "Vary": "Accept-Encoding"}
"""The Cache-Control value of documents.

Caches may store a document, but must revalidate it before each use. A document changes with the release and with the
settings.
"""


class _Assets(StaticFiles):
    """Files that change only with a release of their package."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - the arguments of StaticFiles
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response


def install_docs(app: FastAPI) -> None:
    """Serve /docs, /openapi.json and /asyncapi.json, and redirect / to /docs.

    The app must be created with `docs_url`, `redoc_url` and `openapi_url` set to None. All URLs of the page are
    relative. The page therefore also works if a proxy adds a prefix to the paths.
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

    app.add_route("/", redirect_to_docs, include_in_schema=False)
    app.add_route("/docs", show_docs, include_in_schema=False)
    app.add_route("/docs/oauth2-redirect", show_oauth2_redirect, include_in_schema=False)
    app.add_route("/openapi.json", _Document(app.openapi).show, include_in_schema=False)
    app.add_route("/asyncapi.json", _Document(asyncapi_document).show, include_in_schema=False)
    app.mount("/docs/assets", _Assets(directory=str(files("fastapi_offline") / "static")), name="docs-assets")


class _Document:
    """A document that is generated once, on the first request.

    Generating the document takes longer than creating the rest of the app. The document is generated in a thread, so
    that the event loop continues to serve other requests.
    """

    def __init__(self, make: Callable[[], dict[str, Any]]) -> None:
        self._make = make
        self._lock = asyncio.Lock()
        self._generated: _GeneratedDocument | None = None

    async def show(self, request: Request) -> Response:
        """Return the document, or a 304 response if the client already has the document.

        If the client accepts gzip, the document is compressed.
        """
        async with self._lock:
            if self._generated is None:
                self._generated = await asyncio.to_thread(_GeneratedDocument.of, self._make)
        document = self._generated
        unchanged = Response(status_code=304, headers=_DOCUMENT_HEADERS)
        if if_none_match(request, unchanged, None, document.tag) is not None:
            return unchanged
        response = Response(document.text, headers=unchanged.headers, media_type="application/json")
        if accepts_gzip(request):
            response = Response(document.gzipped, headers=unchanged.headers, media_type="application/json")
            response.headers["Content-Encoding"] = "gzip"
        return response


@dataclass(frozen=True, slots=True)
class _GeneratedDocument:
    text: bytes
    gzipped: bytes
    tag: str

    @staticmethod
    def of(make: Callable[[], dict[str, Any]]) -> "_GeneratedDocument":
        text = json.dumps(make(), ensure_ascii=False).encode()
        return _GeneratedDocument(text, gzip.compress(text), content_tag(text))


def _policy_for(page: Response) -> str:
    """Return the content security policy of the page.

    The policy permits files of this service, and scripts inside the page. The policy contains the hashes of these
    scripts.
    """
    scripts = _INLINE_SCRIPT.findall(bytes(page.body).decode())
    hashes = (
        f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src 'self' {' '.join(hashes)}; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
