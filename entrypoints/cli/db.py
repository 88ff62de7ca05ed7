import time
from typing import Annotated

import typer

POLL_SECONDS = 1.0

group = typer.Typer(no_args_is_help=True)


@group.callback()
def db() -> None:
    """Manage the database schema."""


@group.command()
def status(
    wait: Annotated[
        bool, typer.Option("--wait", help="First wait until the migrations of this release are applied.")
    ] = False,
) -> None:
    """Print the schema's revision, and the releases that can run on it.

    The exit code is 1 if this release cannot run on the schema.
    """
    from adapters.postgres.core.migrations import state
    from adapters.postgres.core.schema_revision import RELEASE, needed_revision
    from entrypoints.cli.database import database
    from entrypoints.cli.failures import describe_database_errors
    from entrypoints.settings import Settings

    settings = Settings.from_environment()
    with database(settings) as url, describe_database_errors():
        found = state(url, pooled=settings.is_database_pooled)
        if wait and not found.has_needed_revision:
            typer.echo(f"Waiting for schema revision {needed_revision()}.")
        while wait and not found.has_needed_revision:
            found.ensure_permits_release()
            time.sleep(POLL_SECONDS)
            found = state(url, pooled=settings.is_database_pooled)
    typer.echo(f"release                   {RELEASE}")
    typer.echo(f"needed revision           {needed_revision()}")
    typer.echo(f"schema revision           {found.revision or 'none'}")
    typer.echo(f"oldest compatible release {found.min_compatible_release}")
    found.ensure_compatible()


@group.command()
def upgrade() -> None:
    """Migrate the database to the schema of this release.

    If several processes run the migration at the same time, one process migrates the database, and the others wait.
    If the schema is newer than this release, but this release can run on it, nothing changes.
    """
    from entrypoints.cli.database import database, migrate
    from entrypoints.settings import Settings

    settings = Settings.from_environment()
    with database(settings) as url:
        migrate(url, settings)
    typer.echo("The database schema is up to date.")


@group.command()
def downgrade(
    to: Annotated[
        str, typer.Option(help="The revision to keep as the last one, for example 0026.", show_default=False)
    ],
) -> None:
    """Undo all migrations after a revision.

    Tables and columns that these migrations added are deleted, together with their data.

    Before you run this command, replace all processes of this release with processes of a release that can run on the
    older schema.
    """
    from adapters.postgres.core import migrations
    from entrypoints.cli.database import database
    from entrypoints.cli.failures import CommandFailed, describe_database_errors
    from entrypoints.settings import Settings

    settings = Settings.from_environment()
    with database(settings) as url, describe_database_errors():
        try:
            migrations.downgrade(url, to, pooled=settings.is_database_pooled)
        except migrations.UnknownRevision as error:
            raise CommandFailed(str(error)) from None
    typer.echo(f"The database schema is at revision {to}.")
