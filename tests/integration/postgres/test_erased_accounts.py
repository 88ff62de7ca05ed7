"""No column of any table contains personal data of a closed account."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import httpx2
import pytest

from entrypoints.bootstrap.root import Container
from entrypoints.settings import Settings
from entrypoints.worker import jobs_of
from tests.integration.postgres.canary_customer import CANARY, CHOSEN_ID, DETAILS, EMAIL, Customer
from tests.integration.postgres.catalogs import places_of
from tests.kit.mailbox import Mailbox
from tests.kit.passwords import ListedBreachedPasswords, PlainHasher
from tests.kit.web import WebShop, key, order_body, web_shop

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
"""The texts that a customer can send.

In this test, staff send the texts about a guest. The class `Customer` sends all other texts.
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
"""The columns in which the search finds texts of a customer whose account is open.

The hasher of this test stores the password itself, so the search also finds passwords.
"""
LEFT_UNTIL_DELIVERY = {"orders.metadata", "orders.note", "orders.shipping_address"}
"""The columns whose text stays, because a paid order is delivered even after the customer's account is closed."""
LEFT_OF_CHOSEN_IDS = {
    "orders.idempotency_key": "a retry must not place a second order",
    "audit_log.request_id": "entries of the audit log cannot be changed",
    "order_history.request_id": "it leads to the logs of the request",
    "stock_movements.request_id": "it leads to the logs of the request",
}
"""The columns in which request ids and idempotency keys of clients stay, each with the reason."""


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
"""Converts idempotency records to the format of release 6daf4a4.

Records of guests' orders stay unchanged, because this release had no guests. In these records, the subject is not the
id of a user.
"""


@pytest.mark.parametrize("former_records", [False, True], ids=["today", "6daf4a4"])
async def test_closed_account_leaves_no_personal_data_in_any_database_table(
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
    """Place an order for a guest with the customer's e-mail address, and change the order as staff."""
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
