"""Store the idempotency records of a release, and the requests that created these records.

Start two services of that release on one empty database. Both services have no rate limits, use the sandbox
provider, and allow webhooks to private addresses. The second service also requires e-mail verification. Then run:

    python -m tests.integration.releases.capture URL VERIFYING_URL DATABASE_URL MAIL_DIRECTORY ADMIN SECRETS_KEY

ADMIN is `email:password` of an existing administrator. SECRETS_KEY is the services' `STEELYARD_SECRETS_KEY`. The
records are written to standard output, in the format of `idempotency_records.json`.
"""

import asyncio
import email
import email.policy
import json
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx2

PASSWORD = "a password of some length"
NEW_PASSWORD = "another password of some length"
UNICODE = 'Zoë\u2028\U0001f600 "quoted" \\ <b>\u00e9 e\u0301'
ANONYMOUS = "anonymous"
JSON = {"Content-Type": "application/json"}


@dataclass
class Recording:
    """The requests that were sent with idempotency keys, and the principals that sent them."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    principals: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def log_in(self, name: str, address: str, password: str) -> None:
        with httpx2.Client(base_url=self.url) as client:
            response = client.post("/token", data={"username": address, "password": password})
            self.tokens[name] = response.raise_for_status().json()["access_token"]
            me = (client.get("/v1/me", headers=self.bearer(name))).json()
        self.principals[name] = {"id": me["id"], "email": me["email"], "role": me["role"]}

    def bearer(self, name: str) -> dict[str, str]:
        return {} if name == ANONYMOUS else {"Authorization": f"Bearer {self.tokens[name]}"}

    def send(self, name: str, path: str, body: str | None, *, url: str | None = None) -> Any:
        """Send and record a POST request with a new idempotency key. Return the JSON of the response."""
        key = f"key-{len(self.requests):03}"
        headers = {"Idempotency-Key": key, **({} if body is None else JSON)}
        with httpx2.Client(base_url=url or self.url) as client:
            response = client.post(path, content=body and body.encode(), headers=headers | self.bearer(name))
        if response.status_code >= 300:
            raise SystemExit(f"{path}: {response.status_code} {response.text}")
        self.requests.append(
            {
                "principal": name,
                "method": "POST",
                "path": path,
                "headers": headers,
                "body": body,
                "response": {
                    "status": response.status_code,
                    "headers": {
                        header: response.headers[header]
                        for header in ("location", "etag")
                        if header in response.headers
                    },
                    "body": response.text,
                },
            }
        )
        return json.loads(response.text) if response.text else None


def record(url: str, verifying_url: str, mail: Path, admin: str) -> Recording:
    """Send requests for every operation that stores a result, with every form of the request body."""
    recording = Recording(url)
    send = recording.send
    address, _, password = admin.partition(":")
    recording.log_in("admin", address, password)
    products = [
        send("admin", "/v1/products", body)
        for body in (
            '{"sku": "MUG-RED", "name": "Mug", "price": {"amount": 1999, "currency": "EUR"}, "initial_stock": 500}',
            '{\n  "price": {"currency": "EUR", "amount": 0},\n  "initial_stock": 90, "max_per_order": 10,\n'
            '  "attributes": {"size": "XL", "colour": "\\u0072ed", "Zoë": "\\ud83d\\ude00"}, "name": '
            + json.dumps(UNICODE, ensure_ascii=False)
            + ', "description": "Two\\nlines\\t\\u007f", "sku": "MUG-BLUE"}',
            '{"sku":"MUG-NULL","name":"Null","price":{"amount":1,"currency":"EUR"},"max_per_order":null,"attributes":{}}',
        )
    ]
    mug, other = products[0]["id"], products[1]["id"]
    for body in (
        f'{{"lines": [{{"product_id": "{mug}", "delta": 12}}], "reason": "receipt"}}',
        (
            f'{{"note": "Broken", "reason": "damage", "lines": [{{"delta": -1, "product_id": "{other.upper()}"}}, '
            f'{{"product_id": "{mug}", "delta": -2}}]}}'
        ),
        f'{{"lines": [{{"product_id": "{mug}", "delta": 3}}], "reason": "correction", "note": null}}',
    ):
        send("admin", "/v1/stock/adjustments", body)

    for body in (
        json.dumps({"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}),
        f'{{"full_name":"Bob \\u00c9","email":"Bob@Example.com","password_confirm":"{PASSWORD}","password":"{PASSWORD}"}}',
        json.dumps(
            {
                "email": "cy@example.com",
                "password": PASSWORD,
                "password_confirm": PASSWORD,
                "full_name": None,
            }
        ),
    ):
        send(ANONYMOUS, "/v1/users", body)
    recording.log_in("customer", "ann@example.com", PASSWORD)

    address_json = (
        '{"country": "IE", "postal_code": "D01 F5P2", "city": "Dublin", "line1": "1 High Street", '
        '"name": "Zoë Example", "region": null}'
    )
    line = f'{{"product_id": "{mug}", "quantity": 2}}'
    orders = [
        send("customer", "/v1/orders", body)
        for body in (
            f'{{"lines": [{line}]}}',
            (
                f'{{"metadata": {{"b": "2", "a": "1", "Zoë": "\\u2028"}}, "note": "Ring twice\\n", '
                f'"shipping_address": {address_json}, "expected_total": {{"currency": "EUR", "amount": 3998}}, '
                f'"lines": [{{"quantity": 1, "product_id": "{mug.upper()}"}}, {{"quantity": 1, "product_id": "{mug}"}}]}}'
            ),
            (
                f'{{"lines":[{line},{{"quantity":3,"product_id":"{other.replace("-", "")}"}}],"note":null,'
                '"shipping_address":null,"expected_total":null,"metadata":{}}'
            ),
            f'{{"lines": [{line}], "note": {json.dumps(UNICODE, ensure_ascii=False)}}}',
            f'{{"lines": [{line}], "note": "paid"}}',
            f'{{"lines": [{line}], "note": "declined"}}',
        )
    ]
    send("customer", f"/v1/orders/{orders[0]['id']}/cancel", None)
    send("customer", f"/v1/orders/{orders[1]['id']}/cancel", '{"reason": "Ordered by mistake"}')
    send("admin", f"/v1/orders/{orders[3]['id']}/cancel", "{}")

    def total(order: Any) -> str:
        return json.dumps(order["total"])

    send(
        "customer",
        f"/v1/orders/{orders[2]['id']}/payments",
        f'{{"token": "tok_ok", "method": "sandbox", "amount": {total(orders[2])}}}',
    )
    send(
        "admin",
        f"/v1/orders/{orders[4]['id']}/payments",
        f'{{"amount": {{"currency": "EUR", "amount": {orders[4]["total"]["amount"]}}}, "method": "sandbox", "token": "tok_ok"}}',
    )
    send(
        "customer",
        f"/v1/orders/{orders[5]['id']}/payments",
        f'{{"amount": {total(orders[5])}, "method": "sandbox", "token": "tok_declined"}}',
    )
    for capture in ("{}", None, '{"amount": {"currency": "EUR", "amount": 1500}}'):
        send("admin", f"{authorized_payment(recording, mug)}/capture", capture)
    for void in ("{}", None):
        send("admin", f"{authorized_payment(recording, mug)}/void", void)
    lines = orders[2]["lines"]
    fulfillments = f"/v1/orders/{orders[2]['id']}/fulfillments"
    send("admin", fulfillments, f'{{"lines": [{{"line_id": "{lines[0]["id"]}", "quantity": 1}}]}}')
    send(
        "admin",
        fulfillments,
        f'{{"tracking": "JD01", "carrier": "DHL", "lines": [{{"quantity": 1, "line_id": "{lines[1]["id"].upper()}"}}]}}',
    )
    refunds = f"/v1/orders/{orders[2]['id']}/refunds"
    send("admin", refunds, '{"amount": {"amount": 100, "currency": "EUR"}, "reason": "A scratch"}')
    send(
        "admin",
        refunds,
        f'{{"reason": "Broken", "lines": [{{"line_id": "{lines[0]["id"]}", "quantity": 1}}], "amount": null}}',
    )

    endpoints = [
        send("admin", "/v1/webhook-endpoints", body)
        for body in (
            '{"url": "http://127.0.0.1:9/hook"}',
            '{"event_types": ["order.confirmed", "order.cancelled"], "url": "http://127.0.0.1:9/other"}',
        )
    ]
    send("customer", "/v1/orders", f'{{"lines": [{line}], "note": "for a delivery"}}')
    deliveries = f"/v1/webhook-endpoints/{endpoints[0]['id']}/deliveries"
    with httpx2.Client(base_url=url, headers=recording.bearer("admin")) as client:
        while not (found := (client.get(deliveries)).json()["items"]):
            time.sleep(0.2)
    send("admin", f"{deliveries}/{found[-1]['id']}/retry", None)

    send(
        "admin",
        f"/v1/webhook-endpoints/{endpoints[1]['id']}/transfer",
        json.dumps({"owner_id": recording.principals["admin"]["id"]}),
    )

    send(
        "customer",
        "/v1/me/password",
        json.dumps(
            {
                "current_password": PASSWORD,
                "new_password": NEW_PASSWORD,
                "new_password_confirm": NEW_PASSWORD,
            }
        ),
    )
    with httpx2.Client(base_url=url) as client:
        client.post("/v1/password-resets", json={"email": "bob@example.com"})
    token = mailed_token(mail, "bob@example.com")
    send(
        ANONYMOUS,
        "/v1/password-resets/confirm",
        f'{{"password": "{NEW_PASSWORD}", "token": "{token}", "password_confirm": "{NEW_PASSWORD}"}}',
    )
    with httpx2.Client(base_url=verifying_url) as client:
        client.post(
            "/v1/users",
            json={"email": "eve@example.com", "password": PASSWORD, "password_confirm": PASSWORD},
        )
    token = mailed_token(mail, "eve@example.com")
    send(ANONYMOUS, "/v1/users/verify-email", f'{{"token": "{token}"}}', url=verifying_url)
    return recording


def authorized_payment(recording: Recording, product_id: str) -> str:
    """Order a product, have its payment authorized, and return the payment's path."""
    order = recording.send(
        "customer", "/v1/orders", f'{{"lines": [{{"product_id": "{product_id}", "quantity": 1}}]}}'
    )
    payments = f"/v1/orders/{order['id']}/payments"
    body = {"amount": order["total"], "method": "sandbox", "token": "tok_ok", "capture_method": "manual"}
    payment = recording.send("customer", payments, json.dumps(body))
    path = f"{payments}/{payment['id']}"
    with httpx2.Client(base_url=recording.url, headers=recording.bearer("customer")) as client:
        while client.get(path).json()["status"] != "authorized":
            time.sleep(0.2)
    return path


