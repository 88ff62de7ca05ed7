from typing import TYPE_CHECKING

import typer

from entrypoints.cli.failures import CommandFailed

if TYPE_CHECKING:
    from entrypoints.bootstrap.root import Container

group = typer.Typer(no_args_is_help=True)


@group.callback()
def secrets() -> None:
    """Encrypt the signing keys and other secrets in the database.

    STEELYARD_SECRETS_KEY or STEELYARD_SECRETS_KEY_FILE contains the encryption keys. Secrets are encrypted with the
    first key. All encryption keys can decrypt secrets.
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

    Before you run the command, give the key to every process, and stop all processes of the previous release. The
    previous release cannot read encrypted secrets.
    """
    typer.echo(f"{_encrypt('secrets encrypt', in_clear=True)} secrets are now encrypted.")


@group.command()
def rotate() -> None:
    """Re-encrypt secrets that are encrypted with an old key. The command encrypts them with the first key.

    The command can be interrupted and repeated.

    Rotate the keys in four steps. First, add the new key as the last key, and restart every process. Second, move the
    new key to the first place, and restart every process. Third, run this command. Fourth, wait for the duration
    STEELYARD_IDEMPOTENCY_RETENTION, and remove the old key.
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
