"""Refresh tokens: the secrets with which a client renews its access."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

from domain.shared.errors import DomainError

FAMILY_BYTES = 16
SECRET_BYTES = 32
"""The size of the secret part. 256 random bits cannot be guessed.

Therefore, a plain SHA-256 hash is sufficient (RFC 9700, section 4.14).
"""

TEXT_LENGTH = (FAMILY_BYTES + SECRET_BYTES) * 4 // 3
"""The length of a token in characters: 48 bytes as base64url without padding."""

_PURPOSE = b"steelyard: successor of a refresh token"


class InvalidRefreshToken(DomainError):
    """The text is not a refresh token of this shop, or the session of the token has ended."""

    code = "invalid_grant"

    def __init__(self) -> None:
        super().__init__("The refresh token is not valid. Log in again.")


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token. The tokens of a session share `family`; each token has its own `secret`.

    A session stores hashes of its family and of its current secret. A token with the same family and another
    secret is an earlier token of the session. The service therefore detects the reuse of a token without a list
    of used tokens.
    """

    family: bytes = field(repr=False)
    secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the text of a token. Raises InvalidRefreshToken."""
        if len(text) != TEXT_LENGTH or not text.isascii():
            raise InvalidRefreshToken
        try:
            token = urlsafe_b64decode(text)
        except ValueError:
            raise InvalidRefreshToken from None
        if len(token) != FAMILY_BYTES + SECRET_BYTES:
            raise InvalidRefreshToken
        return cls(token[:FAMILY_BYTES], token[FAMILY_BYTES:])

    @property
    def text(self) -> str:
        """The token as the client stores it."""
        return urlsafe_b64encode(self.family + self.secret).decode()

    @property
    def family_hash(self) -> bytes:
        return sha256(self.family).digest()

    @property
    def secret_hash(self) -> bytes:
        return sha256(self.secret).digest()

    def followed_by(self, secret: bytes) -> "RefreshToken":
        """Return the next token of the family."""
        return RefreshToken(self.family, secret)

    def seal(self, successor: "RefreshToken") -> bytes:
        """Encrypt the successor so that only this token can `open` it.

        The key is a one-time pad that is derived from this token's secret and used only for this successor.
        """
        return _xor(successor.secret, self._pad())

    def open(self, sealed: bytes) -> "RefreshToken":
        """Decrypt the successor that `seal` encrypted with this token."""
        return self.followed_by(_xor(sealed, self._pad()))

    def _pad(self) -> bytes:
        return hmac.digest(self.secret, _PURPOSE, "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
