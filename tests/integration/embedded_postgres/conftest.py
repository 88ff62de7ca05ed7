from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.embedded_postgres.actors import embedded
from tests.servers.embedded import await_end, data_directory


@pytest.fixture
def new_data_dir() -> Iterator[Path]:
    with data_directory() as directory:
        yield directory


@pytest.fixture(scope="session")
def lasting_data_dir() -> Iterator[Path]:
    with data_directory() as directory:
        with embedded(directory).lease():
            pass
        yield directory


@pytest.fixture
def data_dir(lasting_data_dir: Path) -> Iterator[Path]:
    """A data directory for all tests that damage the server.

    No server runs in the directory between tests.
    """
    await_end(lasting_data_dir)
    yield lasting_data_dir
    await_end(lasting_data_dir)
