"""No column of any table contains personal data of a closed account."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx2
import pytest

from entrypoints.bootstrap.root import Container
from entrypoints.settings import Settings
from entrypoints.worker import jobs_of
from tests.integration.postgres.catalogs import places_of
from tests.kit.mailbox import Mailbox
from tests.kit.passwords import ListedBreachedPasswords, PlainHasher
from tests.kit.web import WebShop, key, order_body, web_shop

CANARY = "Canary-7f3a"
CHOSEN_ID = "Chosen-9e1b"
EMAIL = f"{CANARY}@example.com"
PASSWORD = f"{CANARY} password"
NEW_PASSWORD = f"{CANARY} new password"
PRICE = {"amount": 1999, "currency": "EUR"}
ADDRESS = {
    **dict.fromkeys(("name", "line1", "line2", "city", "region", "postal_code"), CANARY),
    "country": "IE",
}
DETAILS = {"shipping_address": ADDRESS, "note": CANARY, "metadata": {CANARY: CANARY}}
SIGN_UP = {"email": EMAIL, "password": PASSWORD, "password_confirm": PASSWORD, "full_name": CANARY}

WRITTEN = {
    "POST /v1/users": {"email", "password", "password_confirm", "full_name"},
    "POST /v1/users/verify-email": {"token"},
    "POST /v1/password-resets": {"email"},
    "POST /v1/password-resets/confirm": {"token", "password", "password_confirm"},
    "POST /token": {"username", "password", "refresh_token", "scope", "client_id", "client_secret"},
    "POST /oauth/revoke": {"token", "token_type_hint"},
    "PATCH /v1/me": {"full_name"},
    "POST /v1/me/email": {"email", "current_password"},
    "POST /v1/me/password": {"current_password", "new_password", "new_password_confirm"},
    "POST /v1/orders": {"shipping_address", "note", "metadata", "guest"},
    "POST /v1/orders/preview": {"shipping_address", "note", "metadata", "guest"},
    "PATCH /v1/orders/{order_id}": {"shipping_address", "note", "metadata"},
    "POST /v1/orders/{order_id}/cancel": {"reason"},
    "POST /v1/orders/{order_id}/payments": {"token"},
    "POST /v1/orders/{order_id}/returns": {"reason"},
}
"""The texts that a customer can send. `Customer` sends all of them.

Staff send the texts about a guest.
"""
OF_THE_SHOP = {
    "PATCH /v1/products/{product_id}": {"name", "description", "attributes"},
    "POST /v1/products": {"sku", "name", "description", "attributes"},
    "POST /v1/stock/adjustments": {"note"},
    "PUT /v1/stock/{product_id}": {"reason"},
    "POST /v1/orders/{order_id}/cancel": {"dispute_override"},
    "POST /v1/orders/{order_id}/refunds": {"reason", "dispute_override"},
    "POST /v1/orders/{order_id}/fulfillments": {"carrier", "tracking", "dispute_override"},
    "POST /v1/orders/{order_id}/returns/{return_id}/refuse": {"reason"},
    "POST /v1/orders/{order_id}/returns/{return_id}/receive": {"dispute_override"},
    "POST /v1/webhook-endpoints": {"url", "description"},
    "PATCH /v1/webhook-endpoints/{endpoint_id}": {"url", "description"},
}
"""The texts that only staff and service clients can send.

These texts are about the shop and are not erased.
"""
HELD_BY_AN_OPEN_ACCOUNT = {
    "email_changes.email",
    "email_changes.email_typed",
    "mail_notices.address",
    "idempotency_keys.result",
    "mail_requests.address",
    "order_history.reason",
    "orders.guest_email",
    "orders.guest_email_typed",
    "orders.guest_name",
    "orders.metadata",
    "orders.note",
    "orders.shipping_address",
    "outbox.data",
    "returns.reason",
    "sessions.user_agent",
    "sign_ups.email",
    "sign_ups.email_typed",
    "sign_ups.full_name",
    "sign_ups.password_hash",
    "users.email",
    "users.email_typed",
    "users.full_name",
    "users.password_hash",
}
"""The hasher of this test. It does not hash, so that the search also finds passwords."""
LEFT_UNTIL_DELIVERY = {"orders.metadata", "orders.note", "orders.shipping_address"}
"""The columns whose text stays, because a paid order is delivered even after the customer's account is closed."""
LEFT_OF_CHOSEN_IDS = {
    "orders.idempotency_key": "a retry must not place a second order",
    "audit_log.request_id": "entries of the audit log cannot be changed",
    "order_history.request_id": "it leads to the logs of the request",
    "stock_movements.request_id": "it leads to the logs of the request",
}
"""The columns in which request ids and idempotency keys of clients stay, each with the reason."""


