import logging
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from entrypoints.logging import configure_logging


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What is logged during the test, as JSON lines."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()
    stream = StringIO()
    configure_logging(stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)
