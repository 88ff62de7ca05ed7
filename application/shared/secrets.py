"""Secrets that the service creates and shares between its processes, and their encryption."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from application.audit.entry import AuditEntry


class Secrets(Protocol):
    async def get_or_create(self, name: str, nbytes: int) -> bytes:
        """Return the secret of this name: `nbytes` random bytes, created at the first call."""
        ...


class SecretNotReadable(Exception):
    """A sealed secret was sealed with an unknown key or for another place, or was changed."""


class SecretBox(Protocol):
    """Encrypts secrets that are stored. `context` names the place: a sealed secret opens in its own place only."""

    @property
    def key_ids(self) -> Sequence[str]:
        """The ids of the keys. The first key encrypts, all decrypt. Empty: nothing can be encrypted."""
        ...

    def seal(self, secret: str, *, context: str) -> str | None:
        """Return the sealed secret, or None if no key is configured: then it must not be stored."""
        ...

    def open(self, sealed: str, *, context: str) -> str:
        """Return the secret. A text that was stored before secrets were sealed is returned as it is.

        Raises SecretNotReadable.
        """
        ...


EntriesOfBatch = Callable[[int, str], Sequence[AuditEntry]]


class StoredSecrets(Protocol):
    """The secrets in the database that the service needs in clear: signing keys, and secrets of webhooks and of its own."""

    async def count_by_key(self) -> Mapping[str | None, int]:
        """Return the number of secrets for each id of an encryption key; None: stored in clear."""
        ...

    async def encrypt_batch(self, limit: int, *, in_clear: bool, entries_of: EntriesOfBatch) -> int:
        """Encrypt up to `limit` secrets with the first key, in one transaction, and return their number.

        They are those stored in clear, or else those that are encrypted with another key. `entries_of` is called with
        their number, unless that is 0, and the id of the key. It returns entries for the audit log.

        Raises:
            SecretNotReadable: a secret is encrypted with an unknown key.
        """
        ...
