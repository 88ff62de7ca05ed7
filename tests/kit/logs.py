import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import structlog

from entrypoints.log_levels import LogLevels
from entrypoints.logging_config import configure_logging


@contextmanager
def captured_log(level: str = "info") -> Iterator[StringIO]:
    """Configure logging as JSON lines during the context, and yield the stream."""
    root = logging.getLogger()
    handlers, former_level = root.handlers[:], root.level
    root.handlers.clear()
    stream = StringIO()
    configure_logging(LogLevels.parse(level), stream=stream)
    try:
        yield stream
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(former_level)
