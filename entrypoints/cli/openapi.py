from pathlib import Path
from typing import Annotated

import typer

group = typer.Typer(no_args_is_help=True)


@group.callback()
def openapi() -> None:
    """Describe the HTTP interface."""


@group.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write. Without: standard output.")
    ] = None,
) -> None:
    """Write the OpenAPI description of the service as JSON. No database is needed."""
    from entrypoints.cli.json_file import write_json
    from entrypoints.http.app import create_app
    from entrypoints.settings import Settings

    write_json(create_app(Settings.from_environment()).openapi(), file)
