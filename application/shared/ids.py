"""Identities, given to the core so that a run can be replayed."""

from typing import Protocol
from uuid import UUID


class IdFactory(Protocol):
    def new(self) -> UUID:
        """Return a fresh UUIDv7."""
        ...
