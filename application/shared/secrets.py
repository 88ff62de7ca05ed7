"""Secrets that the service makes for itself and shares between its processes."""

from typing import Protocol


class Secrets(Protocol):
    async def get_or_create(self, name: str, nbytes: int) -> bytes:
        """Return the secret of this name: `nbytes` random bytes, made and kept by whoever asks first."""
        ...
