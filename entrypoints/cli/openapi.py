from pathlib import Path
from typing import Annotated

import typer

group = typer.Typer(no_args_is_help=True)


@group.callback()
def openapi() -> None:
    """Export the description of the HTTP API."""


@group.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The file to write. Default: standard output.")
    ] = None,
) -> None:
    """Write the OpenAPI description of the service as JSON. Needs no database."""
    from entrypoints.cli.output import write_json
    from entrypoints.http.app import create_app
    from entrypoints.settings import Settings

    write_json(create_app(Settings.from_environment()).openapi(), file)
