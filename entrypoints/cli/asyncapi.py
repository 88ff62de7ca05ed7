from pathlib import Path
from typing import Annotated

import typer

group = typer.Typer(no_args_is_help=True)


@group.callback()
def asyncapi() -> None:
    """Describe the events."""


@group.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write. Without: standard output.")
    ] = None,
) -> None:
    """Write the AsyncAPI description of the events as JSON. No database is needed."""
    from entrypoints.asyncapi import asyncapi_document
    from entrypoints.cli.json_file import write_json

    write_json(asyncapi_document(), file)
