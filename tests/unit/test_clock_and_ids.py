"""Time and identities as the service has them."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from adapters.clock import SystemClock
from adapters.ids import UuidV7Factory


def test_the_clock_tells_the_present_moment_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_ids_are_uuids_of_version_seven() -> None:
    new = UuidV7Factory().new()
    assert type(new) is UUID
    assert (new.version, new.variant) == (7, RFC_4122)


def test_ids_ascend_in_the_order_in_which_they_were_made() -> None:
    ids = [UuidV7Factory().new() for _ in range(10_000)]
    assert ids == sorted(set(ids))


def test_an_id_begins_with_the_time_in_milliseconds() -> None:
    before = int(datetime.now(UTC).timestamp() * 1000)
    milliseconds = UuidV7Factory().new().int >> 80
    assert before <= milliseconds <= int(datetime.now(UTC).timestamp() * 1000) + 1
