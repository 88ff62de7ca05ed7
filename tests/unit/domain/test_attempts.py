"""The delay after an attempt grows with each attempt, shrinks with time, and has a maximum."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.users.attempts import (
    ACCOUNT_BACKOFF,
    NETWORK_BACKOFF,
    Attempt,
    AttemptKind,
    AttemptTally,
    Backoff,
)
from tests.kit.searching import EFFORT, EXAMPLES

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
BACKOFF = Backoff(free=3, first=SECOND, longest=MINUTE, forgiven_each=MINUTE)
DOUBLINGS = 16
"""After this number of attempts, the delay has reached its maximum."""
BACKOFFS = [*ACCOUNT_BACKOFF.values(), *NETWORK_BACKOFF.values()]


def tally(backoff: Backoff = BACKOFF) -> AttemptTally:
    return AttemptTally(b"ann", backoff, NOW, NOW)


def test_waiting_time_doubles_after_the_permitted_attempts_up_to_a_maximum() -> None:
    ann, waits = tally(), []
    for _ in range(11):
        ann.add(NOW)
        waits.append(ann.wait(NOW) // SECOND)
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_number_of_counted_attempts_decreases_by_one_per_minute() -> None:
    ann = tally()
    for _ in range(5):
        ann.add(NOW)
    assert [ann.count(NOW + minutes * MINUTE) for minutes in range(7)] == [5, 4, 3, 2, 1, 0, 0]
    assert ann.count(NOW + 61 * SECOND) == 4


def test_attempts_at_intervals_of_one_minute_are_never_delayed() -> None:
    ann = tally()
    for minutes in range(100):
        ann.add(NOW + minutes * MINUTE)
        assert not ann.wait(NOW + minutes * MINUTE)


def test_attempt_is_not_counted_toward_throttling_after_it_is_taken_back() -> None:
    ann = tally()
    for _ in range(3):
        ann.add(NOW)
    for _ in range(50):
        ann.add(NOW)
        ann.take_back(NOW)
    assert (ann.count(NOW), ann.wait(NOW)) == (3, timedelta(0))


@settings(max_examples=EXAMPLES * EFFORT * 3)
@given(backoff=st.sampled_from(BACKOFFS), pauses=st.lists(st.floats(0, 600), max_size=40))
def test_waiting_time_after_failed_attempts_has_a_maximum_and_always_ends(
    backoff: Backoff, pauses: list[float]
) -> None:
    ann, now = tally(backoff), NOW
    for pause in pauses:
        now += timedelta(seconds=pause)
        wait = ann.wait(now)
        assert wait <= backoff.longest
        now += wait
        assert not ann.wait(now)
        ann.add(now)


@pytest.mark.parametrize("backoff", BACKOFFS)
def test_throttling_permits_a_bounded_number_of_attempts_per_day(backoff: Backoff) -> None:
    ann, now, attempts = tally(backoff), NOW, 0
    while now < NOW + timedelta(days=1):
        ann.add(now)
        attempts += 1
        now += max(ann.wait(now), timedelta(milliseconds=100))
    assert attempts <= backoff.free + DOUBLINGS + timedelta(days=1) / backoff.forgiven_each


def test_attempt_is_counted_per_hashed_email_address_and_per_hashed_network() -> None:
    ann = "ann@example.com"
    kinds = [Attempt(kind, ann, "203.0.113.9/32") for kind in AttemptKind]
    subjects = {subject for attempt in kinds for subject, _ in attempt.subjects}
    assert len(subjects) == 2 * len(AttemptKind)
    assert {len(subject) for subject in subjects} == {32}
    assert (
        Attempt(AttemptKind.LOG_IN, ann, ann).subjects[0][0]
        != Attempt(AttemptKind.LOG_IN, ann, ann).subjects[1][0]
    )
