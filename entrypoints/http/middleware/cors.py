"""CORS: a setting names the origins whose pages may call the service from a browser."""

from collections.abc import Sequence
from typing import Any

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
REQUEST_HEADERS = (
    "Authorization",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Request-Id",
    "traceparent",
    "tracestate",
    "baggage",
)
"""The request headers that pages of allowed origins may send.

The last three headers are for tracing (W3C Trace Context, Baggage).
"""

RESPONSE_HEADERS = (
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
"""The response headers that pages of allowed origins may read."""


def cors_options(origins: Sequence[str]) -> dict[str, Any]:
    """Return the options of CORSMiddleware that allow pages of these origins.

    With these options, browsers send no cookies to the service. A page has to send an access token instead.
    """
    return {
        "allow_origins": origins,
        "allow_methods": METHODS,
        "allow_headers": REQUEST_HEADERS,
        "expose_headers": RESPONSE_HEADERS,
    }
