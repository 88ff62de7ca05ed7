from collections.abc import Iterator
from io import StringIO

import pytest

from tests.kit.logs import captured_log


@pytest.fixture
def log() -> Iterator[StringIO]:
    """The log of the test as JSON lines."""
    with captured_log() as log:
        yield log
