"""Changes of an order with `PATCH /v1/orders/{order_id}`."""

from typing import Any

import httpx2
import pytest

from domain.users.permissions import Scope
from tests.kit.web import WebShop, key, order_body

ADDRESS = {
    "name": "Ann Example",
    "line1": "1 High Street",
    "line2": "Flat 3",
    "city": "Dublin",
    "region": None,
    "postal_code": "D01 F5P2",
    "country": "IE",
}


async def place(web: WebShop, customer: httpx2.AsyncClient) -> httpx2.Response:
    """Order two mugs with a shipping address, a note and metadata."""
    details = {"shipping_address": ADDRESS, "note": "Ring twice", "metadata": {"cart": "1", "gift": "no"}}
    return await customer.post(
        "/v1/orders", json=order_body((await web.product(), 2), **details), headers=key("place")
    )


async def change(
    client: httpx2.AsyncClient, placed: httpx2.Response, changes: Any, **headers: str
) -> httpx2.Response:
    sent = {"If-Match": placed.headers["ETag"], "Content-Type": "application/merge-patch+json", **headers}
    return await client.patch(placed.headers["Location"], json=changes, headers=sent)


@pytest.mark.parametrize("caller", ["owner", "staff"])
async def test_order_is_changed_by_its_customer_and_by_staff(web: WebShop, caller: str) -> None:
    customer = await web.customer()
    placed = await place(web, customer)
    client = customer if caller == "owner" else await web.staff()
    address = {**ADDRESS, "line1": "2 Low Street", "line2": None}
    changes = {"shipping_address": address, "note": None, "metadata": {"gift": None, "ribbon": "red"}}
    changed = await change(client, placed, changes)

    assert changed.status_code == 200
    order = (await customer.get(placed.headers["Location"])).json()
    assert (order["shipping_address"], order["note"]) == (address, None)
    assert order["metadata"] == {"cart": "1", "ribbon": "red"}
    assert changed.headers["ETag"] == f'"v{order["version"]}"' == '"v2"'
    history = (await customer.get(f"{placed.headers['Location']}/history")).json()["items"]
    assert [(row["action"], row["reason"]) for row in history] == [
        ("place", None),
        ("change", "shipping_address, note, metadata"),
    ]


async def test_order_change_with_a_missing_or_stale_if_match_is_rejected(web: WebShop) -> None:
    customer = await web.customer()
    placed = await place(web, customer)
    order = placed.headers["Location"]
    missing = await customer.patch(order, json={"note": "x"})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    outdated = await change(customer, placed, {"note": "x"}, **{"If-Match": '"v7"'})
    assert (outdated.status_code, outdated.json()["code"]) == (412, "precondition_failed")
    assert outdated.headers["ETag"] == placed.headers["ETag"]
    assert (await customer.get(order)).json() == placed.json()


async def test_order_change_after_shipping_returns_409_and_lists_the_allowed_actions(web: WebShop) -> None:
    customer, staff = await web.customer(), await web.staff()
    placed = await place(web, customer)
    order = placed.headers["Location"]
    payment = {"amount": placed.json()["total"], "method": "sandbox", "token": "tok_ok"}
    await customer.post(f"{order}/payments", json=payment, headers=key("pay"))
    units = [{"line_id": placed.json()["lines"][0]["id"], "quantity": 1}]
    shipped = await staff.post(f"{order}/fulfillments", json={"lines": units}, headers=key("ship"))
    assert shipped.status_code == 201
    present = await customer.get(order)
    refused = await change(customer, placed, {"note": "x"}, **{"If-Match": present.headers["ETag"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_transition")
    assert refused.json()["params"] == {
        "from": "confirmed",
        "action": "change",
        "allowed_actions": ["request_return"],
    }
    assert (await customer.get(order)).json() == present.json()


async def test_retry_of_an_order_change_is_replayed(web: WebShop) -> None:
    customer = await web.customer()
    placed = await place(web, customer)
    first = await change(customer, placed, {"note": "Ring once"}, **key("change"))
    again = await change(customer, placed, {"note": "Ring once"}, **key("change"))
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = await change(customer, placed, {"note": "Other"}, **key("change"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"shipping_address": {**ADDRESS, "country": "Ireland"}}, "/shipping_address/country"),
        (
            {"shipping_address": {name: part for name, part in ADDRESS.items() if name != "line2"}},
            "/shipping_address/line2",
        ),
        ({"note": ""}, "/note"),
        ({"metadata": {"": "x"}}, "/metadata"),
        ({"total": {"amount": 1, "currency": "EUR"}}, ""),
    ],
)
async def test_invalid_order_change_returns_422_and_does_not_change_the_order(
    web: WebShop, changes: Any, pointer: str
) -> None:
    customer = await web.customer()
    placed = await place(web, customer)
    refused = await change(customer, placed, changes)
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]
    assert (await customer.get(placed.headers["Location"])).json() == placed.json()


async def test_order_change_returns_404_for_another_customer_and_403_without_the_scope(web: WebShop) -> None:
    placed = await place(web, await web.customer())
    stranger = await change(await web.customer(), placed, {"note": "x"})
    assert (stranger.status_code, stranger.json()["code"]) == (404, "not_found")
    client = await change(await web.client(Scope.FULFIL_ORDERS), placed, {"note": "x"})
    assert (client.status_code, client.json()["code"]) == (403, "forbidden")
