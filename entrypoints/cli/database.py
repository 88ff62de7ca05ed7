"""The database that a command uses."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.postgres.core.migrations import upgrade
from entrypoints.cli.failures import describe_database_errors
from entrypoints.settings import Settings


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Yield the URL of a running database.

    Without STEELYARD_DATABASE_URL this is the embedded PostgreSQL. It runs at least as long as the context, and is shared
    with other processes that use it. Raises EmbeddedPostgresError.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir).lease() as url:
        yield url


def migrate(url: str) -> None:
    """Migrate the database to the schema of this release. Raises CommandFailed, ReleaseOutdated."""
    with describe_database_errors():
        upgrade(url)
