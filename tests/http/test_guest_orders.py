"""Orders of guests over HTTP."""

from typing import Any

import httpx2
import pytest

from domain.users.permissions import Scope
from entrypoints.email_addresses import parse_email_address
from tests.kit.actors import SOMEBODY
from tests.kit.web import WebShop, key, order_body

GUEST = {"email": "Ann@example.com", "full_name": "Ann Example"}


async def place(web: WebShop, service_client: httpx2.AsyncClient, **guest: Any) -> httpx2.Response:
    body = order_body((await web.product(), 1), guest={**GUEST, **guest})
    return await service_client.post("/v1/orders", json=body, headers=key("guest"))


async def read(web: WebShop, placed: httpx2.Response, token: str | None = None) -> httpx2.Response:
    headers = {"Order-Token": token or placed.json()["order_token"]}
    return await web.anonymous.get(f"/v1/guest-orders/{placed.json()['id']}", headers=headers)


@pytest.mark.parametrize("caller", ["staff", "client"])
async def test_response_to_a_guest_with_the_order_token_contains_the_order(web: WebShop, caller: str) -> None:
    service_client = await web.staff() if caller == "staff" else await web.client(Scope.PLACE_ORDERS)
    placed = await place(web, service_client)
    assert placed.status_code == 201, placed.text
    order = placed.json()
    assert (order["customer_id"], order["guest"]) == (None, GUEST)
    shown = await read(web, placed)
    assert shown.status_code == 200
    assert shown.headers["ETag"] == placed.headers["ETag"]
    assert shown.json() == {name: value for name, value in order.items() if name != "order_token"} | {
        "allowed_actions": []
    }
    assert (await (await web.staff()).get(f"/v1/orders/{order['id']}")).json()["guest"] == GUEST


async def test_retry_of_an_order_for_a_guest_returns_the_same_order_token(web: WebShop) -> None:
    service_client, body = (
        await web.client(Scope.PLACE_ORDERS),
        order_body((await web.product(), 1), guest=GUEST),
    )
    first = await service_client.post("/v1/orders", json=body, headers=key("k"))
    again = await service_client.post("/v1/orders", json=body, headers=key("k"))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()


async def test_wrong_order_token_and_unknown_order_both_return_404(web: WebShop) -> None:
    service_client = await web.client(Scope.PLACE_ORDERS)
    placed = await place(web, service_client)
    other = await service_client.post(
        "/v1/orders", json=order_body((await web.product(), 1), guest=GUEST), headers=key("other")
    )
    for token in (other.json()["order_token"], "x"):
        wrong = await read(web, placed, token)
        assert (wrong.status_code, wrong.json()["code"]) == (404, "not_found")
    customer = await web.customer()
    own = await customer.post("/v1/orders", json=order_body((await web.product(), 1)), headers=key("own"))
    assert "order_token" not in own.json()
    assert (await read(web, own, placed.json()["order_token"])).status_code == 404
    missing = await web.anonymous.get(f"/v1/guest-orders/{placed.json()['id']}")
    assert (missing.status_code, missing.json()["code"]) == (422, "validation_failed")


async def test_former_order_token_is_invalid_after_a_new_order_token_is_issued(web: WebShop) -> None:
    staff = await web.staff()
    placed = await place(web, staff)
    renewed = await staff.post(f"{placed.headers['Location']}/order-token")
    assert renewed.status_code == 200
    assert (await read(web, placed)).status_code == 404
    assert (await read(web, placed, renewed.json()["order_token"])).status_code == 200
    audit = (await (await web.admin()).get("/v1/audit", params={"action": "order.token_renewed"})).json()
    assert [entry["object_id"] for entry in audit["items"]] == [placed.json()["id"]]
    service_client = await web.client(Scope.PLACE_ORDERS)
    assert (await service_client.post(f"{placed.headers['Location']}/order-token")).status_code == 403


async def test_account_can_claim_guest_orders_only_after_email_verification(web: WebShop) -> None:
    placed = await place(web, await web.client(Scope.PLACE_ORDERS))
    ann = await web.customer()
    early = await ann.post("/v1/me/claim-orders")
    assert (early.status_code, early.json()["code"]) == (409, "email_not_verified")
    await verify(web, (await ann.get("/v1/me")).json()["email"])
    assert (await ann.post("/v1/me/claim-orders")).json() == {"claimed": 1}
    order = (await ann.get(placed.headers["Location"])).json()
    assert (order["customer_id"], order["guest"]) == ((await ann.get("/v1/me")).json()["id"], None)
    assert (await read(web, placed)).status_code == 404
    assert (await ann.post("/v1/me/claim-orders")).json() == {"claimed": 0}


async def verify(web: WebShop, email: str) -> None:
    """Set the account's verified e-mail address to the e-mail address of the guest."""
    async with web.container.database.unit_of_work()(SOMEBODY) as work:
        found = await work.users.find_by_email(parse_email_address(email))
        user = await work.users.get(found.id) if found else None
        assert user is not None
        user.email, user.email_verified = parse_email_address(GUEST["email"].lower()), True
        await work.users.save(user)
        await work.commit()


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"guest": {"email": "ann"}}, "/guest/email"),
        ({"guest": {"full_name": "Ann"}}, "/guest/email"),
        ({"guest": {**GUEST, "full_name": ""}}, "/guest/full_name"),
        ({"guest": GUEST, "customer_id": "0190f3c6-7d2a-7c31-9b0e-3f6a2c1d4e5f"}, ""),
    ],
)
async def test_order_request_with_an_invalid_guest_returns_422(
    web: WebShop, changes: Any, pointer: str
) -> None:
    body = {**order_body((await web.product(), 1)), **changes}
    refused = await (await web.staff()).post("/v1/orders", json=body, headers=key("k"))
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


async def test_customer_cannot_place_an_order_for_a_guest(web: WebShop) -> None:
    refused = await place(web, await web.customer())
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
