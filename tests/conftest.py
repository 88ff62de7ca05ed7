"""The PostgreSQL server of the tests. The server starts when the first test needs a database."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from hypothesis import settings

from entrypoints import logging_config as service_logging
from entrypoints.gc_tuning import collect_seldom, exempt_existing_objects
from tests.kit.searching import EFFORT, EXAMPLES
from tests.servers.databases import create_copy, create_empty, drop

_STATE_OF_LOGGING = ("_access", "_levels", "_logs_requests", "_has_traces")

DATABASE = pytest.StashKey[str]()

collect_seldom()  # called before the other conftest modules import the service


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stock-routes", action="store_true", help="solve dependencies by FastAPI's own handlers"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--stock-routes"):
        from entrypoints.http.routing.strict_route import StrictRoute  # noqa: PLC0415 - the import is slow

        StrictRoute.compiles = False
    # On a slow machine, tests would exceed Hypothesis's deadline and fail.
    settings.register_profile("suite", deadline=None, max_examples=EXAMPLES * EFFORT)
    settings.load_profile("suite")
    # If a shell starts the tests in the background (`make test &`), SIGINT is ignored. Child processes would inherit
    # this setting.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # The HTTP client imports `sniffio`, which is not installed. Without this entry, Python would search for
    # the module at each request. The searches would take 10% of the time of HTTP tests.
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type] # importlib documents None for a path without a finder


def pytest_collection_finish() -> None:
    # All garbage is collected in some tests and at the end of the run. Garbage collection is faster if it
    # ignores the modules that are already imported.
    exempt_existing_objects()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if DATABASE in config.stash:
        terminalreporter.write_line(f"database: {config.stash[DATABASE]}")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Restore the logging configuration. Otherwise the next test would log to a closed stream."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    service = {name: getattr(service_logging, name) for name in _STATE_OF_LOGGING}
    yield
    for name, value in service.items():
        setattr(service_logging, name, value)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def database_server(pytestconfig: pytest.Config) -> Iterator[str]:
    """The URL of a database on the server. Tests connect to this database to create and drop other databases."""
    from tests.servers.choice import choose_server  # noqa: PLC0415 - the import is slow, and unit tests need no server

    server = choose_server()
    pytestconfig.stash[DATABASE] = server.description
    with server.start() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template(database_server: str) -> str:
    """The URL of a database with the current schema. Tests only copy this database."""
    from adapters.postgres.core.migrations import upgrade  # noqa: PLC0415 - imported here, because most tests do not need Alembic

    url = asyncio.run(create_empty(database_server))
    upgrade(url)
    return url


@pytest.fixture
async def database_url(database_server: str, migrated_template: str) -> AsyncIterator[str]:
    """The URL of a database with the current schema, for this test alone."""
    url = await create_copy(database_server, migrated_template)
    yield url
    await drop(database_server, url)


@pytest.fixture
async def empty_database_url(database_server: str) -> AsyncIterator[str]:
    """The URL of a database without a schema, for this test alone."""
    url = await create_empty(database_server)
    yield url
    await drop(database_server, url)
