from contextvars import ContextVar

TRACE: ContextVar[str | None] = ContextVar("TRACE", default=None)
"""The trace context that the stores of tests record with events."""


def traceparent(number: int) -> str:
    """Return the trace context of the trace with this number."""
    return f"00-{number:032x}-{number:016x}-01"
