from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from application.mail.request import MailRequest
    from entrypoints.bootstrap.root import Container

LISTED = 100

group = typer.Typer(no_args_is_help=True)


@group.callback()
def mail() -> None:
    """Inspect outgoing mail."""


@group.command()
def failed() -> None:
    """List the last 100 messages that the service has stopped trying to send.

    The tab-separated fields are: the time when the service stopped, the kind of message, the recipient's e-mail
    address, and the number of attempts. The log of the service contains the error of each message.
    """
    from entrypoints.cli.shop import in_shop

    async def read(container: "Container") -> "Sequence[MailRequest]":
        return await container.mail.list_failed_mail()(limit=LISTED)

    for request in in_shop(read):
        fields = (
            f"{request.set_aside_at:%Y-%m-%dT%H:%M:%SZ}",
            request.kind.value,
            _printable(request.address.normalized),
            str(request.attempts),
        )
        typer.echo("\t".join(fields))


def _printable(address: str) -> str:
    """Escape terminal control characters.

    The address was stored without validation, so it can contain such characters.
    """
    return "".join(
        character if character.isprintable() else f"\\u{ord(character):04x}" for character in address
    )
