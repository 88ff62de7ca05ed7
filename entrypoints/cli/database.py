"""The database of a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.postgres.core.migrations import upgrade
from entrypoints.cli.failures import database_failures_told
from entrypoints.settings import Settings


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Give the URL of a running database.

    Without STEELYARD_DATABASE_URL it is the embedded one, for as long as the context lasts, shared with whatever
    other process uses it. Raises EmbeddedPostgresError.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir).lease() as url:
        yield url


def migrate(url: str) -> None:
    """Bring the database to today's schema. Raises CommandFailed."""
    with database_failures_told():
        upgrade(url)
