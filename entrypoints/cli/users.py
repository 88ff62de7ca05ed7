import sys
from typing import TYPE_CHECKING, Annotated

import typer

from entrypoints.cli.failures import CommandFailed

if TYPE_CHECKING:
    from application.users.views import UserView
    from domain.users.email_address import EmailAddress
    from domain.users.permissions import Role
    from entrypoints.bootstrap.root import Container

MAX_PASSWORD_BYTES = 4096

group = typer.Typer(no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The e-mail address to log in with.")]


@group.callback()
def users() -> None:
    """Create accounts for admins and staff. Customers sign up themselves."""


@group.command("create-admin")
def create_admin(email: Email) -> None:
    """Create an account with the role admin.

    On a terminal, the command prompts for the password. Otherwise the command reads the password from the first line
    of standard input. The command also works while the service runs.
    """
    from domain.users.permissions import Role

    admin = _create(email, Role.ADMIN, command="users create-admin")
    typer.echo(f"{admin.email} is now an admin and can log in with POST /token.")


@group.command("create-staff")
def create_staff(email: Email) -> None:
    """Create an account with the role staff.

    Prompts for the password or reads it from standard input, as create-admin does.
    """
    from domain.users.permissions import Role

    staff = _create(email, Role.STAFF, command="users create-staff")
    typer.echo(f"{staff.email} is now staff and can log in with POST /token.")


def _create(email: str, role: "Role", *, command: str) -> "UserView":
    from application.users.sign_up import SignUpCommand
    from domain.shared.actor import Actor
    from entrypoints.cli.shop import in_shop

    address = _validated(email)
    sign_up = SignUpCommand(email=address, password=_password(), actor=Actor(None, command), role=role)

    async def create(container: "Container") -> "UserView":
        return (await container.users.sign_up()(sign_up)).result

    return in_shop(create)


def _validated(email: str) -> "EmailAddress":
    from domain.users.email_address import InvalidEmailAddress
    from entrypoints.email_addresses import parse_email_address

    try:
        return parse_email_address(email)
    except InvalidEmailAddress:
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
        raise CommandFailed("Standard input has no password. Pass it as one line.")
    return password
