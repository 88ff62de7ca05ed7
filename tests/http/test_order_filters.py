"""Filters of `GET /v1/orders`."""

from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.kit.web import WebShop, key, order_body


async def numbers(client: httpx2.AsyncClient, **filters: Any) -> set[str]:
    """Return the numbers of the listed orders."""
    response = await client.get("/v1/orders", params=filters)
    assert response.status_code == 200, response.text
    return {order["number"] for order in response.json()["items"]}


async def place(customer: httpx2.AsyncClient, product: Any, name: str) -> dict[str, Any]:
    placed = await customer.post("/v1/orders", json=order_body((product, 1)), headers=key(name))
    assert placed.status_code == 201
    order: dict[str, Any] = placed.json()
    return order


async def pay(customer: httpx2.AsyncClient, order: dict[str, Any]) -> None:
    body = {"amount": order["total"], "method": "sandbox", "token": "tok_ok"}
    paid = await customer.post(f"/v1/orders/{order['id']}/payments", json=body, headers=key(order["id"]))
    assert paid.status_code == 201


async def ship(staff: httpx2.AsyncClient, order: dict[str, Any]) -> None:
    body = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": 1}]}
    shipped = await staff.post(f"/v1/orders/{order['id']}/fulfillments", json=body, headers=key(order["id"]))
    assert shipped.status_code == 201


async def test_staff_can_find_orders_with_each_filter(web: WebShop) -> None:
    staff, ann, bob = await web.staff(), await web.customer(), await web.customer()
    mug, cup = await web.product(), await web.product()
    unpaid, paid = await place(ann, mug, "unpaid"), await place(ann, cup, "paid")
    shipped = await place(bob, cup, "shipped")
    await pay(ann, paid)
    await pay(bob, shipped)
    await ship(staff, shipped)
    changed_last = (await staff.get(f"/v1/orders/{shipped['id']}")).json()["updated_at"]
    email = (await bob.get("/v1/me")).json()["email"]

    assert await numbers(staff, number=paid["number"]) == {paid["number"]}
    assert await numbers(staff, payment_status="paid") == {paid["number"], shipped["number"]}
    assert await numbers(staff, payment_status="unpaid") == {unpaid["number"]}
    assert await numbers(staff, fulfillment_status="fulfilled") == {shipped["number"]}
    assert await numbers(staff, fulfillment_status="unfulfilled") == {unpaid["number"], paid["number"]}
    assert await numbers(staff, product_id=cup["id"]) == {paid["number"], shipped["number"]}
    assert await numbers(staff, email=email.upper()) == {shipped["number"]}
    assert await numbers(staff, updated_after=changed_last) == {shipped["number"]}
    assert await numbers(staff, product_id=cup["id"], customer_id=paid["customer_id"]) == {paid["number"]}
    assert await numbers(staff, number="0000-0000-0000") == set()


async def test_customer_can_find_only_own_orders_with_order_filters(web: WebShop) -> None:
    ann, bob, mug = await web.customer(), await web.customer(), await web.product()
    of_ann, of_bob = await place(ann, mug, "ann"), await place(bob, mug, "bob")
    for filters in (
        {"number": of_bob["number"]},
        {"email": (await bob.get("/v1/me")).json()["email"]},
        {"customer_id": of_bob["customer_id"]},
    ):
        assert await numbers(ann, **filters) == set()
    assert await numbers(ann, product_id=mug["id"]) == {of_ann["number"]}


async def test_next_page_of_a_filtered_order_list_has_the_same_filter(web: WebShop) -> None:
    staff, ann = await web.staff(), await web.customer()
    mug, cup = await web.product(), await web.product()
    found = {(await place(ann, mug, f"mug-{n}"))["number"] for n in range(3)}
    await place(ann, cup, "cup")
    first = (await staff.get("/v1/orders", params={"product_id": mug["id"], "limit": 2})).json()
    second = await numbers(staff, product_id=mug["id"], limit=2, cursor=first["next_cursor"])
    assert {order["number"] for order in first["items"]} | second == found
    other = await staff.get(f"/v1/orders?product_id={cup['id']}&limit=2&cursor={quote(first['next_cursor'])}")
    assert (other.status_code, other.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    "filters",
    [
        {"payment_status": "lost"},
        {"fulfillment_status": "shipped"},
        {"updated_after": "yesterday"},
        {"product_id": "MUG-1"},
        {"email": "ann"},
        {"number": "x" * 21},
    ],
)
async def test_invalid_order_filter_returns_422(web: WebShop, filters: dict[str, str]) -> None:
    response = await (await web.staff()).get("/v1/orders", params=filters)
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert [error["parameter"] for error in response.json()["errors"]] == list(filters)
