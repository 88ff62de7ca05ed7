"""The session, the role or the scopes in a valid access token can be outdated.

The service must therefore compare the token's claims with the database.
"""

from uuid import UUID

import httpx2
import jwt
import pytest

from domain.shared.ids import UserId
from domain.users.permissions import Role, Scope
from domain.users.user import UserStatus
from tests.kit.actors import SOMEBODY
from tests.kit.web import PASSWORD, WebShop, key, order_body


def claims_of(client: httpx2.AsyncClient) -> dict[str, str]:
    token = client.headers["Authorization"].removeprefix("Bearer ")
    claims: dict[str, str] = jwt.decode(token, options={"verify_signature": False})
    return claims


async def change(
    web: WebShop, client: httpx2.AsyncClient, *, role: Role | None = None, status: UserStatus | None = None
) -> None:
    """Change the account's row, but do not end the sessions of the account."""
    async with web.container.database.unit_of_work()(SOMEBODY) as work:
        user = await work.users.get(UserId(UUID(claims_of(client)["sub"])))
        assert user is not None
        user.role, user.status = role or user.role, status or user.status
        await work.users.save(user)
        await work.commit()


async def test_access_token_of_an_ended_session_cannot_end_other_sessions(web: WebShop) -> None:
    customer = await web.customer()
    email = (await customer.get("/v1/me")).json()["email"]
    await web.anonymous.post("/token", data={"username": email, "password": PASSWORD})
    sessions = (await customer.get("/v1/me/sessions")).json()["items"]
    [other] = [session["id"] for session in sessions if not session["current"]]
    await web.anonymous.post("/oauth/revoke", data={"token": _token(customer)})
    refused = await customer.delete(f"/v1/me/sessions/{other}")
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    assert [session["id"] for session in (await customer.get("/v1/me/sessions")).json()["items"]] == [other]


async def test_demoted_staff_immediately_lose_access_to_orders_of_other_users(web: WebShop) -> None:
    mug = await web.product()
    customer, staff = await web.customer(), await web.staff()
    order = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("1"))
    address = order.headers["Location"]
    assert (await staff.get(address)).status_code == 200
    await change(web, staff, role=Role.CUSTOMER)
    assert (await staff.get("/v1/orders")).json()["items"] == []
    for path in ("", "/history", "/payments", "/refunds", "/fulfillments"):
        assert (await staff.get(f"{address}{path}")).status_code == 404
    assert (await staff.get("/v1/events")).status_code == 403


async def test_demoted_staff_immediately_lose_access_to_archived_products(web: WebShop) -> None:
    staff = await web.staff()
    mug = (await web.product())["id"]
    await staff.delete(f"/v1/products/{mug}", headers={"If-Match": '"v1"'})
    assert (await staff.get(f"/v1/products/{mug}")).status_code == 200
    await change(web, staff, role=Role.CUSTOMER)
    assert (await staff.get(f"/v1/products/{mug}")).status_code == 404
    assert (await staff.get("/v1/products?status=archived")).json()["items"] == []


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/events", "/v1/products", "/v1/audit"])
async def test_disabled_admin_cannot_read_data_of_other_users(web: WebShop, path: str) -> None:
    admin = await web.admin()
    await change(web, admin, status=UserStatus.DISABLED)
    refused = await admin.get(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "account_disabled")


async def test_access_token_of_a_disabled_client_cannot_read_orders_or_events(web: WebShop) -> None:
    client = await web.client(Scope.READ_ORDERS, Scope.READ_EVENTS)
    [name] = [each.name for each in await web.container.clients.list_clients()()]
    await web.container.clients.disable_client()(name, actor=SOMEBODY)
    assert (await client.get("/v1/orders")).status_code == 401
    assert (await client.get("/v1/events")).status_code == 401


async def test_order_request_of_a_closed_account_returns_401(web: WebShop) -> None:
    """Personal data is erased when an account is closed.

    If an order were placed later, the shipping address of this order would never be erased.
    """
    customer, mug = await web.customer(), await web.product()
    account = await customer.get("/v1/me")
    closed = await customer.delete("/v1/me", headers={"If-Match": account.headers["ETag"]})
    assert closed.status_code == 204
    refused = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("1"))
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")
    assert (await (await web.staff()).get("/v1/orders")).json()["items"] == []


async def test_order_request_of_a_disabled_account_returns_403(web: WebShop) -> None:
    customer, mug = await web.customer(), await web.product()
    await change(web, customer, status=UserStatus.DISABLED)
    refused = await customer.post("/v1/orders", json=order_body((mug, 1)), headers=key("1"))
    assert (refused.status_code, refused.json()["code"]) == (403, "account_disabled")


def _token(client: httpx2.AsyncClient) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")
