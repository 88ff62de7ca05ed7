"""The demo's staff, who ship and refund orders.

The passwords of the staff are random and change with each run.
"""

import secrets
from http import HTTPStatus

from application.users.ports import EmailTaken
from application.users.sign_up import SignUpCommand
from domain.shared.actor import Actor
from domain.users.permissions import Role
from entrypoints.bootstrap.root import Container
from entrypoints.email_addresses import parse_email_address
from examples.northwind.client import Client
from examples.northwind.failures import DemoFailed, refusal

PACKER = "demo-packer@example.com"
CASHIER = "demo-cashier@example.com"

_PASSWORD_BYTES = 24
_ACTOR = Actor(None, "demo")


async def log_in_staff(container: Container, client: Client, email: str) -> str:
    """Create a staff account, or set a new password for the existing account. Return an access token.

    Raises DemoFailed.
    """
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    try:
        await container.users.sign_up()(
            SignUpCommand(email=parse_email_address(email), password=password, actor=_ACTOR, role=Role.STAFF)
        )
    except EmailTaken:
        await _replace_password(container, email, await container.security.hasher().hash(password))
    form = {"grant_type": "password", "username": email, "password": password}
    response = await client.send("POST", "/token", data=form)
    if response.status_code != HTTPStatus.OK:
        raise DemoFailed(f"{email} could not log in: {refusal(response)}.")
    token: str = response.json()["access_token"]
    return token


async def _replace_password(container: Container, email: str, password_hash: str) -> None:
    async with container.database.unit_of_work()(_ACTOR) as work:
        found = await work.users.find_by_email(parse_email_address(email))
        user = await work.users.get(found.id) if found else None
        if user is None or user.role is not Role.STAFF:
            raise DemoFailed(f"{email} is reserved for the demo's staff, but here it is another account.")
        user.change_password(password_hash, now=container.clock().now())
        await work.users.save(user)
        await work.commit()
