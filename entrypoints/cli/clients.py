from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from domain.shared.actor import Actor
from domain.users.permissions import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from application.clients.views import ClientView, NewSecretView
    from entrypoints.bootstrap.root import Container

group = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The client's name.")]


@group.callback()
def clients() -> None:
    """Manage service clients: programs that get tokens with grant_type=client_credentials at POST /token."""


@group.command()
def create(
    name: Name,
    scope: Annotated[list[Scope], typer.Option(help="A permission of the client. Can be repeated.")],
) -> None:
    """Create a service client. The secret of the client is shown only once."""
    from entrypoints.cli.shop import in_shop

    async def create(container: "Container") -> "NewSecretView":
        return await container.clients.create_client()(name, scope, actor=Actor(None, "clients create"))

    _print_secret(in_shop(create))


@group.command("list")
def list_clients() -> None:
    """List the clients, with one row for each secret of a client. The secrets themselves are not shown.

    Prints a table on a terminal, and tab-separated fields elsewhere.
    """
    from entrypoints.cli.output import print_rows
    from entrypoints.cli.shop import in_shop

    async def read(container: "Container") -> "Sequence[ClientView]":
        return await container.clients.list_clients()()

    rows = [row for client in in_shop(read) for row in _rows(client)]
    print_rows(("Name", "Client id", "Scopes", "Secret", "Created", "Last used"), rows)


@group.command("roll-secret")
def roll_secret(name: Name) -> None:
    """Create a second secret for a client. The new secret is shown only once.

    The previous secret stays valid. To make it invalid, use retire-secret.
    """
    from entrypoints.cli.shop import in_shop

    async def roll(container: "Container") -> "NewSecretView":
        return await container.clients.roll_secret()(name, actor=Actor(None, "clients roll-secret"))

    _print_secret(in_shop(roll))


@group.command("retire-secret")
def retire_secret(
    name: Name,
    secret: Annotated[
        UUID, typer.Argument(metavar="SECRET", help="The id of the secret, as shown by `clients list`.")
    ],
) -> None:
    """Make a secret invalid.

    Tokens that were issued with this secret lose their permissions to move money and to administer the shop.
    """
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
    """Permanently disable a client."""
    from entrypoints.cli.shop import in_shop

    async def disable(container: "Container") -> None:
        await container.clients.disable_client()(name, actor=Actor(None, "clients disable"))

    in_shop(disable)
    typer.echo(f"{name} is disabled.")


def _print_secret(created: "NewSecretView") -> None:
    """Print the credentials as variables on standard output, and a notice for the user on standard error."""
    typer.echo(f"client_id={created.client_id}")
    typer.echo(f"client_secret={created.secret}")
    typer.echo("The secret is not shown again.", err=True)


def _rows(client: "ClientView") -> "list[tuple[str, ...]]":
    from entrypoints.cli.output import format_time

    columns = (client.name, str(client.id), " ".join(client.scopes))
    if client.secrets:
        return [
            (
                *columns,
                str(secret.id),
                format_time(secret.created_at, missing="never"),
                format_time(secret.last_used_at, missing="never"),
            )
            for secret in client.secrets
        ]
    return [(*columns, "disabled" if client.disabled_at else "none", "", "")]
