"""Small apps for one test, with the middleware and error handlers of the real app."""

from typing import Any

import httpx2
from fastapi import APIRouter, FastAPI

from entrypoints.http.middleware.request_context import RequestContextMiddleware
from entrypoints.http.middleware.request_drainer import RequestDrainer
from entrypoints.http.problems import pages
from entrypoints.http.problems.handlers import PROBLEM_HANDLERS
from entrypoints.http.representation.cursors import Cursors
from entrypoints.http.representation.fingerprints import Fingerprints


def app_of(*routers: APIRouter) -> FastAPI:
    """Create an app from some routers and the problem pages."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=dict(PROBLEM_HANDLERS),
    )
    app.state.request_drainer = RequestDrainer()
    app.state.cursors = Cursors(b"s" * 32)
    app.state.fingerprints = Fingerprints(b"s" * 32)
    for router in (*routers, pages.router):
        app.include_router(router)
    app.add_middleware(RequestContextMiddleware)
    return app


async def ask(app: FastAPI | APIRouter, method: str, url: str, **options: Any) -> httpx2.Response:
    """Send one request to an app."""
    served = app if isinstance(app, FastAPI) else app_of(app)
    transport = httpx2.ASGITransport(app=served)
    async with httpx2.AsyncClient(transport=transport, base_url="http://shop") as client:
        return await client.request(method, url, **options)
