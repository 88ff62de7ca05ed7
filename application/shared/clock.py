"""The clock port. Domain and use cases receive the time, so that tests can set it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current time in UTC, as an aware datetime."""
        ...
