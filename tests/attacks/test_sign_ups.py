"""Attacks on sign-ups that require e-mail verification, and on the mail of these sign-ups."""

from collections.abc import AsyncIterator

import pytest

from tests.kit.mailbox import Mailbox
from tests.kit.store import memory_store
from tests.kit.web import PASSWORD, WebShop, container_over, web_shop

VICTIM = {
    "email": "ann@example.com",
    "password": PASSWORD,
    "password_confirm": PASSWORD,
    "full_name": "Ann",
}
ATTACKERS_PASSWORD = "a password of the attacker"
ATTACKER = VICTIM | {
    "password": ATTACKERS_PASSWORD,
    "password_confirm": ATTACKERS_PASSWORD,
    "full_name": "Eve",
}


@pytest.fixture
async def verifying() -> AsyncIterator[WebShop]:
    """The service with the setting that requires e-mail verification."""
    async with web_shop(container_over(memory_store(), email_verification=True)) as web:
        yield web


async def mailed_token(web: WebShop) -> str:
    """Deliver due mail, and return the token of the last message."""
    await web.container.mail.deliver_mail()()
    mailbox = web.container.mail.mailer()
    assert isinstance(mailbox, Mailbox)
    return mailbox.token()


async def confirm(web: WebShop, token: str) -> int:
    return (await web.anonymous.post("/v1/users/verify-email", json={"token": token})).status_code


async def log_in(web: WebShop, password: str) -> int:
    form = {"username": VICTIM["email"], "password": password}
    return (await web.anonymous.post("/token", data=form)).status_code


async def test_first_sign_up_token_remains_valid_after_a_second_sign_up_for_the_email(
    verifying: WebShop,
) -> None:
    await verifying.anonymous.post("/v1/users", json=VICTIM)
    of_the_victim = await mailed_token(verifying)
    await verifying.anonymous.post("/v1/users", json=ATTACKER)
    of_the_attacker = await mailed_token(verifying)
    assert await confirm(verifying, of_the_victim) == 204
    assert await log_in(verifying, PASSWORD) == 200
    assert await log_in(verifying, ATTACKERS_PASSWORD) == 400
    assert await confirm(verifying, of_the_attacker) == 422
    assert await log_in(verifying, PASSWORD) == 200


async def test_first_sign_up_token_creates_an_account_with_the_first_password(verifying: WebShop) -> None:
    await verifying.anonymous.post("/v1/users", json=VICTIM)
    await verifying.anonymous.post("/v1/users", json=ATTACKER)
    await verifying.container.mail.deliver_mail()()
    mailbox = verifying.container.mail.mailer()
    assert isinstance(mailbox, Mailbox)
    assert len(mailbox.messages) == 2
    first = mailbox.token(0)
    assert await confirm(verifying, first) == 204
    assert await log_in(verifying, PASSWORD) == 200
    assert await log_in(verifying, ATTACKERS_PASSWORD) == 400
