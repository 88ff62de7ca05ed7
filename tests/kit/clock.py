from datetime import UTC, datetime, timedelta

from application.shared.ports import Clock


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
