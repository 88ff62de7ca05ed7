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
    """One directory for many tests, each of which may do its worst to the server. Nothing runs there between them."""
    await_end(lasting_data_dir)
    yield lasting_data_dir
    await_end(lasting_data_dir)
