"""Fakes of the ports of all features: the clock, ids, random bytes and traces."""

from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from hashlib import shake_256
from itertools import count
from uuid import UUID

from application.shared.ports import Clock, IdFactory, Randomness


class FixedClock(Clock):
    """A clock that moves only when the test moves it."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by

    def set(self, now: datetime) -> None:
        self._now = now


_FIRST = UUID("019b8d2c-8e00-7000-8000-000000000000")


class SequentialIds(IdFactory):
    """Creates ascending UUIDv7s. Every run gets the same ids."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def new(self) -> UUID:
        return UUID(int=_FIRST.int + next(self._numbers))


class CountedRandomness(Randomness):
    """Returns pseudo-random bytes. Every run gets the same bytes."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def token_bytes(self, nbytes: int) -> bytes:
        return shake_256(str(next(self._numbers)).encode()).digest(nbytes)


TRACE: ContextVar[str | None] = ContextVar("TRACE", default=None)
"""The trace context that the stores of tests record with events."""


def traceparent(number: int) -> str:
    """Return the trace context of the trace with this number."""
    return f"00-{number:032x}-{number:016x}-01"
