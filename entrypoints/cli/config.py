import sys

import typer
from rich.console import Console
from rich.table import Table

group = typer.Typer(no_args_is_help=True)


@group.callback()
def config() -> None:
    """Look at the settings."""


@group.command()
def show() -> None:
    """Print every setting by the name of its environment variable, secrets masked.

    It is a table at a terminal, and NAME=value lines elsewhere.
    """
    from entrypoints.settings import Settings

    shown = Settings.from_environment().masked()
    if not sys.stdout.isatty():
        for name, value in shown.items():
            typer.echo(f"{name}={value}")
        return
    table = Table("Variable", "Value")
    for name, value in shown.items():
        table.add_row(name, value)
    Console().print(table)
