import sys
from typing import TYPE_CHECKING, Annotated

import typer

from entrypoints.cli.failures import CommandFailed

if TYPE_CHECKING:
    from application.users.views import UserView
    from entrypoints.bootstrap.root import Container

MAX_PASSWORD_BYTES = 4096

group = typer.Typer(no_args_is_help=True)


@group.callback()
def users() -> None:
    """Open accounts."""


@group.command("create-admin")
def create_admin(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The e-mail address to log in with.")],
) -> None:
    """Open an account with the role admin.

    The password is asked for at a terminal, and is otherwise the one line of standard input. The service may be
    running meanwhile.
    """
    from application.users.sign_up import SignUpCommand
    from domain.shared.actor import Actor
    from domain.users.permissions import Role
    from entrypoints.cli.shop import in_shop

    address = _checked(email)
    command = SignUpCommand(
        email=address, password=_password(), actor=Actor(None, "users create-admin"), role=Role.ADMIN
    )

    async def sign_up(container: "Container") -> "UserView":
        return (await container.users.sign_up()(command)).result

    admin = in_shop(sign_up)
    typer.echo(f"{admin.email} is an admin now and can log in at POST /token.")


def _checked(email: str) -> str:
    from pydantic import EmailStr, TypeAdapter, ValidationError

    try:
        return TypeAdapter(EmailStr).validate_python(email)
    except ValidationError:
        raise CommandFailed("This is not an e-mail address.") from None


def _password() -> str:
    if sys.stdin.isatty():
        answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return answer
    line = sys.stdin.buffer.readline(MAX_PASSWORD_BYTES)
    try:
        password = line.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise CommandFailed("The password on standard input is not UTF-8.") from None
    if not password:
        raise CommandFailed("There is no password on standard input: give it as one line.")
    return password