@dataclass(slots=True)
class Customer:
    """A customer who sends the canary in each text of each request."""

    web: WebShop
    box: Mailbox
    headers: dict[str, str] = field(default_factory=dict)
    messages_read: int = 0

    async def post(self, path: str, body: Any = None, *, chosen_key: str | None = None) -> httpx2.Response:
        headers = {**self.headers, **key(f"{CHOSEN_ID}-{chosen_key}")} if chosen_key else self.headers
        return await self.web.anonymous.post(path, json=body, headers=headers)

    async def mailed_token(self) -> str:
        """Return the token of the next message. The service may already be sending this message."""
        async with asyncio.timeout(30):
            while len(self.box.messages) == self.messages_read:
                await self.web.container.mail.deliver_mail()()
                await asyncio.sleep(0.01)
        self.messages_read += 1
        return self.box.token()

    async def open_account(self) -> None:
        await self.post("/v1/users", SIGN_UP, chosen_key="sign-up")
        token = await self.mailed_token()
        await self.post("/v1/users/verify-email", {"token": CANARY})
        verified = await self.post("/v1/users/verify-email", {"token": token}, chosen_key="verify")
        assert verified.status_code == 204
        await self.log_in(PASSWORD)

    async def log_in(self, password: str) -> None:
        form = {"username": EMAIL, "password": password, "scope": CANARY}
        response = await self.web.anonymous.post("/token", data=form, headers={"User-Agent": CANARY})
        assert response.status_code == 200, response.text
        self.headers = {
            "Authorization": f"Bearer {response.json()['access_token']}",
            "User-Agent": CANARY,
            "X-Request-Id": CHOSEN_ID,
        }

    async def guess(self) -> None:
        """Send wrong credentials and tokens."""
        for username in (EMAIL, f"{EMAIL}.mistyped"):
            await self.web.anonymous.post("/token", data={"username": username, "password": CANARY})
        await self.web.anonymous.post("/token", data={"grant_type": "refresh_token", "refresh_token": CANARY})
        client = {"grant_type": "client_credentials", "client_id": CANARY, "client_secret": CANARY}
        await self.web.anonymous.post("/token", data=client)
        await self.web.anonymous.post("/oauth/revoke", data={"token": CANARY, "token_type_hint": CANARY})

    async def change_account(self) -> None:
        version = (await self.web.anonymous.get("/v1/me", headers=self.headers)).headers["ETag"]
        patch = {**self.headers, "If-Match": version, "Content-Type": "application/merge-patch+json"}
        renamed = await self.web.anonymous.patch("/v1/me", json={"full_name": f"{CANARY} B"}, headers=patch)
        assert renamed.status_code == 200, renamed.text
        body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
        changed = await self.post(
            "/v1/me/password", {**body, "new_password_confirm": NEW_PASSWORD}, chosen_key="password"
        )
        assert changed.status_code == 204, changed.text
        await self.post("/v1/password-resets", {"email": EMAIL}, chosen_key="reset")
        body = {"token": await self.mailed_token(), "password": PASSWORD, "password_confirm": PASSWORD}
        await self.post("/v1/password-resets/confirm", {**body, "token": CANARY})
        reset = await self.post("/v1/password-resets/confirm", body, chosen_key="confirm")
        assert reset.status_code == 204, reset.text
        await self.log_in(PASSWORD)

    async def place(self, product: Any, name: str) -> str:
        body = order_body((product, 1), **DETAILS)
        assert (await self.post("/v1/orders/preview", body)).status_code == 200
        placed = await self.post("/v1/orders", body, chosen_key=name)
        assert placed.status_code == 201, placed.text
        return placed.headers["Location"]

    async def change(self, order: str) -> None:
        """Change the order twice: with a key to other details, then without a key back to the canaries."""
        for name, details in (("change", {"note": f"{CANARY} B"}), (None, DETAILS)):
            version = (await self.web.anonymous.get(order, headers=self.headers)).headers["ETag"]
            headers = {
                **self.headers,
                "If-Match": version,
                **(key(f"{CHOSEN_ID}-{name}-{order[-12:]}") if name else {}),
            }
            changed = await self.web.anonymous.patch(order, json=details, headers=headers)
            assert changed.status_code == 200, changed.text

    async def pay(self, order: str, token: str) -> httpx2.Response:
        body = {"amount": PRICE, "method": "sandbox", "token": token}
        return await self.post(f"{order}/payments", body, chosen_key=f"pay-{order[-12:]}")

    async def leave_requests_open(self) -> None:
        """Send requests that leave data in tokens, in the mail queue and in sign-ups."""
        await self.post("/v1/password-resets", {"email": EMAIL}, chosen_key="open-reset")
        await self.mailed_token()
        self.box.broken.add(EMAIL.lower())  # the service sends mail in the background, too
        await self.post("/v1/password-resets", {"email": EMAIL}, chosen_key="queued-reset")
        change = {"email": f"new-{EMAIL}", "current_password": PASSWORD}
        requested = await self.post("/v1/me/email", change, chosen_key="email")
        assert requested.status_code == 202, requested.text
        await self.post("/v1/users", SIGN_UP, chosen_key="second-sign-up")


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
async def web(database_url: str, box: Mailbox) -> AsyncIterator[WebShop]:
    settings = Settings(
        database_url=database_url, rate_limit_enabled=False, email_verification=True, log_level="error"
    )
    container = Container(settings=settings)
    container.security.hasher.override(PlainHasher())
    container.security.breached_passwords.override(ListedBreachedPasswords())
    container.mail.mailer.override(box)
    async with web_shop(container) as web:
        container.payments.http_client.override(web.anonymous)
        yield web


