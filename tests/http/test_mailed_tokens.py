"""E-mail verification and password reset over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from application.mail.message import Message
from tests.kit.mailbox import Mailbox
from tests.kit.store import memory_store
from tests.kit.web import PASSWORD, WebShop, container_over, key, web_shop

ANN = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD, "full_name": "Ann"}
NEW_PASSWORD = "another password of some length"


@pytest.fixture
async def verifying() -> AsyncIterator[WebShop]:
    """The service with the setting that requires e-mail verification."""
    async with web_shop(container_over(memory_store(), email_verification=True)) as web:
        yield web


async def mailbox(web: WebShop) -> Mailbox:
    """Deliver due mail, and return the mailbox."""
    await web.container.mail.deliver_mail()()
    box = web.container.mail.mailer()
    assert isinstance(box, Mailbox)
    return box


async def log_in(web: WebShop, password: str = PASSWORD) -> httpx2.Response:
    return await web.anonymous.post("/token", data={"username": "ann@example.com", "password": password})


async def reset(web: WebShop, token: str, **fields: str) -> httpx2.Response:
    body = {"token": token, "password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD, **fields}
    return await web.anonymous.post("/v1/password-resets/confirm", json=body)


def without_id(response: httpx2.Response) -> dict[str, Any]:
    headers = {name: value for name, value in response.headers.items() if name != "x-request-id"}
    return {"status": response.status_code, "headers": headers, "body": response.json()}


async def test_user_can_log_in_after_verification_of_the_email_address(verifying: WebShop) -> None:
    requested = await verifying.anonymous.post("/v1/users", json=ANN)
    assert requested.status_code == 202
    assert "Location" not in requested.headers
    pending = await log_in(verifying)
    assert (pending.status_code, pending.json()["error"]) == (400, "invalid_grant")
    body = {"token": (await mailbox(verifying)).token()}
    verified = await verifying.anonymous.post("/v1/users/verify-email", json=body)
    again = await verifying.anonymous.post("/v1/users/verify-email", json=body)
    assert (verified.status_code, verified.content) == (204, b"")
    assert again.status_code == 422
    assert [(e["pointer"], e["code"]) for e in again.json()["errors"]] == [("/token", "token_not_valid")]
    assert (await log_in(verifying)).status_code == 200


async def test_sign_up_response_does_not_reveal_known_email_addresses(verifying: WebShop) -> None:
    first = await verifying.anonymous.post("/v1/users", json=ANN)
    pending = await verifying.anonymous.post("/v1/users", json=ANN | {"full_name": "Eve"})
    await verifying.anonymous.post(
        "/v1/users/verify-email", json={"token": (await mailbox(verifying)).token()}
    )
    known = await verifying.anonymous.post("/v1/users", json=ANN)
    assert without_id(first) == without_id(pending) == without_id(known)


async def test_email_address_can_be_changed_with_the_password_and_a_mailed_token(web: WebShop) -> None:
    await web.anonymous.post("/v1/users", json=ANN)
    here, elsewhere = [(await log_in(web)).json() for _ in range(2)]
    headers = {"Authorization": f"Bearer {here['access_token']}"}
    body = {"email": "Ann.New@example.com", "current_password": "a wrong password"}
    wrong = await web.anonymous.post("/v1/me/email", json=body, headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/current_password")
    requested = [
        await web.anonymous.post(
            "/v1/me/email", json=body | {"current_password": PASSWORD}, headers=headers | key("change")
        )
        for _ in range(2)
    ]
    assert [response.status_code for response in requested] == [202, 202]
    assert requested[1].headers["Idempotent-Replayed"] == "true"
    messages = (await mailbox(web)).messages
    assert sorted(message.to.typed for message in messages) == ["Ann.New@example.com", "ann@example.com"]
    (index,) = [n for n, message in enumerate(messages) if message.to.typed == "Ann.New@example.com"]
    token = {"token": (await mailbox(web)).token(index)}
    assert (await web.anonymous.post("/v1/users/verify-email", json=token)).status_code == 204
    assert (await log_in(web)).status_code == 400
    new = {"username": "ann.new@example.com", "password": PASSWORD}
    assert (await web.anonymous.post("/token", data=new)).status_code == 200
    refreshed = [
        await web.anonymous.post(
            "/token", data={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        )
        for tokens in (here, elsewhere)
    ]
    assert [response.status_code for response in refreshed] == [200, 400]


async def test_password_reset_response_does_not_reveal_known_email_addresses(web: WebShop) -> None:
    await web.anonymous.post("/v1/users", json=ANN)
    known, unknown = [
        await web.anonymous.post("/v1/password-resets", json={"email": f"{name}@example.com"})
        for name in ("ann", "nobody")
    ]
    assert known.status_code == 202
    assert without_id(known) == without_id(unknown)
    assert [message.to.typed for message in (await mailbox(web)).messages] == ["ann@example.com"]


async def test_former_password_is_rejected_after_a_password_reset(web: WebShop) -> None:
    await web.anonymous.post("/v1/users", json=ANN)
    refresh_token = (await log_in(web)).json()["refresh_token"]
    await web.anonymous.post("/v1/password-resets", json={"email": "ANN@example.com"})
    token = (await mailbox(web)).token()
    response = await reset(web, token)
    assert (response.status_code, response.content) == (204, b"")
    assert (await log_in(web)).json()["error"] == "invalid_grant"
    assert (await log_in(web, NEW_PASSWORD)).status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    assert (await web.anonymous.post("/token", data=form)).json()["error"] == "invalid_grant"
    again = await reset(web, token)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "token_not_valid")
    assert token not in again.text


async def test_password_mismatch_in_a_reset_request_is_reported_at_the_confirmation_field(
    web: WebShop,
) -> None:
    response = await reset(web, "x", password_confirm="another")
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == ["/password_confirm"]


async def test_password_reset_with_a_used_idempotency_key_and_another_body_is_rejected(web: WebShop) -> None:
    await web.anonymous.post("/v1/users", json=ANN)
    await web.anonymous.post("/v1/password-resets", json={"email": "ann@example.com"})
    body = {"token": (await mailbox(web)).token(), "password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD}
    url = "/v1/password-resets/confirm"
    assert (await web.anonymous.post(url, json=body, headers=key("1"))).status_code == 204
    replayed = await web.anonymous.post(url, json=body, headers=key("1"))
    other_token = await web.anonymous.post(url, json=body | {"token": "another"}, headers=key("1"))
    other = {"password": PASSWORD, "password_confirm": PASSWORD}
    other_password = await web.anonymous.post(url, json=body | other, headers=key("1"))
    assert (replayed.status_code, replayed.headers["Idempotent-Replayed"]) == (204, "true")
    for response in (other_token, other_password):
        assert response.json()["errors"][0]["pointer"] == "/token"


async def test_mail_links_lead_to_the_storefront() -> None:
    container = container_over(memory_store(), storefront_url="https://shop.example/de")
    async with web_shop(container) as web:
        await web.anonymous.post("/v1/users", json=ANN)
        await web.anonymous.post("/v1/password-resets", json={"email": "ann@example.com"})
        (message,) = (await mailbox(web)).messages
    assert "\n    https://shop.example/de/reset-password#token=" in message.text


async def test_requested_mail_is_sent_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrypoints.lifespan.SEND_MAIL_EVERY", timedelta(milliseconds=5))
    container = container_over(memory_store())
    arrived = asyncio.Event()

    class Letterbox(Mailbox):
        async def send(self, message: Message) -> None:
            await super().send(message)
            arrived.set()

    container.mail.mailer.override(Letterbox())
    async with web_shop(container) as web, asyncio.timeout(10):
        await web.anonymous.post("/v1/users", json=ANN)
        await web.anonymous.post("/v1/password-resets", json={"email": "ann@example.com"})
        await arrived.wait()
