import typer

group = typer.Typer(no_args_is_help=True)


@group.callback()
def config() -> None:
    """Show or check the settings."""


@group.command()
def show() -> None:
    """Print every setting with the name of its environment variable. Secrets are masked.

    Prints a table on a terminal, and NAME=value lines elsewhere.
    """
    import sys

    from rich.console import Console
    from rich.table import Table

    from entrypoints.cli.masked_settings import masked
    from entrypoints.settings import Settings

    values = masked(Settings.from_environment())
    if sys.stdout.isatty():
        table = Table("Variable")
        table.add_column("Value", overflow="fold")
        for name, value in values.items():
            table.add_row(name, value)
        Console().print(table)
        return
    for name, value in values.items():
        typer.echo(f"{name}={value}")


@group.command()
def check() -> None:
    """Check the settings before a deployment: fail for unknown settings and for invalid values.

    The service itself starts with unknown settings and logs a warning, because the settings can belong to a newer
    release.
    """
    from entrypoints.setting_names import WrongSettings, describe_unknown_variables
    from entrypoints.settings import Settings

    if unknown := describe_unknown_variables(Settings.model_fields):
        raise WrongSettings(" ".join(unknown))
    Settings.from_environment()
    typer.echo("The settings are valid.")