async def work(web: WebShop) -> None:
    """Run the jobs of a worker, but send no webhooks to subscribers."""
    for job in jobs_of(web.container):
        if not job.name.startswith("deliver"):
            await job()


AS_6DAF4A4 = """
    UPDATE idempotency_keys SET fingerprint_version = 1, format_version = 1, subject = NULL,
        principal = regexp_replace(principal, '^anybody:.*', 'anybody')
    WHERE subject IS NULL OR subject IN (SELECT id FROM users)
"""
"""Release 6daf4a4 had no guests. Records of guests' orders therefore do not change: their subject is not a user."""


@pytest.mark.parametrize("former_records", [False, True], ids=["today", "6daf4a4"])
async def test_closed_account_leaves_no_personal_data(
    web: WebShop, box: Mailbox, psql: asyncpg.Connection, former_records: bool
) -> None:
    customer, staff, admin = Customer(web, box), await web.staff(), await web.admin()
    product = await web.product()
    endpoint = {"url": "https://shop.example/hook", "event_types": ["order.placed", "order.cancelled"]}
    assert (await admin.post("/v1/webhook-endpoints", json=endpoint)).status_code == 201
    await customer.open_account()
    await customer.change_account()
    await customer.guess()
    open_, cancelled, cancelled_by_staff, declined, paid, shipped = [
        await customer.place(product, name)
        for name in ("open", "mine", "staff", "declined", "paid", "shipped")
    ]
    for changed in (open_, paid):
        await customer.change(changed)
    await customer.post(f"{cancelled}/cancel", {"reason": CANARY}, chosen_key="cancel")
    await staff.post(f"{cancelled_by_staff}/cancel", headers=key("cancel-by-staff"))
    assert (await customer.pay(declined, f"tok_{CANARY}")).json()["status"] == "failed"
    for order in (paid, shipped):
        assert (await customer.pay(order, "tok_ok")).json()["status"] == "captured"
    await ship(staff, shipped)
    [line] = (await web.anonymous.get(shipped, headers=customer.headers)).json()["lines"]
    units = [{"line_id": line["id"], "quantity": 1}]
    await customer.post(f"{shipped}/returns", {"lines": units, "reason": CANARY}, chosen_key="return")
    await place_for_guest(staff, product)
    await work(web)
    await customer.leave_requests_open()
    assert await places_of(psql, CANARY) == HELD_BY_AN_OPEN_ACCOUNT
    filled = {
        "webhook_deliveries",
        "sandbox_charges",
        "provider_events",
        "one_time_tokens",
    }
    assert {table for table in filled if not await psql.fetchval(f"SELECT count(*) FROM {table}")} == set()  # noqa: S608 - the names are constants above

    if former_records:
        await psql.execute(AS_6DAF4A4)

    version = (await web.anonymous.get("/v1/me", headers=customer.headers)).headers["ETag"]
    closed = await web.anonymous.delete("/v1/me", headers=customer.headers | {"If-Match": version})

    assert closed.status_code == 204
    assert await places_of(psql, CANARY) == LEFT_UNTIL_DELIVERY
    await ship(staff, paid)
    await work(web)
    await web.container.users.erase_closed_accounts()()
    assert await places_of(psql, CANARY) == set()
    assert await places_of(psql, CHOSEN_ID) == set(LEFT_OF_CHOSEN_IDS)
    assert await psql.fetchval("SELECT count(*) FROM orders WHERE total_amount = 1999") == 7
    assert (await staff.get(open_)).json()["status"] == "cancelled"


