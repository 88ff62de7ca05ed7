import sys
from typing import TYPE_CHECKING, Annotated

import typer

from entrypoints.cli.failures import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from application.users.ports import SigningKey
    from entrypoints.bootstrap.root import Container

group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")


@group.callback()
def keys() -> None:
    """Look after the keys that sign access tokens.

    The database keeps them, unless [bold]STEELYARD_SIGNING_KEYS_FILE[/bold] or [bold]STEELYARD_SIGNING_KEYS[/bold]
    gives them: Ed25519 private keys as PEM, one after the other, the one that signs first.
    """


@group.command()
def generate() -> None:
    """Print a new key for a file or a variable. Nothing is kept of it.

    To rotate such keys, put the new one first and leave the former one below it for a quarter of an hour.
    """
    from datetime import UTC, datetime

    from adapters.security.keys import generate_signing_key

    typer.echo(generate_signing_key(datetime.now(UTC)).private_pem, nl=False)


@group.command()
def rotate(
    *,
    distrust: Annotated[
        bool,
        typer.Option(
            "--distrust-former",
            help="For a key that has leaked: no token that it has signed is believed any more.",
        ),
    ] = False,
) -> None:
    """Have the service sign with a new key of the database. Nobody is logged out, and nothing has to be restarted."""
    from domain.shared.actor import Actor
    from entrypoints.cli.shop import in_shop

    async def rotate(container: "Container") -> "SigningKey":
        source = container.settings().source_of_signing_keys
        if source is not None:
            raise CommandFailed(
                f"{source} gives the keys. Put a new one first there: `keys generate` makes one."
            )
        return await container.signing.rotate_key()(
            actor=Actor(None, "keys rotate"), distrust_former=distrust
        )

    key = in_shop(rotate)
    typer.echo(f"{key.kid} signs from {_shown(key.signs_from)} on.")


@group.command("list")
def list_keys() -> None:
    """List the keys, the one that signs last first.

    It is a table at a terminal, and fields separated by tabs elsewhere.
    """
    from rich.console import Console
    from rich.table import Table

    from entrypoints.cli.shop import in_shop

    async def read(container: "Container") -> "tuple[Sequence[SigningKey], datetime]":
        return await container.signing.signing_keys().all(), container.clock().now()

    kept, now = in_shop(read)
    rows = [(key.kid, _shown(key.signs_from), _shown(key.verifies_until)) for key in kept]
    signing = next((key.kid for key in kept if key.signs_from <= now), None)
    if not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table("Key", "Signs from", "Verifies until")
    for kid, *times in rows:
        table.add_row(kid, *times, style="bold" if kid == signing else "")
    Console().print(table)


def _shown(moment: "datetime | None") -> str:
    return "further notice" if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
