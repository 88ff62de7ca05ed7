from uuid import uuid4

import pytest

from tests.kit.web import WebShop, key, order_body

ADDRESS = {
    "name": "Ann Example",
    "line1": "1 High Street",
    "line2": None,
    "city": "Dublin",
    "region": None,
    "postal_code": "D01 F5P2",
    "country": "IE",
}


async def test_response_to_an_order_request_has_location_and_etag_and_total_and_status(web: WebShop) -> None:
    mug, pot = await web.product(price=1999, stock=5), await web.product(price=4500, stock=1)
    customer = await web.customer()
    body = order_body((mug, 2), (pot, 1), shipping_address=ADDRESS, note="Ring twice", metadata={"till": "3"})
    response = await customer.post("/v1/orders", json=body, headers=key("1"))

    assert response.status_code == 201
    order = response.json()
    assert response.headers["Location"] == f"/v1/orders/{order['id']}"
    assert response.headers["ETag"] == '"v1"'
    assert order["total"] == {"amount": 2 * 1999 + 4500, "currency": "EUR"}
    assert order["status"] == "pending_payment"
    assert order["allowed_actions"] == ["pay", "cancel", "cancel_lines", "change"]
    assert (order["shipping_address"], order["note"], order["metadata"]) == (
        ADDRESS,
        "Ring twice",
        {"till": "3"},
    )
    assert (await web.anonymous.get(f"/v1/products/{mug['id']}")).json()["available"] == 3
    assert (await customer.get(f"/v1/orders/{order['id']}")).json() == order


async def test_order_request_requires_an_idempotency_key(web: WebShop) -> None:
    product = await web.product()
    customer = await web.customer()
    response = await customer.post("/v1/orders", json=order_body((product, 1)))

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_required")


@pytest.mark.parametrize("bad", ["", "with space", "ümlaut".encode().decode("latin-1"), "x" * 256])
async def test_malformed_idempotency_key_is_rejected(web: WebShop, bad: str) -> None:
    product = await web.product()
    customer = await web.customer()
    response = await customer.post(
        "/v1/orders",
        json=order_body((product, 1)),
        headers=[(b"Idempotency-Key", bad.encode("latin-1"))],
    )

    assert (response.status_code, response.json()["code"]) == (400, "invalid_idempotency_key")


async def test_response_to_an_out_of_stock_order_lists_every_unavailable_line(web: WebShop) -> None:
    mug, pot, jug = await web.product(stock=1), await web.product(stock=9), await web.product(stock=0)
    customer = await web.customer()
    response = await customer.post(
        "/v1/orders", json=order_body((mug, 2), (pot, 1), (jug, 1)), headers=key("1")
    )

    assert response.status_code == 409
    problem = response.json()
    assert problem["detail"] == "2 of 3 lines cannot be supplied."
    assert [(error["pointer"], error["params"]["available"]) for error in problem["errors"]] == [
        ("/lines/0/quantity", 1),
        ("/lines/2/quantity", 0),
    ]
    assert (await web.anonymous.get(f"/v1/products/{pot['id']}")).json()["available"] == 9


async def test_idempotency_key_of_a_rejected_order_can_be_used_again(web: WebShop) -> None:
    product = await web.product(stock=0)
    customer, staff = await web.customer(), await web.staff()
    refused = await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))
    delivery = {"lines": [{"product_id": product["id"], "delta": 1}], "reason": "receipt"}
    await staff.post("/v1/stock/adjustments", json=delivery, headers=key("d"))
    placed = await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))

    assert (refused.status_code, placed.status_code) == (409, 201)
    assert "Idempotent-Replayed" not in placed.headers


async def test_order_lines_with_the_same_product_are_combined(web: WebShop) -> None:
    product = await web.product(stock=5, price=100)
    customer = await web.customer()
    order = await customer.post("/v1/orders", json=order_body((product, 2), (product, 3)), headers=key("1"))
    more = await customer.post("/v1/orders", json=order_body((product, 1), (product, 1)), headers=key("2"))

    assert [line["quantity"] for line in order.json()["lines"]] == [5]
    assert more.json()["errors"][0]["params"]["requested"] == 2


async def test_order_request_with_an_unexpected_total_returns_the_current_total(web: WebShop) -> None:
    product = await web.product(price=1999)
    customer = await web.customer()
    body = order_body((product, 1), expected_total={"amount": 1499, "currency": "EUR"})
    response = await customer.post("/v1/orders", json=body, headers=key("1"))

    assert (response.status_code, response.json()["code"]) == (409, "price_changed")
    assert response.json()["errors"][0]["params"] == {"amount": 1999, "currency": "EUR"}


async def test_unavailable_product_cannot_be_ordered(web: WebShop) -> None:
    product, limited = await web.product(), await web.product(max_per_order=2)
    yen = await web.product(currency="JPY")
    staff, customer = await web.staff(), await web.customer()
    gone = await web.product()
    await staff.delete(f"/v1/products/{gone['id']}", headers={"If-Match": '"v1"'})
    body = order_body((product, 1), ({"id": str(uuid4())}, 1), (gone, 1), (limited, 3), (yen, 1))
    response = await customer.post("/v1/orders", json=body, headers=key("1"))

    assert (response.status_code, response.json()["code"]) == (409, "product_unavailable")
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [
        ("/lines/1/product_id", "not_for_sale"),
        ("/lines/2/product_id", "not_for_sale"),
        ("/lines/3/quantity", "max_per_order_exceeded"),
        ("/lines/4/product_id", "other_currency"),
    ]


