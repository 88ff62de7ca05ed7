"""The Ed25519 keys that sign and verify access tokens."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from application.signing.ports import SigningKey

JsonWebKey = Mapping[str, str]


class KeyRing:
    """Parsed signing keys, newest first."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        """Parse the keys.

        Raises ValueError for a key that is not Ed25519 in unencrypted PKCS #8.
        """
        self._pairs = {key.kid: KeyPair.of(key) for key in keys}

    def signing_pair(self, now: datetime) -> "KeyPair":
        """Return the signing key: the newest key that has become active and still verifies.

        If no key is active yet, the oldest key signs. This happens if the clock of the process that created the key
        was ahead of this process's clock.
        """
        pairs = list(self._pairs.values())
        if not pairs:
            raise RuntimeError("There is no signing key yet. Load the keys before the first request.")
        signing = (pair for pair in pairs if pair.key.signs_from <= now and pair.verifies_at(now))
        return next(signing, pairs[-1])

    def verifying_pair(self, kid: str) -> "KeyPair | None":
        """Return the key pair with this `kid`, or None.

        A key pair is also returned before and after the period in which it verifies tokens.
        """
        return self._pairs.get(kid)

    def json_web_keys(self, now: datetime) -> Sequence[JsonWebKey]:
        """Return the public keys that verify now, in the format of RFC 7517 and RFC 8037."""
        return [
            {"kid": pair.key.kid, "use": "sig", "alg": "EdDSA", **_json_web_key(pair.public)}
            for pair in self._pairs.values()
            if pair.verifies_at(now)
        ]


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A parsed signing key."""

    key: SigningKey
    private: Ed25519PrivateKey
    public: Ed25519PublicKey

    @classmethod
    def of(cls, key: SigningKey) -> Self:
        """Parse a key.

        Raises ValueError for a key that is not Ed25519 in unencrypted PKCS #8.
        """
        private = _parsed(key.private_pem, key.kid)
        return cls(key, private, private.public_key())

    def verifies_at(self, now: datetime) -> bool:
        return self.key.verifies_until is None or now < self.key.verifies_until


def generate_signing_key(signs_from: datetime) -> SigningKey:
    """Return a new signing key, named by its thumbprint."""
    private = Ed25519PrivateKey.generate()
    return SigningKey(
        kid=thumbprint(_json_web_key(private.public_key())),
        private_pem=private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        signs_from=signs_from,
    )


def name_of(pem: bytes, *, called: str) -> str:
    """Return the thumbprint of a private key.

    Raises ValueError. The message of the error uses `called` as the name of the key.
    """
    return thumbprint(_json_web_key(_parsed(pem, called).public_key()))


def thumbprint(key: JsonWebKey) -> str:
    """Return the thumbprint of a public key (RFC 7638, section 3; RFC 8037, section 2)."""
    required = json.dumps({member: key[member] for member in ("crv", "kty", "x")}, separators=(",", ":"))
    return urlsafe_b64encode(hashlib.sha256(required.encode()).digest()).decode().rstrip("=")


def _json_web_key(public: Ed25519PublicKey) -> JsonWebKey:
    return OKPAlgorithm.to_jwk(public, as_dict=True)


def _parsed(pem: bytes, name: str) -> Ed25519PrivateKey:
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if isinstance(private, Ed25519PrivateKey):
        return private
    raise ValueError(f"Signing key {name} is not an Ed25519 private key in unencrypted PKCS #8.")