def mailed_token(directory: Path, address: str) -> str:
    """Wait for a message to the e-mail address. Return the token in the message."""
    while True:
        for path in sorted(directory.glob("*.eml")) if directory.is_dir() else []:
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if message["To"] and address in message["To"].lower():
                body = message.get_body(("plain",))
                found = re.search(r"[A-Za-z0-9_-]{27,}", body.get_content() if body else "")
                if found:
                    return found.group()
        time.sleep(0.2)


async def stored_in(database_url: str) -> dict[str, Any]:
    """Return every idempotency record and every secret of the service as they are stored."""
    connection = await asyncpg.connect(database_url)
    rows = await connection.fetch(
        "SELECT principal, operation, key, fingerprint, fingerprint_version, format_version, subject::text, result::text"
        " FROM idempotency_keys ORDER BY key"
    )
    service_secrets = await connection.fetch("SELECT name, value FROM service_secrets ORDER BY name")
    await connection.close()
    return {
        "service_secrets": {row["name"]: row["value"].hex() for row in service_secrets},
        "rows": [{**row, "fingerprint": row["fingerprint"].hex()} for row in rows],
    }


def main() -> None:
    url, verifying_url, database_url, mail, admin, secrets_key = sys.argv[1:]
    recording = record(url, verifying_url, Path(mail), admin)
    found = {
        "principals": recording.principals,
        "requests": recording.requests,
        "secrets_key": secrets_key,
        **asyncio.run(stored_in(database_url)),
    }
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
