"""When to ask a provider what has become of something, and when to try again what has failed."""

from datetime import datetime, timedelta

PATIENCE = timedelta(minutes=1)
"""For how long an answer may be on its way. No call to a provider takes longer."""

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
_FIRST_REST = timedelta(hours=1)
_LONGEST_REST = timedelta(days=7)
_DOUBLINGS = 8


def next_inquiry(now: datetime, inquiries: int) -> datetime:
    """Return when to ask again after so many times: the pauses double, up to an hour."""
    return now + _doubled(_FIRST_PAUSE, inquiries, _LONGEST_PAUSE)


def next_attempt(now: datetime, failures: int) -> datetime:
    """Return when to try anew what has failed so many times before: the pauses double, from an hour up to a week."""
    return now + _doubled(_FIRST_REST, failures, _LONGEST_REST)


def _doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    factor: int = 2 ** min(times, _DOUBLINGS)
    return min(first * factor, longest)
