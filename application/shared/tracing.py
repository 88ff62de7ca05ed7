"""The trace context of events.

A trace context has the format of the header `traceparent` in W3C Trace Context, https://www.w3.org/TR/trace-context/. The
spans of a delivery continue the trace of the request that caused the event.
"""

from collections.abc import Callable

CurrentTrace = Callable[[], str | None]
"""A function that returns the trace context of the running code, or None.

It returns None if the trace is not recorded.
"""


def no_trace() -> None:
    """Return no trace context. This is the default without tracing."""
