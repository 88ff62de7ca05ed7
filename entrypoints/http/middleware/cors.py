"""Pages of other origins that may talk to the service from a browser: none, unless they are named."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ASKED_FOR = (
    "Authorization",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Request-Id",
    "traceparent",
    "tracestate",
    "baggage",
)
"""Request headers that such a page may send. The last three are those of tracing (W3C Trace Context and Baggage)."""

ANSWERED = (
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
)
"""Response headers that such a page may read."""


def open_to(origins: Sequence[str], app: ASGIApp) -> ASGIApp:
    """Let pages of these origins call an app. Browsers add no cookies: a page has to bear a token of its own."""
    return CORSMiddleware(
        app, allow_origins=origins, allow_methods=METHODS, allow_headers=ASKED_FOR, expose_headers=ANSWERED
    )
