import json
from pathlib import Path
from typing import Annotated

import typer

from entrypoints.cli.failures import CommandFailed

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
    from entrypoints.http.app import create_app
    from entrypoints.settings import Settings

    schema = create_app(Settings.from_environment()).openapi()
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}.") from None
