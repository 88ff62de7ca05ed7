from pathlib import Path
from typing import Annotated

import typer

group = typer.Typer(no_args_is_help=True)


@group.callback()
def lifecycle() -> None:
    """Export the lifecycle of an order."""


@group.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The file to write. Default: standard output.")
    ] = None,
) -> None:
    """Write the lifecycle of an order as a page with a diagram (Markdown, Mermaid). Needs no database."""
    from entrypoints.cli.output import write_text
    from entrypoints.lifecycle_page import lifecycle_page

    write_text(lifecycle_page(), file)
