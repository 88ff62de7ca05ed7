"""The secrets by which service clients show who they are."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Self

from domain.shared.ids import SecretId

SECRET_BYTES = 32
"""256 bits: nobody guesses them, so a plain SHA-256 hides them."""

PREFIX = "steelyard_"
"""By it, those who look through code and logs for secrets find ours."""


@dataclass(slots=True, kw_only=True, eq=False)
class ClientSecret:
    """What is kept of a secret: its hash. `last_used_at` is when a token was last got with it."""

    id: SecretId
    secret_hash: bytes = field(repr=False)
    created_at: datetime
    last_used_at: datetime | None = None

    @classmethod
    def issue(
        cls,
        id: SecretId,  # noqa: A002 - the field's name
        secret: bytes,
        *,
        now: datetime,
    ) -> Self:
        return cls(id=id, secret_hash=hash_of(text_of(secret)), created_at=now)

    def is_hash(self, shown_hash: bytes) -> bool:
        """Tell whether this is the hash of the secret, in the same time for every hash."""
        return hmac.compare_digest(shown_hash, self.secret_hash)


def text_of(secret: bytes) -> str:
    """Return the secret as a client shows it."""
    return PREFIX + urlsafe_b64encode(secret).decode().rstrip("=")


def hash_of(text: str) -> bytes:
    """Return what a shown secret is compared by."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
