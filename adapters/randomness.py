"""The system's source of randomness."""

import secrets

from application.shared.randomness import Randomness


class SystemRandomness(Randomness):
    def token_bytes(self, nbytes: int) -> bytes:
        return secrets.token_bytes(nbytes)
