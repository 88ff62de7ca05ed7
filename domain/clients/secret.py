"""Secrets with which service clients authenticate."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Self

from domain.shared.ids import SecretId

SECRET_BYTES = 32
"""The size of a secret in bytes.

256 random bits cannot be guessed, so a plain SHA-256 hash is sufficient.
"""

PREFIX = "steelyard_"
"""The prefix of each secret. Secret scanners find leaked secrets by this prefix."""


@dataclass(slots=True, kw_only=True, eq=False)
class ClientSecret:
    """The stored form of a secret: its hash.

    `last_used_at` is the time at which the secret was last used to request a token.
    """

    id: SecretId
    secret_hash: bytes = field(repr=False)
    created_at: datetime
    last_used_at: datetime | None = None

    @classmethod
    def issue(
        cls,
        id: SecretId,  # noqa: A002 - the parameter has the name of the field
        secret: bytes,
        *,
        now: datetime,
    ) -> Self:
        return cls(id=id, secret_hash=hash_of(text_of(secret)), created_at=now)

    def is_hash(self, shown_hash: bytes) -> bool:
        """Return whether the hash belongs to this secret. The comparison takes constant time."""
        return hmac.compare_digest(shown_hash, self.secret_hash)


def text_of(secret: bytes) -> str:
    """Return the text of the secret that the client sends."""
    return PREFIX + urlsafe_b64encode(secret).decode().rstrip("=")


def hash_of(text: str) -> bytes:
    """Return the hash of a secret that a client has sent."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
