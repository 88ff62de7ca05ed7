"""Fingerprints of requests. Idempotency records contain these fingerprints."""

import hmac
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from entrypoints.http.representation.released_requests import body_as_6daf4a4

FINGERPRINT_SECRET = "idempotency-fingerprints"  # noqa: S105 - the name of a secret, not a secret
FINGERPRINT_SECRET_BYTES = 32

_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
"""Canonical JSON: sorted names and no white space.

Numbers and strings are serialized as Python parsed them.
"""


class _NoBody:
    """A marker for a request without a body. A request with the body `null` has a body."""


NO_BODY = _NoBody()


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Makes fingerprints with a secret that all processes share.

    A fingerprint is computed from the JSON that the client sent. If a new release adds an optional field to the
    schema, the fingerprint of the same request stays the same.

    A body can contain a password or a token. The fingerprint is an HMAC-SHA256 with the secret. Without the secret,
    nobody can use a stored fingerprint to test guesses of the password or token.
    """

    secret: bytes = field(repr=False)

    def of(self, method: str, path: str, received: Any) -> bytes:  # noqa: ANN401 - any JSON value
        """Return the fingerprint in format version 2. `received` is the parsed body, or NO_BODY."""
        body = "" if received is NO_BODY else _canonical(received)
        return hmac.digest(self.secret, f"{method}\n{path}\n{body}".encode(), "sha256")


def earlier_fingerprint(version: int, method: str, path: str, operation: str, received: Any) -> bytes | None:  # noqa: ANN401 - any JSON value
    """Return the fingerprint in an earlier format version.

    If the release with this format would reject the request, the result is None.

    Version 1 is the SHA-256 of the method, the path and the body. The body is serialized as release 6daf4a4 parsed
    it, and its secret fields are masked.
    """
    if version != 1:
        return None
    body = body_as_6daf4a4(operation, None if received is NO_BODY else received)
    return None if body is None else sha256(f"{method}\n{path}\n{body}".encode()).digest()
