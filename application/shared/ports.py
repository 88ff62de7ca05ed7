"""Ports of all features.

Domain and use cases receive the time, ids and random bytes, so that tests can set them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current time in UTC, as an aware datetime."""
        ...


class IdFactory(Protocol):
    def new(self) -> UUID:
        """Return a new UUIDv7."""
        ...


class Randomness(Protocol):
    def token_bytes(self, nbytes: int) -> bytes:
        """Return unpredictable bytes."""
        ...


CurrentTrace = Callable[[], str | None]
"""A function that returns the trace context of the running code, or None if the trace is not recorded.

A trace context has the format of the header `traceparent` in W3C Trace Context,
https://www.w3.org/TR/trace-context/. The spans of a delivery continue the trace of the request that caused the
event.
"""


def no_trace() -> None:
    """Return None instead of a trace context. This is the default if tracing is off."""
