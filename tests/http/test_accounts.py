"""Reading and changing the caller's own account, and the management of accounts by admins."""

from typing import Any

import httpx2
import pytest

from tests.kit.web import PASSWORD, WebShop, key, order_body

NEW_PASSWORD = "another password of some length"
CHANGE = {
    "current_password": PASSWORD,
    "new_password": NEW_PASSWORD,
    "new_password_confirm": NEW_PASSWORD,
}


async def me(client: httpx2.AsyncClient) -> dict[str, Any]:
    account: dict[str, Any] = (await client.get("/v1/me")).json()
    return account


async def log_in(web: WebShop, email: str, password: str) -> httpx2.Response:
    return await web.anonymous.post("/token", data={"username": email, "password": password})


def if_match(version: int) -> dict[str, str]:
    return {"If-Match": f'"v{version}"'}


async def test_name_change_over_http_returns_the_account_and_a_new_etag(web: WebShop) -> None:
    ann = await web.customer()
    changed = await ann.patch("/v1/me", json={"full_name": "Ann"}, headers=if_match(1))
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"v2"')
    assert changed.json() == await me(ann)
    removed = await ann.patch("/v1/me", json={"full_name": None}, headers=if_match(2))
    assert (removed.json()["full_name"], removed.headers["ETag"]) == (None, '"v3"')


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, (428, "precondition_required")), (if_match(7), (412, "precondition_failed"))],
)
async def test_account_change_without_a_valid_if_match_is_rejected(
    web: WebShop, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    ann, boss = await web.customer(), await web.admin()
    account = f"/v1/users/{(await me(ann))['id']}"
    for response in (
        await ann.patch("/v1/me", json={"full_name": "Ann"}, headers=headers),
        await boss.patch(account, json={"role": "staff"}, headers=headers),
    ):
        assert (response.status_code, response.json()["code"]) == expected


@pytest.mark.parametrize(
    "field", ["id", "email", "role", "status", "email_verified", "password_hash", "version"]
)
async def test_profile_change_with_unknown_fields_is_rejected(web: WebShop, field: str) -> None:
    ann = await web.customer()
    before = await me(ann)
    response = await ann.patch("/v1/me", json={"full_name": "Ann", field: "admin"}, headers=if_match(1))
    assert (response.status_code, response.json()["errors"][0]["code"]) == (422, "unknown_field")
    assert await me(ann) == before


async def test_former_password_is_rejected_after_a_password_change(web: WebShop) -> None:
    ann = await web.customer()
    email = (await me(ann))["email"]
    elsewhere = (await log_in(web, email, PASSWORD)).json()
    response = await ann.post("/v1/me/password", json=CHANGE)
    assert (response.status_code, response.content) == (204, b"")
    assert (await log_in(web, email, PASSWORD)).json()["error"] == "invalid_grant"
    assert (await log_in(web, email, NEW_PASSWORD)).status_code == 200
    form = {"grant_type": "refresh_token", "refresh_token": elsewhere["refresh_token"]}
    assert (await web.anonymous.post("/token", data=form)).json()["error"] == "invalid_grant"
    assert (await ann.patch("/v1/me", json={}, headers=if_match(2))).status_code == 200


async def test_response_to_a_retried_password_change_has_the_header_idempotent_replayed(web: WebShop) -> None:
    ann = await web.customer()
    first = await ann.post("/v1/me/password", json=CHANGE, headers=key("1"))
    again = await ann.post("/v1/me/password", json=CHANGE, headers=key("1"))
    assert (first.status_code, again.status_code) == (204, 204)
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"current_password": "a wrong password"}, "/current_password", "wrong_password"),
        ({"new_password_confirm": "another"}, "/new_password_confirm", "password_mismatch"),
        ({"new_password": "short", "new_password_confirm": "short"}, "/new_password", "password_too_short"),
    ],
)
async def test_invalid_password_change_is_reported_with_field_pointer_and_error_code(
    web: WebShop, fields: dict[str, str], pointer: str, code: str
) -> None:
    ann = await web.customer()
    response = await ann.post("/v1/me/password", json=CHANGE | fields)
    assert response.status_code == 422
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [(pointer, code)]
    assert "wrong password" not in response.text