async def place_for_guest(staff: httpx2.AsyncClient, product: Any) -> None:
    """Place an order for a guest with the customer's address, and change the order as staff."""
    guest = {"email": EMAIL, "full_name": CANARY}
    body = order_body((product, 1), **DETAILS, guest=guest)
    placed = await staff.post("/v1/orders", json=body, headers=key("guest"))
    assert placed.status_code == 201, placed.text
    headers = {"If-Match": placed.headers["ETag"], **key("change")}
    changed = await staff.patch(placed.headers["Location"], json={"note": f"{CANARY} C"}, headers=headers)
    assert changed.status_code == 200, changed.text


async def ship(staff: httpx2.AsyncClient, order: str) -> None:
    [line] = (await staff.get(order)).json()["lines"]
    body = {"lines": [{"line_id": line["id"], "quantity": 1}]}
    shipped = await staff.post(f"{order}/fulfillments", json=body, headers=key(f"ship-{order[-12:]}"))
    assert shipped.status_code == 201, shipped.text


async def test_erasure_test_covers_every_text_that_a_customer_can_send(web: WebShop) -> None:
    document = (await web.anonymous.get("/openapi.json")).json()
    sent = {
        f"{method.upper()} {path}": fields
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if (fields := set(texts_of(document, operation)))
    }
    listed = {
        name: WRITTEN.get(name, set()) | OF_THE_SHOP.get(name, set())
        for name in WRITTEN.keys() | OF_THE_SHOP.keys()
    }
    assert sent == listed


def texts_of(document: Any, operation: Any) -> Iterator[str]:
    """Yield the free-text fields of an operation's body, at any depth."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        for schema in alternatives(document, content["schema"]):
            for name, member in schema.get("properties", {}).items():
                if has_text(document, member):
                    yield name


def alternatives(document: Any, schema: Any) -> Iterator[Any]:
    """Resolve references, and yield all schemas that can apply to a value."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield schema
    for keyword in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(keyword, []):
            yield from alternatives(document, each)


def has_text(document: Any, schema: Any) -> bool:
    for each in alternatives(document, schema):
        is_chosen = "enum" in each or "const" in each or each.get("format") in {"uuid", "date-time"}
        members = [
            *each.get("properties", {}).values(),
            *each.get("patternProperties", {}).values(),
            each.get("items"),
            each.get("additionalProperties"),
        ]
        if "string" in each.get("type", ()) and not is_chosen:
            return True
        if any(has_text(document, member) for member in members if isinstance(member, dict)):
            return True
    return False
