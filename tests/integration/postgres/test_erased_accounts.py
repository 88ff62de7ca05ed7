"""Of a closed account, nothing personal is left in any column of any table."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from entrypoints.bootstrap.root import Container
from entrypoints.settings import Settings
from tests.integration.postgres.catalogs import places_of
from tests.kit.mailbox import Mailbox
from tests.kit.passwords import BreachedOnly, PlainHasher
from tests.kit.web import WebShop, key, order_of, web_shop

CANARY = "Canary-7f3a"
EMAIL = f"{CANARY}@example.com".lower()
PASSWORD = f"{CANARY} password"
ADDRESS = {"name": CANARY, "line1": CANARY, "city": CANARY, "country": "IE"}


@pytest.fixture
async def web(database_url: str) -> AsyncIterator[WebShop]:
    container = Container(settings=Settings(database_url=database_url, rate_limit_enabled=False))
    container.security.hasher.override(PlainHasher())
    container.security.breached_passwords.override(BreachedOnly())
    container.mail.mailer.override(Mailbox())
    async with web_shop(container) as web:
        yield web


AS_6DAF4A4 = """
    UPDATE idempotency_keys SET fingerprint_version = 1, format_version = 1, subject = NULL,
        principal = regexp_replace(principal, '^anybody:.*', 'anybody')
"""


@pytest.mark.parametrize("former_records", [False, True], ids=["today", "6daf4a4"])
async def test_closed_account_leaves_no_personal_data(
    web: WebShop, psql: asyncpg.Connection, former_records: bool
) -> None:
    account = {"email": EMAIL, "password": PASSWORD, "password_confirm": PASSWORD, "full_name": CANARY}
    await web.visitor.post("/v1/users", json=account, headers=key("sign-up"))
    form = {"username": EMAIL, "password": PASSWORD}
    tokens = (await web.visitor.post("/token", data=form, headers={"User-Agent": CANARY})).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    await web.visitor.post("/token", data={**form, "password": "another"})
    await web.visitor.post("/token", data={**form, "username": f"{EMAIL}.mistyped"})
    product = await web.product()
    details = {"shipping_address": ADDRESS, "note": CANARY, "metadata": {CANARY: CANARY}}
    orders = [
        await web.visitor.post(
            "/v1/orders", json=order_of((product, 1), **details), headers=headers | key(f"order-{number}")
        )
        for number in range(3)
    ]
    await web.visitor.post(f"{orders[0].headers['Location']}/cancel", headers=headers | key("cancel"))
    staff = await web.staff()
    await staff.post(f"{orders[1].headers['Location']}/cancel", headers=key("cancel-by-staff"))
    await web.visitor.post("/v1/password-resets", json={"email": EMAIL})
    before = await places_of(psql, CANARY)
    assert {"users.email", "users.full_name", "orders.shipping_address", "idempotency_keys.result"} < before

    if former_records:
        await psql.execute(AS_6DAF4A4)

    closed = await web.visitor.delete("/v1/me", headers=headers | {"If-Match": '"v1"'})

    assert closed.status_code == 204
    assert await places_of(psql, CANARY) == set()
    assert await psql.fetchval("SELECT count(*) FROM orders WHERE total_amount = 1999") == 3
    assert await psql.fetchval("SELECT count(*) FROM audit_log WHERE action = 'user.log_in_refused'") == 2
