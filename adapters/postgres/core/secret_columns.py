"""Encryption of columns that contain secrets. Rows of earlier releases are not encrypted."""

from dataclasses import dataclass

from application.shared.secrets import SecretBox

PREFIX = b"sealed."
"""The prefix of an encrypted value. The id of the key follows the prefix.

No unencrypted secret starts with this prefix.
"""

KEY_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class SecretColumns:
    """Encryption of values in bytea columns. `place` is the table and the row's primary key."""

    box: SecretBox

    def seal(self, secret: bytes, *, place: str) -> bytes:
        """Return the encrypted secret. Without an encryption key, return the secret itself."""
        # `SecretBox` encrypts text. Latin-1 maps every byte to a character.
        sealed = self.box.seal(secret.decode("latin-1"), context=place)
        return secret if sealed is None else sealed.encode()

    def open(self, stored: bytes, *, place: str) -> bytes:
        """Return the decrypted secret. Raises SecretNotReadable."""
        return self.box.open(stored.decode("latin-1"), context=place).encode("latin-1")


def place_of(table: str, key: object) -> str:
    """Return the encryption context of a row.

    If an encrypted value is copied to another row, the copy cannot be decrypted.
    """
    return f"{table}:{key}"
