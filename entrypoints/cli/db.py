import typer

group = typer.Typer(no_args_is_help=True)


@group.callback()
def db() -> None:
    """Look after the database."""


@group.command()
def upgrade() -> None:
    """Bring the database to the schema of this version.

    Of several processes that do so at once one works and the others wait.
    """
    from entrypoints.cli.database import database, migrate
    from entrypoints.settings import Settings

    with database(Settings.from_environment()) as url:
        migrate(url)
    typer.echo("The database has today's schema.")
