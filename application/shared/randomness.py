"""Chance, given to the core so that a run can be replayed."""

from typing import Protocol


class Randomness(Protocol):
    def token_bytes(self, nbytes: int) -> bytes:
        """Return bytes that nobody can guess."""
        ...
