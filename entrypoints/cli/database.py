"""The database that a command uses."""

from collections.abc import Iterator
from contextlib import contextmanager

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.postgres.core.migrations import upgrade
from adapters.postgres.core.pooler import connection_state
from entrypoints.cli.failures import CommandFailed, describe_database_errors
from entrypoints.setting_names import WrongSettings
from entrypoints.settings import Settings


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Yield the URL of a running database.

    If STEELYARD_DATABASE_URL is not set, the database is the embedded PostgreSQL. Several processes can use the
    embedded PostgreSQL at the same time. It runs at least until the context ends.

    Raises EmbeddedPostgresError, CommandFailed, WrongSettings.
    """
    if settings.database_url is not None:
        _ensure_usable(settings.database_url, is_pooler_configured=settings.is_database_pooled)
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.data_dir).lease() as url:
        yield url


def migrate(url: str, settings: Settings) -> None:
    """Migrate the database to the schema of this release. Raises CommandFailed, ReleaseOutdated."""
    with describe_database_errors():
        upgrade(url, pooled=settings.is_database_pooled)


def _ensure_usable(url: str, *, is_pooler_configured: bool) -> None:
    with describe_database_errors():
        state = connection_state(url)
    if state.is_pooled and not is_pooler_configured:
        raise WrongSettings(
            "STEELYARD_DATABASE_URL leads to a connection pooler. Set STEELYARD_DATABASE_POOLER=pgbouncer."
        )
    if not state.has_settings:
        raise CommandFailed("The connection pooler does not apply the settings of transactions.")
