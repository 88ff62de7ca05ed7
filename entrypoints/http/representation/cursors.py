"""Cursors: signed positions in lists. The service accepts only cursors that it has issued."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from application.shared.page import Position
from entrypoints.http.problems.problem import HTTPProblem

MAX_LENGTH: Final = 2048
"""The maximum length of a cursor.

The longest sort value is a name of 200 characters with up to 4 bytes each.
"""

_MAC_BYTES: Final = 16
_VERSION: Final = b"1"


class Cursors:
    """Signs positions with HMAC-SHA256, truncated to 128 bits (RFC 2104, section 5).

    The values in a cursor are used in database queries. With the signature, the service detects cursors that a client
    has created or changed. A cursor contains no secret values.

    All processes need the same `secret` of at least 32 bytes.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, position: Position, fingerprint: bytes) -> str:
        """Return the cursor of a position in the list with this fingerprint."""
        values = [_written(value) for value in position]
        payload = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
        return _encoded(self._mac(payload, fingerprint) + payload)

    def open(self, cursor: str, fingerprint: bytes) -> Position:
        """Return the position.

        Raises HTTPProblem `invalid_cursor` if the service did not sign the cursor for this list.
        """
        if len(cursor) > MAX_LENGTH or not cursor.isascii():
            raise HTTPProblem("invalid_cursor")
        try:
            sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except Base64Error:
            raise HTTPProblem("invalid_cursor") from None
        mac, payload = sealed[:_MAC_BYTES], sealed[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(payload, fingerprint)) or _encoded(sealed) != cursor:
            raise HTTPProblem("invalid_cursor")
        return tuple(_read(value) for value in json.loads(payload))

    def _mac(self, payload: bytes, fingerprint: bytes) -> bytes:
        return hmac.digest(self._secret, _VERSION + fingerprint + payload, "sha256")[:_MAC_BYTES]


def list_fingerprint(resource: str, filters: Mapping[str, object]) -> bytes:
    """Return the SHA-256 that identifies a list: its path, filters and sort order.

    `filters` are the parsed filters, including defaults and sort order, as JSON values.
    """
    identity = json.dumps([resource, filters], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(identity.encode()).digest()


def _encoded(sealed: bytes) -> str:
    return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _written(value: str | int | datetime | UUID) -> str | int:
    match value:
        case int():
            return value
        case str():
            return f"s{value}"
        case datetime():
            return f"t{value.isoformat()}"
        case UUID():
            return f"u{value.hex}"


def _read(value: str | int) -> str | int | datetime | UUID:
    if isinstance(value, int):
        return value
    kind, text = value[0], value[1:]
    match kind:
        case "t":
            return datetime.fromisoformat(text)
        case "u":
            return UUID(text)
        case _:
            return text