async def test_admin_can_list_and_filter_and_change_accounts(web: WebShop) -> None:
    boss, ann = await web.admin(), await web.customer()
    account = await me(ann)
    listed = (await boss.get("/v1/users", params={"email": account["email"].upper()})).json()
    assert listed == {"items": [account], "next_cursor": None}
    shown = await boss.get(f"/v1/users/{account['id']}")
    assert (shown.json(), shown.headers["ETag"]) == (account, '"v1"')
    changed = await boss.patch(
        f"/v1/users/{account['id']}", json={"role": "staff", "status": "disabled"}, headers=if_match(1)
    )
    assert (changed.json()["role"], changed.json()["status"]) == ("staff", "disabled")
    assert changed.headers["ETag"] == '"v3"'
    assert [u["id"] for u in (await boss.get("/v1/users?status=disabled")).json()["items"]] == [account["id"]]


async def test_pages_of_the_account_list_contain_every_account_exactly_once(web: WebShop) -> None:
    boss = await web.admin()
    expected = [(await me(await web.customer()))["id"] for _ in range(3)]
    met: list[str] = []
    url: str | None = "/v1/users?role=customer&limit=2&sort=created_at"
    while url:
        page = await boss.get(url)
        met += [item["id"] for item in page.json()["items"]]
        url = page.links["next"]["url"] if "next" in page.links else None
    assert met == expected


@pytest.mark.parametrize("role", ["customer", "staff"])
async def test_only_admins_can_read_accounts_of_other_users(web: WebShop, role: str) -> None:
    client = await web.customer() if role == "customer" else await web.staff()
    account = f"/v1/users/{(await me(client))['id']}"
    for response in (
        await client.get("/v1/users"),
        await client.get(account),
        await client.patch(account, json={"role": "admin"}, headers=if_match(1)),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("patch", [{"role": "staff"}, {"status": "disabled"}, {}])
async def test_request_of_an_admin_to_change_own_role_or_status_returns_403(
    web: WebShop, patch: dict[str, str]
) -> None:
    boss = await web.admin()
    response = await boss.patch(f"/v1/users/{(await me(boss))['id']}", json=patch, headers=if_match(1))
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "patch", [{"status": "closed"}, {"role": "root"}, {"role": None}, {"email": "a@example.com"}]
)
async def test_invalid_account_change_is_rejected(web: WebShop, patch: dict[str, Any]) -> None:
    boss, ann = await web.admin(), await web.customer()
    response = await boss.patch(f"/v1/users/{(await me(ann))['id']}", json=patch, headers=if_match(1))
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")


async def test_routes_that_check_the_database_reject_a_disabled_account(web: WebShop) -> None:
    boss, staff = await web.admin(), await web.staff()
    product = await web.product()
    account = await me(staff)
    await boss.patch(f"/v1/users/{account['id']}", json={"status": "disabled"}, headers=if_match(1))
    response = await staff.get(f"/v1/stock/{product['id']}")
    assert (response.status_code, response.json()["code"]) == (403, "account_disabled")
    assert (await log_in(web, account["email"], PASSWORD)).json()["error"] == "invalid_grant"


async def test_orders_of_a_closed_account_are_still_stored(web: WebShop) -> None:
    ann, staff = await web.customer(), await web.staff()
    email = (await me(ann))["email"]
    product = await web.product()
    order = (
        await ann.post("/v1/orders", json=order_body((product, 2), note="Ring"), headers=key("1"))
    ).json()
    without_version = await ann.delete("/v1/me")
    assert (without_version.status_code, without_version.json()["code"]) == (428, "precondition_required")
    closed = await ann.delete("/v1/me", headers=if_match(1))
    assert (closed.status_code, closed.content) == (204, b"")
    for response in (await ann.get("/v1/me"), await ann.delete("/v1/me", headers=if_match(2))):
        assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert (await log_in(web, email, PASSWORD)).json()["error"] == "invalid_grant"
    kept = (await staff.get(f"/v1/orders/{order['id']}")).json()
    assert (kept["total"], kept["note"], kept["status"]) == (order["total"], None, "cancelled")


async def test_request_to_close_the_last_admin_account_returns_409(web: WebShop) -> None:
    boss = await web.admin()
    response = await boss.delete("/v1/me", headers=if_match(1))
    assert (response.status_code, response.json()["code"]) == (409, "last_admin")
