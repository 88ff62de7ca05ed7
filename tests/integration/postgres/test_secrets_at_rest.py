"""A copy of the database contains no password, token or secret in usable form."""

from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator

import asyncpg
import pytest

from domain.users.permissions import Scope
from entrypoints.bootstrap.root import Container
from entrypoints.settings import Settings
from tests.integration.postgres.catalogs import places_of
from tests.kit.actors import SOMEBODY
from tests.kit.mailbox import Mailbox
from tests.kit.web import WebShop, key, web_shop

EMAIL, PASSWORD = "ann@example.com", "Canary-7f3a password"
ANN = {"email": EMAIL, "password": PASSWORD, "password_confirm": PASSWORD}


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def web(database_url: str, mailbox: Mailbox) -> AsyncIterator[WebShop]:
    settings = Settings(database_url=database_url, rate_limit_enabled=False, hashing_threads=1)
    container = Container(settings=settings)
    container.mail.mailer.override(mailbox)
    async with web_shop(container) as web:
        yield web


def spellings(secret: str) -> set[str]:
    """Return the forms in which a column could contain a secret.

    The forms are text, bytes, and PostgreSQL's hex format.
    """
    coded = secret.removeprefix("steelyard_")
    random = urlsafe_b64decode(f"{coded}{'=' * (-len(coded) % 4)}")[-32:]
    return {secret, secret.encode().hex(), random.hex()}


async def test_no_database_column_contains_a_usable_credential(
    web: WebShop, mailbox: Mailbox, psql: asyncpg.Connection
) -> None:
    await web.anonymous.post("/v1/users", json=ANN, headers=key("sign-up"))
    form = {"username": EMAIL, "password": PASSWORD}
    first = (await web.anonymous.post("/token", data=form)).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = (await web.anonymous.post("/token", data=form)).json()
    await web.anonymous.post("/v1/password-resets", json={"email": EMAIL}, headers=key("reset"))
    await web.container.mail.deliver_mail()()
    made = await web.container.clients.create_client()("till", [Scope.READ_ORDERS], actor=SOMEBODY)
    rolled = await web.container.clients.roll_secret()("till", actor=SOMEBODY)

    secrets = (
        first["refresh_token"],
        second["refresh_token"],
        mailbox.token(),
        made.secret,
        rolled.secret,
    )
    access_tokens = [tokens["access_token"] for tokens in (first, second)]
    assert await places_of(psql, EMAIL), "the search finds what is there"
    assert await places_of(psql, PASSWORD, *access_tokens) == set()
    assert await places_of(psql, *(spelling for secret in secrets for spelling in spellings(secret))) == set()
