"""The port of random bytes. The use cases receive them, so that tests can set them."""

from typing import Protocol


class Randomness(Protocol):
    def token_bytes(self, nbytes: int) -> bytes:
        """Return unpredictable bytes."""
        ...
