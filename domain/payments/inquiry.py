"""When to ask a provider what has become of something."""

from datetime import datetime, timedelta

PATIENCE = timedelta(minutes=1)
"""For how long an answer may be on its way. No call to a provider takes longer."""

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
_DOUBLINGS = 7


def next_inquiry(now: datetime, inquiries: int) -> datetime:
    """Return when to ask again after so many times: the pauses double, up to an hour."""
    doublings: int = 2 ** min(inquiries, _DOUBLINGS)
    return now + min(_FIRST_PAUSE * doublings, _LONGEST_PAUSE)
