"""Idempotency records of every released version are replayed over HTTP."""

import json
import tomllib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from application.users.sign_up import SignUpCommand
from domain.users.permissions import Role
from entrypoints.bootstrap.root import Container
from entrypoints.email_addresses import sought_email_address
from entrypoints.settings import Settings
from tests.kit.actors import SOMEBODY
from tests.kit.mailbox import Mailbox
from tests.kit.passwords import ListedBreachedPasswords, PlainHasher
from tests.kit.web import PASSWORD, WebShop, web_shop
from tests.servers.databases import connected

ROOT = Path(__file__).parents[3]
RELEASES = {
    release["commit"]: ROOT / release["records"]
    for release in tomllib.loads((ROOT / "tests" / "releases.toml").read_text())["release"]
}
ANONYMOUS = "anonymous"

ANOTHER: Mapping[str, Mapping[str, Any]] = {
    "place_order": {"note": "another"},
    "cancel_order": {"reason": "another"},
    "fulfil_order": {"carrier": "another"},
    "pay_order": {"token": "tok_late"},
    "refund_order": {"reason": "another"},
    "create_product": {"name": "another"},
    "adjust_stock": {"note": "another"},
    "create_webhook_endpoint": {"url": "http://127.0.0.1:9/another"},
    "create_user": {"email": "another@example.com"},
    "verify_email": {"token": "another"},
    "reset_password": {"token": "another"},
    "capture_payment": {"amount": {"amount": 1, "currency": "EUR"}},
    "transfer_webhook_endpoint": {"owner_id": "0192f0c4-7b1c-7e61-b9ad-1f2f4a6b8c10"},
}
"""For each operation, the change that turns a recorded request into a different request.

Three operations are not listed. change_password has only secret fields, which release 6daf4a4 masked.
retry_webhook_delivery and void_payment have no fields.
"""

SINCE_7A22749 = {"capture_payment", "void_payment", "transfer_webhook_endpoint"}
"""Operations that release 6daf4a4 did not have."""

SHOW_CURRENT_STATE = {"pay_order", "capture_payment", "void_payment", "refund_order"}
"""Operations whose replay shows the current state of the payment or refund.

In this test, the payment or refund is missing in the database. The replay therefore shows the stored status
`pending`.
"""
DECIDED_BY_PROVIDER = {"status", "captured", "failure", "decided_at", "authorized_until"}


@pytest.fixture(params=RELEASES)
def recorded(request: pytest.FixtureRequest) -> Any:
    return json.loads(RELEASES[request.param].read_text())


@pytest.fixture
async def web(database_url: str, psql: asyncpg.Connection, recorded: Any) -> AsyncIterator[WebShop]:
    """Start the service with the secrets of the release that stored the records.

    The stored fingerprints and results depend on these secrets.
    """
    for name, value in recorded.get("service_secrets", {}).items():
        await psql.execute(
            "INSERT INTO service_secrets (name, value) VALUES ($1, $2)", name, bytes.fromhex(value)
        )
    container = Container(
        settings=Settings(
            database_url=database_url,
            rate_limit_enabled=False,
            webhooks_to_private_addresses=True,
            secrets_key=recorded.get("secrets_key"),
        )
    )
    container.security.hasher.override(PlainHasher())
    container.security.breached_passwords.override(ListedBreachedPasswords())
    container.mail.mailer.override(Mailbox())
    async with web_shop(container) as web:
        yield web


