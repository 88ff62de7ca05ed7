"""Structured logs: one line per event, without secrets and without input of clients.

Lines are JSON, or colored text on a terminal.
"""

import asyncio
import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator, MutableMapping
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

import structlog
from opentelemetry.trace import get_current_span
from structlog.typing import EventDict, Processor, WrappedLogger

from adapters.tracing.environment import is_configured
from entrypoints.log_levels import ACCESS, LEVELS, LogLevels

_log = structlog.get_logger(ACCESS)

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the current request. Every log line of the request contains it."""

_SECRET_WORDS = ("password", "token", "authorization", "secret", "cookie", "private_key", "credential")
NO_ROUTE = "(no route matched)"
_REDACTED = "[redacted]"
_ENCODER = json.JSONEncoder(default=repr)


class _BufferedWriter:
    """A writer that writes all lines of one event loop iteration together.

    Each write to the stream is expensive.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def write(self, line: str) -> None:
        self._lines.append(line)
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            loop.call_soon(self._write_lines)

    def _write_lines(self) -> None:
        self._loop = None
        text = "".join(self._lines)
        self._lines.clear()
        self._stream.write(text)
        self._stream.flush()


_access: _BufferedWriter | None = None
"""The writer of the access log as JSON.

The value is None on a terminal, and before logging is configured.
"""
_levels = LogLevels()
_logs_requests = True
_has_traces = False


class _NamedLogger(structlog.WriteLogger):
    """A writer of log lines, with the name of the logger in `name`."""

    def __init__(self, stream: TextIO, name: str) -> None:
        super().__init__(stream)
        self.name = name


def configure_logging(levels: LogLevels | None = None, *, stream: TextIO | None = None) -> None:
    """Send the logs of structlog and of the standard library to one stream.

    The default stream is standard error. For libraries, the default level is warning, because messages at lower
    levels contain e-mail addresses, queries and parameters. If a level is configured for a library's package, that
    level applies.

    If the function is called again, the new levels replace all former levels.
    """
    global _access, _has_traces, _levels, _logs_requests  # noqa: PLW0603 - the state of structlog and logging is global, too
    stream = stream or sys.stderr
    for package in _levels.packages:
        logging.getLogger(package).setLevel(logging.NOTSET)
    _levels = levels or LogLevels()
    _access = None if stream.isatty() else _BufferedWriter(stream)
    _logs_requests = _levels.of(ACCESS) <= logging.INFO
    _has_traces = is_configured()
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        *([drop_below_level] if _levels.packages else []),
        *([add_trace_ids] if _has_traces else []),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_request_id,
        redact_secrets,
        describe_exception,
    ]
    render: list[Processor] = (
        [
            escape_control_characters,
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
        if stream.isatty()
        else [_json_line]
    )
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(_levels.lowest),
        logger_factory=lambda name="": _NamedLogger(stream, name),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(level=max(_levels.default, logging.WARNING), handlers=[handler], force=True)
    for package, level in _levels.packages.items():
        logging.getLogger(package).setLevel(level)
    logging.captureWarnings(capture=True)


def log_request(
    *, method: str, route: str | None, status: int, duration_ms: float, request_id: str, problem: str | None
) -> None:
    """Write one line of the access log.

    `route` is the template of the route, or None if no route matched. All values come from the service, and none from
    the client's path. The line is not passed to structlog's processors. For many requests, the processors would take
    more time than all other work.
    """
    if not _logs_requests:
        return
    if route is None:
        route = NO_ROUTE
    if _access is None:
        added = {"problem": problem} if problem else {}
        rounded = round(duration_ms, 2)
        _log.info("request", method=method, route=route, status=status, duration_ms=rounded, **added)
        return
    added_problem = f', "problem": "{problem}"' if problem else ""
    _access.write(
        f'{_start_of_line(method, route, status)}, "duration_ms": {duration_ms:.2f}{added_problem}, "event": "request", '
        f'"level": "info", "timestamp": "{_now()}", '
        f'"request_id": "{request_id}"{_added_trace_ids()}}}\n'
    )


def _added_trace_ids() -> str:
    return "".join(f', "{name}": "{value}"' for name, value in _trace_ids().items()) if _has_traces else ""


def _trace_ids() -> dict[str, str]:
    context = get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def _now() -> str:
    """Return the current time in the format of RFC 3339.

    All parts except the fraction of the second are cached.
    """
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{nanoseconds // 1000:06}Z"


@lru_cache(maxsize=1)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


@lru_cache(maxsize=1024)
def _start_of_line(method: str, route: str, status: int) -> str:
    return f'{{"method": "{method}", "route": {json.dumps(route)}, "status": {status}'


def _json_line(_: WrappedLogger, __: str, event: EventDict) -> str:
    return _ENCODER.encode(event)


def add_request_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add the id of the current request to a log line."""
    current = request_id.get()
    if current is not None:
        event.setdefault("request_id", current)
    return event


def drop_below_level(logger: WrappedLogger, _: str, event: EventDict) -> EventDict:
    """Drop a line whose level is below the level of its package.

    Loggers of the standard library drop such lines before they call this processor.
    """
    if isinstance(logger, _NamedLogger) and LEVELS.get(event["level"], logging.CRITICAL) < _levels.of(
        logger.name
    ):
        raise structlog.DropEvent
    return event


def add_trace_ids(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add the ids of the current trace and span to a log line."""
    event.update(_trace_ids())
    return event


def redact_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Redact values whose names suggest a secret.

    This is only a second safeguard, because the service should not log such values at all.
    """
    return _redacted(event)


def _redacted(values: MutableMapping[str, Any]) -> dict[str, Any]:
    return {
        key: _REDACTED if _is_secret(str(key)) else _redacted(value) if isinstance(value, dict) else value
        for key, value in values.items()
    }


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)


def describe_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the types and stack frames of the exception and its causes.

    The messages are removed, because the messages of drivers and validators repeat invalid values, such as a password
    or an e-mail address.
    """
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = "".join(_description(error))
    return event


def _description(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _description(cause)
        yield "\nled to\n\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}\n"
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield "\nwith\n\n"
            yield from _description(member)


def escape_control_characters(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Escape control characters.

    Otherwise a value could forge a log line or control the terminal.
    """
    return {
        key: value if key == "exception" or not isinstance(value, str) else _escaped(value)
        for key, value in event.items()
    }


def _escaped(text: str) -> str:
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
