"""Bounds on a request's headers. The bounds are checked before any header is used."""

from collections.abc import Sequence
from itertools import chain

from entrypoints.http.problems.problem import HTTPProblem

MAX_BYTES = 32 * 1024
"""The maximum size of all names and values, in bytes.

The longest value is an access token of at most 8 KiB.
"""

_SENT_ONCE = (b"host", b"content-type")
"""The headers that may be sent only once.

If a client sent such a header twice, a proxy could use one line and the service the other line (RFC 9112, section
3.2).
"""


def refusal_of_headers(headers: Sequence[tuple[bytes, bytes]], *, number_of_names: int) -> HTTPProblem | None:
    """Return the problem of oversized or repeated headers, or None.

    `number_of_names` is the number of different header names. If this number is equal to the number of headers, no
    header is repeated. The names are then not compared, to save time.
    """
    if sum(map(len, chain.from_iterable(headers))) > MAX_BYTES:
        return HTTPProblem(
            "headers_too_large",
            f"Headers have at most {MAX_BYTES} bytes.",
            params={"max_bytes": MAX_BYTES},
        )
    if number_of_names < len(headers):
        names = [name for name, _ in headers]
        if any(names.count(name) > 1 for name in _SENT_ONCE):
            return HTTPProblem("malformed_request", "The request has more than one Host or Content-Type.")
    return None
