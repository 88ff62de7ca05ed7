"""The commands, put together."""

from collections.abc import Sequence

import typer

from entrypoints.cli import (
    asyncapi,
    catalog,
    check,
    clients,
    config,
    db,
    demo,
    keys,
    lifecycle,
    openapi,
    users,
)
from entrypoints.cli.failures import failures_told
from entrypoints.cli.serve import serve
from entrypoints.cli.worker import worker

app = typer.Typer(
    name="python -m entrypoints",
    help="Steelyard: users, a catalogue with stock, and orders that never oversell.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command()(serve)
app.command()(worker)
app.add_typer(db.group, name="db")
app.add_typer(users.group, name="users")
app.add_typer(clients.group, name="clients")
app.add_typer(keys.group, name="keys")
app.add_typer(catalog.group, name="catalogue")
app.add_typer(openapi.group, name="openapi")
app.add_typer(lifecycle.group, name="lifecycle")
app.add_typer(asyncapi.group, name="asyncapi")
app.add_typer(config.group, name="config")
app.command()(check.check)
app.command()(demo.demo)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command, by default the one that the process was called with.

    It ends with SystemExit: 0 when the command has done its work, 1 when it could not, 2 when it was called wrongly or
    a setting is wrong, 130 after Ctrl-C.
    """
    with failures_told():
        app(arguments)
