from contextvars import ContextVar

TRACE: ContextVar[str | None] = ContextVar("TRACE", default=None)
"""The current trace context of the stores in tests."""


def traceparent(number: int) -> str:
    """Return a trace context of a trace with this number."""
    return f"00-{number:032x}-{number:016x}-01"
