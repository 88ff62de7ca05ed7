"""Secrets that the processes of the service share, and the encryption of stored secrets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from application.audit.entry import AuditEntry


class Secrets(Protocol):
    async def get_or_create(self, name: str, nbytes: int) -> bytes:
        """Return the secret of this name. If no such secret exists, create one from `nbytes` random bytes."""
        ...


class SecretNotReadable(Exception):
    """An encrypted secret cannot be decrypted.

    The stored text was changed, or was encrypted with an unknown key or with another context.
    """


class SecretBox(Protocol):
    """Encrypts stored secrets.

    `context` names the place where a secret is stored. An encrypted secret can be decrypted only with the
    same context.
    """

    @property
    def key_ids(self) -> Sequence[str]:
        """The ids of the encryption keys. The first key encrypts, and every key decrypts.

        If no key is configured, nothing can be encrypted.
        """
        ...

    def seal(self, secret: str, *, context: str) -> str | None:
        """Return the encrypted secret, or None if no encryption key is configured.

        If the result is None, the secret must not be stored.
        """
        ...

    def open(self, sealed: str, *, context: str) -> str:
        """Return the decrypted secret. A text that was never encrypted is returned unchanged.

        Raises SecretNotReadable.
        """
        ...


EntriesOfBatch = Callable[[int, str], Sequence[AuditEntry]]


class StoredSecrets(Protocol):
    """The stored secrets that the service has to decrypt.

    They are signing keys, secrets of webhook endpoints, and the service's own secrets.
    """

    async def count_by_key(self) -> Mapping[str | None, int]:
        """Return the number of secrets for each id of an encryption key.

        The number for None is the number of secrets in clear text.
        """
        ...

    async def encrypt_batch(self, limit: int, *, in_clear: bool, entries_of: EntriesOfBatch) -> int:
        """Encrypt up to `limit` secrets in one transaction. Return how many secrets this call has encrypted.

        The secrets are encrypted with the first key. If `in_clear` is true, the batch contains secrets in clear
        text. If `in_clear` is false, the batch contains secrets that were encrypted with another key.

        If the batch is not empty, `entries_of(number, key_id)` is called to get the entries for the audit log.

        Raises:
            SecretNotReadable: a secret is encrypted with an unknown key.
        """
        ...
