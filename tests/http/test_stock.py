import pytest

from tests.kit.web import WebShop, key, order_body


async def test_stock_response_states_on_hand_and_reserved_and_available_units(web: WebShop) -> None:
    product = await web.product(stock=5)
    customer, staff = await web.customer(), await web.staff()
    await customer.post("/v1/orders", json=order_body((product, 2)), headers=key("1"))

    response = await staff.get(f"/v1/stock/{product['id']}")

    stock = response.json()
    assert (stock["on_hand"], stock["reserved"], stock["available"]) == (5, 2, 3)
    assert response.headers["ETag"] == f'"v{stock["version"]}"'
    assert (await customer.get(f"/v1/stock/{product['id']}")).status_code == 403


async def test_stock_count_sets_the_units_on_hand(web: WebShop) -> None:
    product = await web.product(stock=5)
    staff = await web.staff()
    counted = await staff.put(
        f"/v1/stock/{product['id']}",
        json={"on_hand": 7, "reason": "stocktaking"},
        headers={"If-Match": '"v1"'},
    )

    assert (counted.status_code, counted.json()["on_hand"]) == (200, 7)
    assert counted.headers["ETag"] == '"v2"'


async def test_stock_count_below_the_reserved_units_returns_409_and_the_reserved_units(web: WebShop) -> None:
    product = await web.product(stock=5)
    customer, staff = await web.customer(), await web.staff()
    await customer.post("/v1/orders", json=order_body((product, 3)), headers=key("1"))
    response = await staff.put(
        f"/v1/stock/{product['id']}", json={"on_hand": 2, "reason": "count"}, headers={"If-Match": '"v2"'}
    )

    assert response.status_code == 409
    assert response.json()["code"] == "stock_conflict"
    assert response.json()["params"] == {"reserved": 3}


async def test_stock_count_with_a_stale_etag_returns_412_and_the_current_etag(web: WebShop) -> None:
    product = await web.product(stock=5)
    customer, staff = await web.customer(), await web.staff()
    await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("1"))
    response = await staff.put(
        f"/v1/stock/{product['id']}", json={"on_hand": 5, "reason": "count"}, headers={"If-Match": '"v1"'}
    )

    assert response.status_code == 412
    assert response.headers["ETag"] == '"v2"'


async def test_stock_adjustment_with_one_invalid_line_returns_409(web: WebShop) -> None:
    plenty, few = await web.product(stock=5), await web.product(stock=1)
    staff = await web.staff()
    lines = [{"product_id": plenty["id"], "delta": -2}, {"product_id": few["id"], "delta": -2}]
    refused = await staff.post(
        "/v1/stock/adjustments", json={"lines": lines, "reason": "damage"}, headers=key("1")
    )

    assert refused.status_code == 409
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/lines/1/delta"]
    assert (await staff.get(f"/v1/stock/{plenty['id']}")).json()["on_hand"] == 5


async def test_response_to_a_retried_stock_adjustment_equals_the_first_response(web: WebShop) -> None:
    product = await web.product(stock=5)
    staff = await web.staff()
    body = {"lines": [{"product_id": product["id"], "delta": 3}], "reason": "receipt", "note": "No. 17"}
    first = await staff.post("/v1/stock/adjustments", json=body, headers=key("1"))
    again = await staff.post("/v1/stock/adjustments", json=body, headers=key("1"))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (await staff.get(f"/v1/stock/{product['id']}")).json()["on_hand"] == 8


async def test_stock_adjustment_requires_an_idempotency_key(web: WebShop) -> None:
    product = await web.product()
    staff = await web.staff()
    body = {"lines": [{"product_id": product["id"], "delta": 3}], "reason": "receipt"}
    response = await staff.post("/v1/stock/adjustments", json=body)

    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_required")


@pytest.mark.parametrize("reason", ["initial", "count", "reserved", "released", "theft"])
async def test_stock_adjustment_with_a_reason_that_only_orders_use_is_rejected(
    web: WebShop, reason: str
) -> None:
    product = await web.product()
    staff = await web.staff()
    body = {"lines": [{"product_id": product["id"], "delta": 3}], "reason": reason}
    response = await staff.post("/v1/stock/adjustments", json=body, headers=key("1"))

    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/reason"


async def test_stock_ledger_lists_every_movement_with_actor_and_reason(web: WebShop) -> None:
    product = await web.product(stock=5)
    customer, staff = await web.customer(), await web.staff()
    order = (await customer.post("/v1/orders", json=order_body((product, 2)), headers=key("1"))).json()
    await customer.post(f"/v1/orders/{order['id']}/cancel", headers=key("2"))

    response = await staff.get(f"/v1/stock/{product['id']}/ledger")

    movements = response.json()["items"]
    assert [(m["reason"], m["on_hand_delta"], m["reserved_delta"]) for m in movements] == [
        ("released", 0, -2),
        ("reserved", 0, 2),
        ("initial", 5, 0),
    ]
    assert {m["order_id"] for m in movements[:2]} == {order["id"]}
    assert movements[0]["actor_id"] == order["customer_id"]
    assert all(m["request_id"] for m in movements)
