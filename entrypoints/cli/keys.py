from typing import TYPE_CHECKING, Annotated

import typer

from entrypoints.cli.failures import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from application.signing.ports import SigningKey
    from entrypoints.bootstrap.root import Container

group = typer.Typer(no_args_is_help=True)


@group.callback()
def keys() -> None:
    """Manage the keys that sign access tokens.

    By default, the keys are stored in the database.

    If STEELYARD_SIGNING_KEYS_FILE or STEELYARD_SIGNING_KEYS is set, the keys come from there. These keys are Ed25519
    private keys in PEM format, one after the other. The first key signs new tokens.
    """


@group.command()
def generate() -> None:
    """Print a new key for a file or an environment variable. The key is not stored.

    To rotate the keys in a file or variable, insert the new key before all other keys. After 15 minutes, remove the
    previous key.
    """
    from datetime import UTC, datetime

    from adapters.security.keys import generate_signing_key

    typer.echo(generate_signing_key(datetime.now(UTC)).private_pem, nl=False)


@group.command()
def rotate(
    *,
    revoke_previous: Annotated[
        bool,
        typer.Option(
            "--revoke-previous", help="For a leaked key: reject all tokens that it signed, at once."
        ),
    ] = False,
    distrust_former: Annotated[bool, typer.Option("--distrust-former", hidden=True)] = False,
) -> None:
    """Create a signing key in the database, and sign new tokens with it.

    Nobody is logged out, and no restart is needed.
    """
    from domain.shared.actor import Actor
    from entrypoints.cli.output import format_time, warn_renamed
    from entrypoints.cli.shop import in_shop

    if distrust_former:
        warn_renamed("--distrust-former", "--revoke-previous")

    async def rotate(container: "Container") -> "SigningKey":
        source = container.settings().source_of_signing_keys
        if source is not None:
            raise CommandFailed(
                f"{source} provides the keys. Run `keys generate`, and put the new key first there."
            )
        return await container.signing.rotate_key()(
            actor=Actor(None, "keys rotate"), distrust_former=revoke_previous or distrust_former
        )

    key = in_shop(rotate)
    typer.echo(f"{key.kid} signs from {format_time(key.signs_from, missing='now')} on.")


@group.command("list")
def list_keys() -> None:
    """List the keys, newest first. The current signing key is bold.

    Prints a table on a terminal, and tab-separated fields elsewhere.
    """
    from entrypoints.cli.output import format_time, print_rows
    from entrypoints.cli.shop import in_shop

    async def read(container: "Container") -> "tuple[Sequence[SigningKey], datetime]":
        return await container.signing.signing_keys().all(), container.clock().now()

    stored, now = in_shop(read)
    rows = [
        (
            key.kid,
            format_time(key.signs_from, missing="now"),
            format_time(key.verifies_until, missing="no end set"),
        )
        for key in stored
    ]
    signing = next((key.kid for key in stored if key.signs_from <= now), "")
    print_rows(("Key", "Signs from", "Verifies until"), rows, highlighted=signing)
