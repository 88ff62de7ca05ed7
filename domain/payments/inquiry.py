"""Schedules for queries to a provider and for retries of failed refunds."""

from datetime import datetime, timedelta

CALL_TIMEOUT = timedelta(minutes=1)
"""The maximum duration of a call to a provider."""

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
_FIRST_REST = timedelta(hours=1)
_LONGEST_REST = timedelta(days=7)
_DOUBLINGS = 8


def next_inquiry(now: datetime, inquiries: int) -> datetime:
    """Return when to query the provider again after `inquiries` queries.

    The pause doubles after each query, up to an hour.
    """
    return now + _doubled(_FIRST_PAUSE, inquiries, _LONGEST_PAUSE)


def next_attempt(now: datetime, failures: int) -> datetime:
    """Return when to retry a refund of a payment after `failures` failed refunds.

    The pause doubles after each failure, from an hour up to a week.
    """
    return now + _doubled(_FIRST_REST, failures, _LONGEST_REST)


def _doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    factor: int = 2 ** min(times, _DOUBLINGS)
    return min(first * factor, longest)
