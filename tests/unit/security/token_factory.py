"""A factory of invalid tokens. Neither this service nor PyJWT would sign such tokens."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from application.signing.ports import SigningKey


def segment(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")


def content(segment: str) -> bytes:
    return urlsafe_b64decode(segment + "==")


@dataclass(frozen=True)
class TokenFactory:
    """A signing key, and the claims of a token. The token is valid if the signing key belongs to the service."""

    key: SigningKey
    claims: Mapping[str, Any]

    def token(self, *, header: Mapping[str, Any] | None = None, without: str = "", **claims: Any) -> str:
        """Return a token with changed headers and claims. The header or claim whose name is `without` is omitted."""
        headed = {"typ": "at+jwt", "alg": "EdDSA", "kid": self.key.kid, **(header or {})}
        claimed = {**self.claims, **claims}
        for part in (headed, claimed):
            part.pop(without, None)
        return self.signed(json.dumps(headed), json.dumps(claimed))

    def signed(self, header: str, payload: str) -> str:
        """Return a token with any header and payload."""
        private = load_pem_private_key(self.key.private_pem, None)
        assert isinstance(private, Ed25519PrivateKey)
        text = f"{segment(header.encode())}.{segment(payload.encode())}"
        return f"{text}.{segment(private.sign(text.encode()))}"
