"""The app factory: everything that serves HTTP, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from application.shared.single_flight import SingleFlight
from entrypoints.bootstrap.root import Container
from entrypoints.http.api.audit import router as audit_log
from entrypoints.http.api.catalog import products, stock
from entrypoints.http.api.events import router as feed
from entrypoints.http.api.operations import health, metrics
from entrypoints.http.api.orders import fulfillments
from entrypoints.http.api.orders import router as orders
from entrypoints.http.api.payments import payments, provider_messages, refunds
from entrypoints.http.api.sessions import discovery, token
from entrypoints.http.api.sessions import router as sessions
from entrypoints.http.api.users import administration, me, passwords
from entrypoints.http.api.users import router as users
from entrypoints.http.api.webhooks import router as webhooks
from entrypoints.http.docs import install_docs
from entrypoints.http.middleware.request_drainer import RequestDrainer
from entrypoints.http.problems.handlers import PROBLEM_HANDLERS
from entrypoints.http.problems.pages import router as problem_pages
from entrypoints.http.representation.cursors import Cursors
from entrypoints.http.representation.fingerprints import (
    FINGERPRINT_SECRET,
    FINGERPRINT_SECRET_BYTES,
    Fingerprints,
)
from entrypoints.http.service_app import ServiceApp
from entrypoints.lifespan import running
from entrypoints.settings import Settings

DRAIN_SECONDS = 10.0
"""How long requests may take to end when the process is stopped."""

DESCRIPTION = """Users, a catalogue with stock, and orders that never oversell.

Log in with **Authorize** (your e-mail address is the username) to try the protected operations. Programs log in there by
their own id and secret.
Money is in integer minor units; times are RFC 3339 in UTC; errors are problems by RFC 9457, explained at
[/problems](/problems).
"""


def create_app(settings: Settings | None = None, container: Container | None = None) -> FastAPI:
    """Make a fresh app. Without arguments it reads its settings from the environment.

    Nothing is connected to before the app starts up. Raise WrongSettings.
    """
    if container is None:
        container = Container(settings=settings or Settings.from_environment())
    request_drainer = RequestDrainer()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(container) as cursor_secret:
            app.state.cursors = Cursors(cursor_secret)
            app.state.fingerprints = Fingerprints(
                await container.database.secrets().get_or_create(FINGERPRINT_SECRET, FINGERPRINT_SECRET_BYTES)
            )
            try:
                yield
            finally:
                await request_drainer.drain(DRAIN_SECONDS)

    app = ServiceApp(
        title="Steelyard",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers=dict(PROBLEM_HANDLERS),
        access_log=container.settings().log_level in {"debug", "info"},
        over_tls=container.settings().token_issuer.startswith("https:"),
        origins=container.settings().cors_origins,
    )
    app.state.container = container
    app.state.request_drainer = request_drainer
    app.state.page_flights = SingleFlight()
    # Those that are asked for most come first: routes are tried one after the other.
    for router in (
        orders.router,
        products.router,
        payments.router,
        refunds.router,
        fulfillments.router,
        provider_messages.router,
        feed.router,
        webhooks.router,
        health.router,
        me.router,
        users.router,
        administration.router,
        passwords.router,
        token.router,
        sessions.router,
        discovery.router,
        stock.router,
        audit_log.router,
        metrics.router,
        problem_pages,
    ):
        app.router.routes.extend(router.routes)
    if container.settings().docs_enabled:
        install_docs(app)
    return app
