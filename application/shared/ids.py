"""The port that creates ids. Domain and use cases receive ids, so that tests can set them."""

from typing import Protocol
from uuid import UUID


class IdFactory(Protocol):
    def new(self) -> UUID:
        """Return a new UUIDv7."""
        ...
