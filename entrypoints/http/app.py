"""The app factory: routers, middleware and exception handlers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from application.shared.single_flight import SingleFlight
from entrypoints.bootstrap.root import Container
from entrypoints.bootstrap.tracing import telemetry
from entrypoints.http.api.audit import router as audit_log
from entrypoints.http.api.catalog import products, stock
from entrypoints.http.api.documentation.openapi import CONTACT, LICENSE, DocumentedAPI, api_version, servers
from entrypoints.http.api.documentation.pages import install_docs
from entrypoints.http.api.documentation.tags import TAGS
from entrypoints.http.api.events import router as feed
from entrypoints.http.api.operations import health, metrics
from entrypoints.http.api.orders import fulfillments, guest_orders, returns
from entrypoints.http.api.orders import router as orders
from entrypoints.http.api.payments import payments, provider_messages, refunds
from entrypoints.http.api.sessions import discovery, token
from entrypoints.http.api.sessions import router as sessions
from entrypoints.http.api.users import administration, me, passwords
from entrypoints.http.api.users import router as users
from entrypoints.http.api.webhooks import deliveries
from entrypoints.http.api.webhooks import router as webhooks
from entrypoints.http.middleware.cors import cors_options
from entrypoints.http.middleware.load_shedding import LoadSheddingMiddleware, Rejections
from entrypoints.http.middleware.request_context import (
    RequestContextMiddleware,
    headers_of_every_response,
    internal_error,
)
from entrypoints.http.middleware.request_drainer import RequestDrainer
from entrypoints.http.middleware.unread_bodies import BodyLimits, UnreadBodiesMiddleware
from entrypoints.http.problems.handlers import PROBLEM_HANDLERS
from entrypoints.http.problems.pages import router as problem_pages
from entrypoints.http.representation.cursors import Cursors
from entrypoints.http.representation.fingerprints import (
    FINGERPRINT_SECRET,
    FINGERPRINT_SECRET_BYTES,
    Fingerprints,
)
from entrypoints.http.security.order_tokens import ORDER_TOKEN_SECRET, ORDER_TOKEN_SECRET_BYTES, OrderTokens
from entrypoints.lifespan import running, warn_about_clear_secrets
from entrypoints.metrics.sampling import SAMPLE_EVERY, sample_queues
from entrypoints.reloading import reloader
from entrypoints.repeating import repeating
from entrypoints.settings import Settings

DRAIN_SECONDS = 10.0
"""When the process stops, running requests have this number of seconds to finish."""

DESCRIPTION = """Accounts, a catalog with stock, and orders that never oversell.

**Log in** with *Authorize* to try the protected operations: your e-mail address is the username. Programs log in there with
their client id and secret.

**Conventions**

- Money is an integer number of minor units with a currency: 1800 USD is 18.00 USD.
- Times are RFC 3339. Requests can have any offset, and responses are in UTC.
- Errors are problems (RFC 9457) with a stable `code`. [/problems](/problems) explains each code.
- Send a new `Idempotency-Key` with each new request that has this header, and the same key with each retry.
- Objects with a `version` have an `ETag`. Send it as `If-None-Match` to read only changes, and as `If-Match` to edit.
- Lists have pages: send `next_cursor` as `cursor`.
- Responses can get new fields at any time. Where the schema of a value permits any text beside the known ones, later releases can
  send new values: treat them as unknown, not as an error.
"""

ROUTERS: Sequence[APIRouter] = (
    # FastAPI tries the routers in the sequence of this list, so the most frequently used routers come first.
    products.router,
    orders.router,
    payments.router,
    refunds.router,
    fulfillments.router,
    returns.router,
    guest_orders.router,
    provider_messages.router,
    feed.router,
    webhooks.router,
    deliveries.router,
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
)


def create_app(settings: Settings | None = None, container: Container | None = None) -> FastAPI:
    """Create an app. Without arguments, the settings are read from the environment.

    The app opens no connections before its startup. Raises WrongSettings.
    """
    if container is None:
        container = Container(settings=settings or Settings.from_environment())
    request_drainer = RequestDrainer()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(container) as cursor_secret, _sampled_queues(container):
            app.state.cursors = Cursors(cursor_secret)
            app.state.reload = reloader(container)
            await warn_about_clear_secrets(container)
            app.state.fingerprints = Fingerprints(
                await container.database.secrets().get_or_create(FINGERPRINT_SECRET, FINGERPRINT_SECRET_BYTES)
            )
            app.state.order_tokens = OrderTokens(
                await container.database.secrets().get_or_create(ORDER_TOKEN_SECRET, ORDER_TOKEN_SECRET_BYTES)
            )
            try:
                yield
            finally:
                await request_drainer.drain(DRAIN_SECONDS)

    app = DocumentedAPI(
        title="Steelyard",
        version=api_version(container.release()),
        summary="An order service: accounts, a catalog with stock, orders, payments and returns.",
        description=DESCRIPTION,
        contact=CONTACT,
        license_info=LICENSE,
        servers=servers(container.settings().token_issuer),
        openapi_tags=[*TAGS],
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        exception_handlers=dict(PROBLEM_HANDLERS),
        telemetry=telemetry(container.tracing()),
    )
    app.state.container = container
    app.state.request_drainer = request_drainer
    app.state.page_flights = SingleFlight()
    _add_middleware(app, container)
    for router in ROUTERS:
        app.include_router(router)
    if container.settings().docs_enabled:
        install_docs(app)
    return app


def _sampled_queues(container: Container) -> AbstractAsyncContextManager[None]:
    work, health = partial(sample_queues, container), container.job_health()
    return repeating(work, name="sample queues", every=SAMPLE_EVERY, health=health)


def _add_middleware(app: FastAPI, container: Container) -> None:
    """Add the middleware, from the innermost to the outermost."""
    settings = container.settings()
    app.add_middleware(
        UnreadBodiesMiddleware,
        limits=BodyLimits(
            seconds=settings.body_timeout.total_seconds(),
            min_rate=settings.body_min_rate,
            max_unread=settings.max_unread_bodies,
            max_unread_per_network=settings.max_unread_bodies_per_network,
        ),
        proxies=container.security.trusted_proxies(),
    )
    options = cors_options(settings.cors_origins) if settings.cors_origins else None
    if options:
        app.add_middleware(CORSMiddleware, **options)

    def with_cors(outer: ASGIApp) -> ASGIApp:
        # CORSMiddleware in the app does not see responses to unexpected errors and to rejected requests.
        return CORSMiddleware(outer, **options) if options else outer

    security_headers = headers_of_every_response(over_tls=settings.token_issuer.startswith("https:"))
    metrics = container.metrics()
    app.add_middleware(
        RequestContextMiddleware,
        metrics=metrics.http,
        unexpected=with_cors(internal_error),
        headers=security_headers,
    )
    app.add_middleware(
        LoadSheddingMiddleware,
        gates={"/v1/orders": container.orders.order_admission},
        rejections=Rejections(
            metrics=metrics.http,
            rejected=metrics.admission_rejections,
            headers=security_headers,
            wrap=with_cors,
        ),
    )
