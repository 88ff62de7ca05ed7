"""Encryption of stored secrets: AES-256-GCM with a key that is not in the database."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from hashlib import sha256
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from application.shared.secrets import SecretBox, SecretNotReadable

KEY_BYTES = 32
_NONCE_BYTES = 12
_PREFIX = "sealed"


class AesGcmSecretBox(SecretBox):
    """Encryption with the first key, and decryption with the key that encrypted the text.

    To rotate keys, insert the new key before the other keys. An encrypted text has the format
    `sealed.KEY_ID.NONCE_AND_CIPHERTEXT`. The id of a key is a hash of the key.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Create a box. Raises ValueError for an encryption key that does not have 32 bytes."""
        if any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}

    @property
    def key_ids(self) -> Sequence[str]:
        return list(self._ciphers)

    def seal(self, secret: str, *, context: str) -> str | None:
        if not self._ciphers:
            return None
        key_id, cipher = next(iter(self._ciphers.items()))
        nonce = urandom(_NONCE_BYTES)
        sealed = nonce + cipher.encrypt(nonce, secret.encode(), context.encode())
        return f"{_PREFIX}.{key_id}.{urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, *, context: str) -> str:
        prefix, _, rest = sealed.partition(".")
        if prefix != _PREFIX:
            return sealed
        key_id, _, text = rest.partition(".")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SecretNotReadable
        try:
            data = urlsafe_b64decode(text)
            return cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], context.encode()).decode()
        except (InvalidTag, Base64Error, ValueError):
            raise SecretNotReadable from None


def generate_key() -> str:
    """Return a new encryption key in Base64."""
    return urlsafe_b64encode(urandom(KEY_BYTES)).decode()


def parse_keys(text: str) -> Sequence[bytes]:
    """Parse the encryption keys of a setting: 32 bytes each in Base64, separated by white space.

    Raises ValueError.
    """
    try:
        keys = [urlsafe_b64decode(key.replace("+", "-").replace("/", "_")) for key in text.split()]
    except (Base64Error, ValueError):
        keys = []
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise ValueError("keys of 32 bytes in Base64 are needed, separated by spaces")
    return keys


def _key_id(key: bytes) -> str:
    return sha256(b"steelyard key id\n" + key).hexdigest()[:16]
