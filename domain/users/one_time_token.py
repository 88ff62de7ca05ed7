"""One-time tokens, which are mailed to an address. Only a user who can read this mail knows the token."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Self

from domain.shared.errors import ValidationFailed, Violation
from domain.shared.ids import UserId

SECRET_BYTES = 32
"""The size of a token in bytes.

256 random bits cannot be guessed, so a plain SHA-256 hash is sufficient.
"""


class TokenPurpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a purpose, not a password


LIFETIMES = {
    TokenPurpose.VERIFY_EMAIL: timedelta(hours=24),
    TokenPurpose.RESET_PASSWORD: timedelta(minutes=30),
}


class InvalidOneTimeToken(ValidationFailed):
    """The token is unknown, expired, already used or replaced by a later token."""

    def __init__(self) -> None:
        super().__init__(
            "The token is not valid.",
            violations=[
                Violation(
                    ("token",), "token_not_valid", "This was used before or has expired. Ask for another one."
                )
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeToken:
    """The stored form of a one-time token: the hash of the token, not the token itself.

    A user has at most one token per purpose, the latest.
    """

    user_id: UserId
    purpose: TokenPurpose
    token_hash: bytes = field(repr=False)
    expires_at: datetime

    @classmethod
    def issue(cls, user_id: UserId, purpose: TokenPurpose, secret: bytes, *, now: datetime) -> Self:
        return cls(
            user_id=user_id,
            purpose=purpose,
            token_hash=hash_of(text_of(secret)),
            expires_at=now + LIFETIMES[purpose],
        )

    def is_over(self, now: datetime) -> bool:
        return now >= self.expires_at


def text_of(secret: bytes) -> str:
    """Return the text of the token that is sent by mail."""
    return urlsafe_b64encode(secret).decode().rstrip("=")


def hash_of(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()
