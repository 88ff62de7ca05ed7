"""The clock, id factory and random source of a running service."""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from application.shared.ports import Clock, IdFactory, Randomness


class SystemClock(Clock):
    def now(self) -> datetime:
        return datetime.now(UTC)


class UuidV7Factory(IdFactory):
    """A factory of UUIDv7 (RFC 9562, section 5.7).

    The ids of one process ascend, even within a millisecond.
    """

    def new(self) -> UUID:
        return uuid7()


class SystemRandomness(Randomness):
    def token_bytes(self, nbytes: int) -> bytes:
        return secrets.token_bytes(nbytes)
