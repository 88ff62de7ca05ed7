import sys
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from domain.shared.actor import Actor
from domain.users.permissions import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from application.clients.views import ClientView, NewSecretView
    from entrypoints.bootstrap.root import Container

group = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The client's name.")]


@group.callback()
def clients() -> None:
    """Let programs in that act for themselves, by grant_type=client_credentials at POST /token."""


@group.command()
def create(
    name: Name,
    scope: Annotated[list[Scope], typer.Option(help="What the client may do. May be given several times.")],
) -> None:
    """Let a program in. Its secret is shown this once."""
    from entrypoints.cli.shop import in_shop

    async def create(container: "Container") -> "NewSecretView":
        return await container.clients.create_client()(name, scope, actor=Actor(None, "clients create"))

    _show_secret(in_shop(create))


@group.command("list")
def list_clients() -> None:
    """List the clients, a line for each of their secrets.

    It is a table at a terminal, and fields separated by tabs elsewhere.
    """
    from rich.console import Console
    from rich.table import Table

    from entrypoints.cli.shop import in_shop

    async def read(container: "Container") -> "Sequence[ClientView]":
        return await container.clients.list_clients()()

    rows = [row for client in in_shop(read) for row in _rows(client)]
    if not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table("Name", "Client id", "Scopes", "Secret", "Made", "Last used")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


@group.command("roll-secret")
def roll_secret(name: Name) -> None:
    """Make a second secret, which is shown this once. The first one is valid until it is retired."""
    from entrypoints.cli.shop import in_shop

    async def roll(container: "Container") -> "NewSecretView":
        return await container.clients.roll_secret()(name, actor=Actor(None, "clients roll-secret"))

    _show_secret(in_shop(roll))


@group.command("retire-secret")
def retire_secret(
    name: Name,
    secret: Annotated[
        UUID, typer.Argument(metavar="SECRET", help="The secret's id, as `clients list` has it.")
    ],
) -> None:
    """Have a secret be valid no more. What was got with it neither moves money nor administers from now on."""
    from domain.shared.ids import SecretId
    from entrypoints.cli.shop import in_shop

    async def retire(container: "Container") -> None:
        await container.clients.retire_secret()(
            name, SecretId(secret), actor=Actor(None, "clients retire-secret")
        )

    in_shop(retire)
    typer.echo(f"The secret {secret} is retired.")


@group.command()
def disable(name: Name) -> None:
    """Let a client in no more, for good."""
    from entrypoints.cli.shop import in_shop

    async def disable(container: "Container") -> None:
        await container.clients.disable_client()(name, actor=Actor(None, "clients disable"))

    in_shop(disable)
    typer.echo(f"{name} is disabled.")


def _show_secret(made: "NewSecretView") -> None:
    """Print what can be put into a file of variables, and beside it what people should know."""
    typer.echo(f"client_id={made.client_id}")
    typer.echo(f"client_secret={made.secret}")
    typer.echo("The secret is not shown again.", err=True)


def _rows(client: "ClientView") -> "list[tuple[str, ...]]":
    about = (client.name, str(client.id), " ".join(client.scopes))
    if client.secrets:
        return [
            (*about, str(secret.id), _shown(secret.created_at), _shown(secret.last_used_at))
            for secret in client.secrets
        ]
    return [(*about, "disabled" if client.disabled_at else "none", "", "")]


def _shown(moment: "datetime | None") -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
