"""The system clock and the ids of the service."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from adapters.system import SystemClock, UuidV7Factory


def test_clock_returns_the_current_utc_time() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_new_ids_are_version_7_uuids() -> None:
    new = UuidV7Factory().new()
    assert type(new) is UUID
    assert (new.version, new.variant) == (7, RFC_4122)


def test_new_ids_are_ascending() -> None:
    ids = [UuidV7Factory().new() for _ in range(10_000)]
    assert ids == sorted(set(ids))


def test_new_id_begins_with_the_time_in_milliseconds() -> None:
    before = int(datetime.now(UTC).timestamp() * 1000)
    milliseconds = UuidV7Factory().new().int >> 80
    assert before <= milliseconds <= int(datetime.now(UTC).timestamp() * 1000) + 1
