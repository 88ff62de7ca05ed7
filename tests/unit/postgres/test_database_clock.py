"""The database clock estimates the database's time between two readings."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.postgres.core.database_clock import REFRESH_AFTER, DatabaseClock
from tests.kit.ports import FixedClock

TIME_OF_DATABASE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Seconds:
    """A fake monotonic clock, and a fake connection. By this clock, each query takes two seconds."""

    def __init__(self) -> None:
        self.count = 1000.0

    def __call__(self) -> float:
        return self.count

    def transaction(self) -> "Seconds":
        return self

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...

    async def fetchval(self, _statement: str) -> datetime:
        self.count += 2
        return TIME_OF_DATABASE


@pytest.fixture
def seconds() -> Any:
    return Seconds()


@pytest.fixture
def clock(seconds: Any) -> DatabaseClock:
    return DatabaseClock(system=FixedClock(), seconds=seconds)


def test_database_clock_returns_the_system_time_until_it_has_read_database_time(clock: DatabaseClock) -> None:
    assert clock.now() == FixedClock().now()


async def test_database_clock_assumes_that_the_time_was_read_in_the_middle_of_a_query(
    clock: DatabaseClock, seconds: Any
) -> None:
    await clock.read(seconds)
    assert clock.now() == TIME_OF_DATABASE + timedelta(seconds=1)
    seconds.count += 5
    assert clock.now() == TIME_OF_DATABASE + timedelta(seconds=6)


async def test_database_time_is_queried_only_once_per_interval(clock: DatabaseClock, seconds: Any) -> None:
    assert clock.claim_reading()
    assert clock.claim_reading()
    await clock.read(seconds)
    assert not clock.claim_reading()
    seconds.count += REFRESH_AFTER
    assert [clock.claim_reading() for _ in range(3)] == [True, False, False]
