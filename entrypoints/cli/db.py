import typer

group = typer.Typer(no_args_is_help=True)


@group.callback()
def db() -> None:
    """Manage the database schema."""


@group.command()
def upgrade() -> None:
    """Migrate the database to the schema of this version.

    If several processes migrate at the same time, one does the work and the others wait.
    """
    from entrypoints.cli.database import database, migrate
    from entrypoints.settings import Settings

    with database(Settings.from_environment()) as url:
        migrate(url)
    typer.echo("The database schema is up to date.")
