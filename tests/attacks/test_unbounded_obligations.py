"""A customer is charged only once for an order, and cannot reserve all stock without paying."""

import asyncio
from collections import Counter

import pytest

from tests.kit.web import WebShop, key, order_body

PRICE = {"amount": 1999, "currency": "EUR"}


@pytest.mark.parametrize("token", ["tok_ok", "tok_timeout", "tok_pending"])
async def test_order_paid_with_several_idempotency_keys_is_charged_only_once(
    web: WebShop, token: str
) -> None:
    customer = await web.customer()
    product = await web.product(stock=1, price=1999)
    placed = await customer.post("/v1/orders", json=order_body((product, 1)), headers=key("place"))
    address = f"{placed.headers['Location']}/payments"
    body = {"amount": PRICE, "method": "sandbox", "token": token}
    responses = await asyncio.gather(
        *(customer.post(address, json=body, headers=key(f"pay-{number}")) for number in range(6))
    )
    assert Counter(response.status_code for response in responses)[409] == 5
    refused = [response.json() for response in responses if response.status_code == 409]
    assert {problem["code"] for problem in refused} <= {"payment_in_progress", "invalid_transition"}
    [payment] = (await customer.get(address)).json()["items"]
    for problem in refused:
        if problem["code"] == "payment_in_progress":
            assert problem["params"] == {"payment_id": payment["id"]}
    assert (await customer.post(address, json=body, headers=key("later"))).status_code == 409


async def test_default_settings_limit_the_number_of_unpaid_orders_per_customer(web: WebShop) -> None:
    customer = await web.customer()
    product = await web.product(stock=100_000, price=1999)
    too_large = await customer.post("/v1/orders", json=order_body((product, 1001)), headers=key("large"))
    assert (too_large.status_code, too_large.json()["code"]) == (409, "too_many_units_held")
    assert too_large.json()["params"] == {"allowed": 1000}
    statuses = [
        (await customer.post("/v1/orders", json=order_body((product, 1)), headers=key(f"k{n}"))).status_code
        for n in range(51)
    ]
    assert statuses == [201] * 50 + [409]
