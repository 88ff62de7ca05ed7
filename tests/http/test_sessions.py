"""Listing and ending sessions, and the effects of an ended session or a removed role."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from domain.shared.ids import UserId
from domain.users.permissions import Role
from domain.users.user import UserStatus
from tests.kit.actors import SOMEBODY
from tests.kit.web import PASSWORD, WebShop, key, order_body


async def sessions(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/v1/me/sessions")).json()["items"]
    return items


async def change_account(web: WebShop, client: httpx2.AsyncClient, **fields: Any) -> None:
    """Change an account that has valid tokens."""
    user_id = UserId(UUID((await client.get("/v1/me")).json()["id"]))
    async with web.container.database.unit_of_work()(SOMEBODY) as work:
        user = await work.users.get(user_id)
        assert user
        for name, value in fields.items():
            setattr(user, name, value)
        await work.users.save(user)
        await work.commit()


async def end_every_session(client: httpx2.AsyncClient) -> None:
    for session in await sessions(client):
        await client.delete(f"/v1/me/sessions/{session['id']}")


async def test_session_list_marks_the_current_session_and_hides_tokens(web: WebShop) -> None:
    ann = await web.customer()
    email = (await ann.get("/v1/me")).json()["email"]
    form = {"username": email, "password": PASSWORD}
    await web.anonymous.post("/token", data=form, headers={"User-Agent": "Ann's\tphone " + "x" * 300})

    phone, browser = await sessions(ann)

    assert (phone["current"], browser["current"]) == (False, True)
    assert phone["user_agent"] == "Ann'sphone " + "x" * 188
    assert sorted(phone) == ["created_at", "current", "expires_at", "id", "last_used_at", "user_agent"]


async def test_second_deletion_of_a_session_returns_404(web: WebShop) -> None:
    ann = await web.customer()
    email = (await ann.get("/v1/me")).json()["email"]
    await web.anonymous.post("/token", data={"username": email, "password": PASSWORD})
    other, own = await sessions(ann)
    ended = await ann.delete(f"/v1/me/sessions/{other['id']}")
    again = await ann.delete(f"/v1/me/sessions/{other['id']}")
    assert (ended.status_code, ended.content) == (204, b"")
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    assert await sessions(ann) == [own]


async def test_request_to_end_a_session_of_another_user_returns_404(web: WebShop) -> None:
    ann, bob = await web.customer(), await web.customer()
    (session,) = await sessions(ann)
    assert (await bob.delete(f"/v1/me/sessions/{session['id']}")).status_code == 404
    assert await sessions(ann) == [session]


async def test_demoted_staff_cannot_read_stock_although_the_access_token_is_still_valid(web: WebShop) -> None:
    staff = await web.staff()
    product = await web.product()
    assert (await staff.get(f"/v1/stock/{product['id']}")).status_code == 200
    await change_account(web, staff, role=Role.CUSTOMER)
    response = await staff.get(f"/v1/stock/{product['id']}")
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


async def test_granted_role_takes_effect_immediately(web: WebShop) -> None:
    ann = await web.customer()
    product = await web.product()
    await change_account(web, ann, role=Role.STAFF)
    assert (await ann.get(f"/v1/stock/{product['id']}")).status_code == 200


@pytest.mark.parametrize(
    ("status", "expected"),
    [(UserStatus.DISABLED, (403, "account_disabled")), (UserStatus.CLOSED, (401, "invalid_token"))],
)
async def test_disabled_or_closed_account_cannot_read_stock_or_cancel_orders(
    web: WebShop, status: UserStatus, expected: tuple[int, str]
) -> None:
    staff = await web.staff()
    product = await web.product()
    order = (await staff.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))).json()
    await change_account(web, staff, status=status)
    stock = await staff.get(f"/v1/stock/{product['id']}")
    cancelled = await staff.post(f"/v1/orders/{order['id']}/cancel", headers=key("2"))
    assert (stock.status_code, stock.json()["code"]) == expected
    assert (cancelled.status_code, cancelled.json()["code"]) == expected


async def test_ended_session_cannot_read_stock(web: WebShop) -> None:
    staff = await web.staff()
    product = await web.product()
    await end_every_session(staff)
    response = await staff.get(f"/v1/stock/{product['id']}")
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