@pytest.fixture
async def psql(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    async with connected(database_url) as connection:
        yield connection


@pytest.fixture
async def callers(web: WebShop, psql: asyncpg.Connection, recorded: Any) -> dict[str, dict[str, str]]:
    """Store the records in the form in which the release stored them. Return the headers of each caller."""
    for row in recorded["rows"]:
        await psql.execute(
            "INSERT INTO idempotency_keys"
            " (principal, operation, key, fingerprint, result, fingerprint_version, format_version, subject)"
            " VALUES ($1, $2, $3, $4, $5::text::json, $6, $7, $8)",
            row["principal"],
            row["operation"],
            row["key"],
            bytes.fromhex(row["fingerprint"]),
            row["result"],
            row.get("fingerprint_version", 1),
            row.get("format_version", 1),
            row.get("subject"),
        )
    callers: dict[str, dict[str, str]] = {ANONYMOUS: {}}
    for name, user in recorded["principals"].items():
        email = f"{name}@replays.example.com"
        await web.container.users.sign_up()(
            SignUpCommand(
                email=sought_email_address(email), password=PASSWORD, role=Role(user["role"]), actor=SOMEBODY
            )
        )
        await psql.execute("UPDATE users SET id = $1 WHERE email = $2", user["id"], email)
        token = await web.anonymous.post("/token", data={"username": email, "password": PASSWORD})
        callers[name] = {"Authorization": f"Bearer {token.json()['access_token']}"}
    return callers


def operation_of(recorded: Any, request: Any) -> str:
    key = request["headers"]["Idempotency-Key"]
    [operation] = {row["operation"] for row in recorded["rows"] if row["key"] == key}
    return str(operation)


async def send(
    web: WebShop, callers: Mapping[str, dict[str, str]], request: Any, body: str | None
) -> httpx2.Response:
    return await web.anonymous.request(
        request["method"],
        request["path"],
        content=body and body.encode(),
        headers=request["headers"] | callers[request["principal"]],
    )


def known_fields(value: Any, recorded: Any) -> Any:
    """Return only those fields of the value that the recorded value also has.

    Later releases add other fields.
    """
    if isinstance(value, dict) and isinstance(recorded, dict):
        return {name: known_fields(value.get(name), recorded[name]) for name in recorded}
    if isinstance(value, list) and isinstance(recorded, list) and len(value) == len(recorded):
        return [known_fields(member, other) for member, other in zip(value, recorded, strict=True)]
    return value


async def test_retry_of_a_request_to_an_earlier_release_is_replayed(
    web: WebShop, recorded: Any, callers: dict[str, dict[str, str]]
) -> None:
    for request in recorded["requests"]:
        response = await send(web, callers, request, request["body"])

        expected = request["response"]
        shows_current_state = operation_of(recorded, request) in SHOW_CURRENT_STATE
        statuses = {expected["status"], 202} if shows_current_state else {expected["status"]}
        assert response.status_code in statuses, (request, response.text)
        assert response.headers["Idempotent-Replayed"] == "true"
        assert {name: response.headers[name] for name in expected["headers"]} == expected["headers"]
        if expected["body"]:
            fields = json.loads(expected["body"])
            if shows_current_state:
                fields = {name: fields[name] for name in fields.keys() - DECIDED_BY_PROVIDER}
            assert known_fields(response.json(), fields) == fields
        else:
            assert response.text == ""


async def test_idempotency_key_of_an_earlier_release_is_rejected_for_another_request(
    web: WebShop, recorded: Any, callers: dict[str, dict[str, str]]
) -> None:
    rejected = set()
    for request in recorded["requests"]:
        operation = operation_of(recorded, request)
        if request["principal"] == ANONYMOUS or operation not in ANOTHER:
            continue
        body = json.loads(request["body"] or "{}") | ANOTHER[operation]
        headers = request["headers"] | {"Content-Type": "application/json"}
        response = await send(web, callers, request | {"headers": headers}, json.dumps(body))

        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused"), request
        rejected.add(operation)
    stored = {row["operation"] for row in recorded["rows"]}
    assert rejected == (ANOTHER.keys() & stored) - {"create_user", "verify_email", "reset_password"}


async def test_anonymous_caller_can_reuse_an_idempotency_key_of_an_earlier_release(
    web: WebShop, recorded: Any, callers: dict[str, dict[str, str]]
) -> None:
    for request in recorded["requests"]:
        if request["principal"] != ANONYMOUS:
            continue
        body = json.loads(request["body"]) | ANOTHER[operation_of(recorded, request)]
        response = await send(web, callers, request, json.dumps(body))

        assert "Idempotent-Replayed" not in response.headers
        assert not response.content or response.json().get("code") != "idempotency_key_reused"


@pytest.mark.parametrize("release", RELEASES)
def test_recorded_rows_of_each_release_include_all_operations_of_that_release(release: str) -> None:
    stored = {row["operation"] for row in json.loads(RELEASES[release].read_text())["rows"]}
    operations = ANOTHER.keys() | {"change_password", "retry_webhook_delivery", "void_payment"}
    assert stored == (operations - SINCE_7A22749 if release == "6daf4a4" else operations)
