"""Commands that write generated descriptions. The commands need no database."""

from pathlib import Path
from typing import Annotated

import typer

openapi = typer.Typer(no_args_is_help=True, help="Export the description of the HTTP API.")
asyncapi = typer.Typer(no_args_is_help=True, help="Export the description of the events.")
lifecycle = typer.Typer(no_args_is_help=True, help="Export the lifecycle of an order.")

File = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="The file to write. Default: standard output.")
]


@openapi.callback()
@asyncapi.callback()
@lifecycle.callback()
def _group() -> None:
    """Make `export` a named command.

    Without this function, Typer would omit the name, because the group has only one command.
    """


@openapi.command("export")
def export_openapi(file: File = None) -> None:
    """Write the OpenAPI description of the service as JSON. Needs no database."""
    from entrypoints.cli.output import write_json
    from entrypoints.http.app import create_app
    from entrypoints.settings import Settings

    write_json(create_app(Settings.from_environment()).openapi(), file)


@asyncapi.command("export")
def export_asyncapi(file: File = None) -> None:
    """Write the AsyncAPI description of the events as JSON. Needs no database."""
    from entrypoints.asyncapi import asyncapi_document
    from entrypoints.cli.output import write_json

    write_json(asyncapi_document(), file)


@lifecycle.command("export")
def export_lifecycle(file: File = None) -> None:
    """Write the lifecycle of an order as a page with a diagram (Markdown, Mermaid). Needs no database."""
    from entrypoints.cli.output import write_text
    from entrypoints.lifecycle_page import lifecycle_page

    write_text(lifecycle_page(), file)
