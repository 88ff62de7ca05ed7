import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import structlog

from entrypoints.logging_config import configure_logging


@contextmanager
def captured_log(level: str = "info") -> Iterator[StringIO]:
    """Log as the service does meanwhile, as JSON lines, and give what is logged."""
    root = logging.getLogger()
    handlers, former_level = root.handlers[:], root.level
    root.handlers.clear()
    stream = StringIO()
    configure_logging(level, stream=stream)
    try:
        yield stream
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(former_level)