async def test_price_change_does_not_affect_placed_orders(web: WebShop) -> None:
    product = await web.product(price=1000)
    customer, staff = await web.customer(), await web.staff()
    order = (await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))).json()
    changed = {"price": {"amount": 9000, "currency": "EUR"}, "name": "Grail"}
    await staff.patch(f"/v1/products/{product['id']}", json=changed, headers={"If-Match": '"v2"'})

    assert (await customer.get(f"/v1/orders/{order['id']}")).json() == order


async def test_response_to_an_order_with_a_total_of_zero_has_the_status_confirmed(web: WebShop) -> None:
    product = await web.product(price=0)
    customer = await web.customer()
    order = (await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))).json()

    assert (order["status"], order["payment_status"]) == ("confirmed", "paid")


async def test_retry_of_an_order_is_replayed_but_rejected_if_the_body_differs(web: WebShop) -> None:
    product = await web.product(stock=5)
    customer = await web.customer()
    first = await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))
    again = await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))
    other = await customer.post("/v1/orders", json=order_body((product, 2)), headers=key("1"))

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (await web.anonymous.get(f"/v1/products/{product['id']}")).json()["available"] == 4


async def test_two_customers_can_use_equal_idempotency_keys(web: WebShop) -> None:
    product = await web.product(stock=5)
    ann, bob = await web.customer(), await web.customer()
    first = await ann.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))
    second = await bob.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))

    assert first.json()["id"] != second.json()["id"]


async def test_preview_response_has_the_total_or_the_code_out_of_stock(web: WebShop) -> None:
    product = await web.product(price=1999, stock=5)
    customer = await web.customer()
    response = await customer.post("/v1/orders/preview", json=order_body((product, 2)))
    short = await customer.post("/v1/orders/preview", json=order_body((product, 6)))

    assert (response.status_code, response.json()["total"]["amount"]) == (200, 3998)
    assert short.json()["code"] == "out_of_stock"
    assert (await web.anonymous.get(f"/v1/products/{product['id']}")).json()["available"] == 5


async def test_only_staff_can_find_an_order_of_another_customer(web: WebShop) -> None:
    product = await web.product()
    ann, bob, staff = await web.customer(), await web.customer(), await web.staff()
    order = (await ann.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))).json()
    url = f"/v1/orders/{order['id']}"

    assert (await bob.get(url)).status_code == 404
    assert (await bob.get(f"{url}/history")).status_code == 404
    assert (await bob.post(f"{url}/cancel", headers=key("2"))).status_code == 404
    assert (await bob.get("/v1/orders")).json()["items"] == []
    assert (await bob.get(f"/v1/orders?customer_id={order['customer_id']}")).json()["items"] == []
    assert (await staff.get(url)).json() == order
    assert (await staff.get(f"/v1/orders?customer_id={order['customer_id']}")).json()["items"] == [order]


async def test_order_cancellation_response_and_history_show_the_status_cancelled(web: WebShop) -> None:
    product = await web.product(stock=5)
    customer = await web.customer()
    order = (await customer.post("/v1/orders", json=order_body((product, 2)), headers=key("1"))).json()
    response = await customer.post(
        f"/v1/orders/{order['id']}/cancel", json={"reason": "Mistake"}, headers=key("2")
    )
    history = await customer.get(f"/v1/orders/{order['id']}/history")

    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    assert response.headers["ETag"] == '"v2"'
    assert (await web.anonymous.get(f"/v1/products/{product['id']}")).json()["available"] == 5
    assert [(row["action"], row["from"], row["to"], row["reason"]) for row in history.json()["items"]] == [
        ("place", None, "pending_payment", None),
        ("cancel", "pending_payment", "cancelled", "Mistake"),
    ]


async def test_error_for_a_second_cancellation_lists_no_allowed_action(web: WebShop) -> None:
    product = await web.product()
    customer = await web.customer()
    order = (await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))).json()
    await customer.post(f"/v1/orders/{order['id']}/cancel", headers=key("2"))
    response = await customer.post(f"/v1/orders/{order['id']}/cancel", headers=key("3"))

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert response.json()["params"] == {"from": "cancelled", "action": "cancel", "allowed_actions": []}


async def test_orders_are_listed_newest_first_and_filtered_by_status(web: WebShop) -> None:
    product = await web.product(stock=9)
    customer = await web.customer()
    placed = [
        (await customer.post("/v1/orders", json=order_body((product, 1)), headers=key(str(n)))).json()
        for n in range(3)
    ]
    await customer.post(f"/v1/orders/{placed[0]['id']}/cancel", headers=key("c"))

    newest_first = [item["id"] for item in (await customer.get("/v1/orders")).json()["items"]]
    pending = await customer.get("/v1/orders?status=pending_payment&sort=placed_at&limit=1")
    last = await customer.get(pending.links["next"]["url"])

    assert newest_first == [order["id"] for order in reversed(placed)]
    assert [item["id"] for item in pending.json()["items"]] == [placed[1]["id"]]
    assert [item["id"] for item in last.json()["items"]] == [placed[2]["id"]]
    assert last.json()["next_cursor"] is None
