from hashlib import shake_256
from itertools import count

from application.shared.ports import Randomness


class CountedRandomness(Randomness):
    """Returns pseudo-random bytes. Every run gets the same bytes."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def token_bytes(self, nbytes: int) -> bytes:
        return shake_256(str(next(self._numbers)).encode()).digest(nbytes)
