from pathlib import Path
from typing import Annotated

import typer

from entrypoints.cli.failures import CommandFailed

group = typer.Typer(no_args_is_help=True)


@group.callback()
def lifecycle() -> None:
    """Describe the life of an order."""


@group.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to write. Without: standard output.")
    ] = None,
) -> None:
    """Write what can happen to an order as a page with a diagram (Markdown, Mermaid). No database is needed."""
    from entrypoints.lifecycle_page import lifecycle_page

    if file is None:
        typer.echo(lifecycle_page(), nl=False)
        return
    try:
        file.write_text(lifecycle_page(), encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"{file} cannot be written: {error.strerror}.") from None
