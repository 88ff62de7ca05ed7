"""The command line with all commands, including the old names of some commands."""

from collections.abc import Sequence

import typer

from entrypoints.cli import (
    catalog,
    check,
    clients,
    config,
    db,
    demo,
    descriptions,
    keys,
    mail,
    orders,
    secrets,
    users,
)
from entrypoints.cli.failures import print_errors
from entrypoints.cli.serve import serve
from entrypoints.cli.worker import worker

app = typer.Typer(
    help="Steelyard: an order service with users, a catalog with stock, orders and payments.",
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
app.add_typer(secrets.group, name="secrets")
app.add_typer(mail.group, name="mail")
app.add_typer(catalog.group, name="catalog")
app.add_typer(catalog.old_group, name="catalogue", hidden=True)
app.add_typer(orders.group, name="orders")
app.add_typer(descriptions.openapi, name="openapi")
app.add_typer(descriptions.lifecycle, name="lifecycle")
app.add_typer(descriptions.asyncapi, name="asyncapi")
app.add_typer(config.group, name="config")
app.command()(check.check)
app.command()(demo.demo)
_command = typer.main.get_command(app)  # done once, because tests run many commands in one process


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command, by default with the arguments of this process.

    Raises:
        SystemExit: always. 0: success; 1: the command failed; 2: wrong arguments or a wrong setting; 130: Ctrl-C.
    """
    with print_errors():
        _command(arguments)
