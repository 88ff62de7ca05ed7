"""An idempotency key never returns the result of another caller, and never a secret of another request."""

from base64 import b64encode
from typing import Any

import pytest

from tests.kit.store import memory_store
from tests.kit.web import PASSWORD, WebShop, container_over, key, web_shop

FIRST, SECOND = "a donkey and three paper clips", "three donkeys and a paper clip"


def sign_up(email: str, password: str = PASSWORD) -> dict[str, Any]:
    return {"email": email, "password": password, "password_confirm": password}


def change(new: str, current: str = PASSWORD) -> dict[str, Any]:
    return {"current_password": current, "new_password": new, "new_password_confirm": new}


async def test_idempotency_key_is_rejected_if_reused_with_a_different_new_password(web: WebShop) -> None:
    customer = await web.customer()
    first = await customer.post("/v1/me/password", json=change(FIRST), headers=key("k"))
    second = await customer.post("/v1/me/password", json=change(SECOND), headers=key("k"))
    retry = await customer.post("/v1/me/password", json=change(FIRST), headers=key("k"))

    assert first.status_code == 204
    assert (second.status_code, second.json()["code"]) == (422, "idempotency_key_reused")
    assert (retry.status_code, retry.headers["Idempotent-Replayed"]) == (204, "true")


async def test_idempotency_key_is_rejected_if_reused_with_a_different_current_password(web: WebShop) -> None:
    customer = await web.customer()
    await customer.post("/v1/me/password", json=change(FIRST), headers=key("k"))
    guess = await customer.post("/v1/me/password", json=change(FIRST, "a guess"), headers=key("k"))
    assert (guess.status_code, guess.json()["code"]) == (422, "idempotency_key_reused")


async def test_sign_up_retry_with_another_password_returns_409_with_the_code_email_taken(
    web: WebShop,
) -> None:
    await web.anonymous.post("/v1/users", json=sign_up("ann@example.com", FIRST), headers=key("k"))
    other = await web.anonymous.post("/v1/users", json=sign_up("ann@example.com", SECOND), headers=key("k"))
    assert (other.status_code, other.json()["code"]) == (409, "email_taken")


async def test_two_anonymous_callers_with_equal_idempotency_keys_can_both_sign_up(web: WebShop) -> None:
    ann = await web.anonymous.post("/v1/users", json=sign_up("ann@example.com"), headers=key("k"))
    bob = await web.anonymous.post("/v1/users", json=sign_up("bob@example.com"), headers=key("k"))
    assert [ann.status_code, bob.status_code] == [201, 201]
    assert "Idempotent-Replayed" not in bob.headers


async def test_anonymous_retry_with_the_same_idempotency_key_is_replayed(web: WebShop) -> None:
    first = await web.anonymous.post("/v1/users", json=sign_up("ann@example.com"), headers=key("k"))
    retry = await web.anonymous.post("/v1/users", json=sign_up("ann@example.com"), headers=key("k"))
    assert (retry.status_code, retry.json()) == (201, first.json())
    assert retry.headers["Idempotent-Replayed"] == "true"


async def test_anonymous_caller_can_reuse_an_idempotency_key_for_another_operation(web: WebShop) -> None:
    await web.anonymous.post("/v1/users", json=sign_up("ann@example.com"), headers=key("k"))
    verification = await web.anonymous.post("/v1/users/verify-email", json={"token": "x"}, headers=key("k"))
    assert verification.json()["code"] != "idempotency_key_reused"


@pytest.mark.parametrize("secrets_key", [None, b64encode(b"k" * 32).decode()])
async def test_idempotency_record_contains_no_webhook_secret_in_clear_text(
    secrets_key: str | None,
) -> None:
    store = memory_store()
    async with web_shop(container_over(store, secrets_key=secrets_key)) as web:
        staff = await web.staff()
        url = "/v1/webhook-endpoints"
        body = {"url": "https://shop.example.com/hook"}
        first = await staff.post(url, json=body, headers=key("k"))
        retry = await staff.post(url, json=body, headers=key("k"))

    secret = first.json()["secret"]
    records = store.unit_of_work._database.tables.idempotency  # type: ignore[attr-defined] # the adapter in memory has this attribute
    assert secret.startswith("whsec_")
    assert secret not in [record.result.secret for record in records.values()]
    assert retry.headers["Idempotent-Replayed"] == "true"
    assert retry.json() == {**first.json(), "secret": secret if secrets_key else None}
