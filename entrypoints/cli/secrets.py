from typing import TYPE_CHECKING

import typer

from entrypoints.cli.failures import CommandFailed

if TYPE_CHECKING:
    from entrypoints.bootstrap.root import Container

group = typer.Typer(no_args_is_help=True)


@group.callback()
def secrets() -> None:
    """Encrypt the signing keys and other secrets in the database.

    STEELYARD_SECRETS_KEY or STEELYARD_SECRETS_KEY_FILE contains the keys. The first key encrypts, and all keys decrypt.
    """


@group.command()
def generate() -> None:
    """Print a new key for STEELYARD_SECRETS_KEY.

    The key is not stored. Keep a copy: without the key, nobody can decrypt the secrets.
    """
    from adapters.security.secret_box import generate_key

    typer.echo(generate_key())


@group.command()
def encrypt() -> None:
    """Encrypt the secrets that are stored unencrypted.

    The command can be interrupted and repeated.

    Run the command when every process has the key. The previous release cannot read encrypted secrets, so no
    process of that release may be running.
    """
    typer.echo(f"{_encrypt('secrets encrypt', in_clear=True)} secrets are now encrypted.")


@group.command()
def rotate() -> None:
    """Re-encrypt secrets that are encrypted with an old key. The first key encrypts.

    The command can be interrupted and repeated.

    To rotate keys, add the new key last, and restart every process. Then put the new key first, and restart every
    process again. Then run this command. Remove the old key when STEELYARD_IDEMPOTENCY_RETENTION has passed.
    """
    typer.echo(f"{_encrypt('secrets rotate', in_clear=False)} secrets are now encrypted with the first key.")


def _encrypt(command: str, *, in_clear: bool) -> int:
    from domain.shared.actor import Actor
    from entrypoints.cli.shop import in_shop

    async def run(container: "Container") -> int:
        if not container.security.secret_box().key_ids:
            raise CommandFailed("STEELYARD_SECRETS_KEY is not set. Make a key with `secrets generate`.")
        return await container.signing.encrypt_secrets()(in_clear=in_clear, actor=Actor(None, command))

    return in_shop(run)
