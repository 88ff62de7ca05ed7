"""The Ed25519 keys that sign access tokens, and their public halves."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from application.users.ports import SigningKey

JsonWebKey = Mapping[str, str]


class KeyRing:
    """Keys ready for use: the first signs, every one verifies.

    Keys rotate without logging anyone out: a new one is put first, and the old one kept until the last token
    that it signed has expired.
    """

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        """Parse the keys. Raises ValueError for one that is not Ed25519 in unencrypted PKCS #8."""
        self._private = {key.kid: _parsed(key) for key in keys}
        self._public = {kid: private.public_key() for kid, private in self._private.items()}

    def signing_key(self) -> tuple[str, Ed25519PrivateKey]:
        """Return the kid of the key that signs, and the key."""
        for first in self._private.items():
            return first
        raise RuntimeError("There is no signing key yet. Load the keys before the first request.")

    def public_key(self, kid: str) -> Ed25519PublicKey | None:
        """Return the key that verifies what `kid` signed."""
        return self._public.get(kid)

    def json_web_keys(self) -> Sequence[JsonWebKey]:
        """Return the public keys as RFC 7517 and RFC 8037 write them."""
        return [
            {"kid": kid, "use": "sig", "alg": "EdDSA", **_json_web_key(public)}
            for kid, public in self._public.items()
        ]


def generate_signing_key(now: datetime) -> SigningKey:
    """Return a fresh key pair, named by its thumbprint (RFC 7638)."""
    private = Ed25519PrivateKey.generate()
    return SigningKey(
        kid=thumbprint(_json_web_key(private.public_key())),
        private_pem=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        created_at=now,
    )


def thumbprint(key: JsonWebKey) -> str:
    """Return the name that follows from a public key alone (RFC 7638, section 3; RFC 8037, section 2)."""
    required = json.dumps({member: key[member] for member in ("crv", "kty", "x")}, separators=(",", ":"))
    return urlsafe_b64encode(hashlib.sha256(required.encode()).digest()).decode().rstrip("=")


def _json_web_key(public: Ed25519PublicKey) -> JsonWebKey:
    return OKPAlgorithm.to_jwk(public, as_dict=True)


def _parsed(key: SigningKey) -> Ed25519PrivateKey:
    try:
        private = load_pem_private_key(key.private_pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if isinstance(private, Ed25519PrivateKey):
        return private
    raise ValueError(f"Signing key {key.kid} is not an Ed25519 private key in unencrypted PKCS #8.")
