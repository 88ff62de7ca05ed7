"""Secrets that the service makes for itself and shares between its processes."""

from typing import Protocol


class Secrets(Protocol):
    async def get_or_create(self, name: str, nbytes: int) -> bytes:
        """Return the secret of this name: `nbytes` random bytes, made and kept by whoever asks first."""
        ...


class SecretNotReadable(Exception):
    """A sealed secret was sealed with an unknown key or for another place, or was changed."""


class SecretBox(Protocol):
    """Encrypts secrets that are stored. `context` names the place: a sealed secret opens in its own place only."""

    def seal(self, secret: str, *, context: str) -> str | None:
        """Return the sealed secret, or None if no key is configured: then it must not be stored."""
        ...

    def open(self, sealed: str, *, context: str) -> str:
        """Return the secret. A text that was stored before secrets were sealed is returned as it is.

        Raises SecretNotReadable.
        """
        ...
