"""The port that creates ids. The core receives ids, so that tests can set them."""

from typing import Protocol
from uuid import UUID


class IdFactory(Protocol):
    def new(self) -> UUID:
        """Return a fresh UUIDv7."""
        ...
