from pathlib import Path
from typing import Annotated

import typer

group = typer.Typer(no_args_is_help=True)


@group.callback()
def asyncapi() -> None:
    """Export the description of the events."""


@group.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The file to write. Default: standard output.")
    ] = None,
) -> None:
    """Write the AsyncAPI description of the events as JSON. Needs no database."""
    from entrypoints.asyncapi import asyncapi_document
    from entrypoints.cli.output import write_json

    write_json(asyncapi_document(), file)
