"""Requests with one idempotency key have one effect, even if the requests reach several processes."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx2
import pytest

from tests.integration.http.services import Buyer
from tests.invariants import assert_invariants
from tests.kit.shop import Shop
from tests.kit.web import PASSWORD, WebShop, key, order_body


def replayed(response: httpx2.Response) -> bool:
    return response.headers.get("Idempotent-Replayed") == "true"


async def test_twenty_concurrent_http_orders_with_one_idempotency_key_get_equal_responses(
    service_processes: Sequence[WebShop], direct_shop: Shop
) -> None:
    mug = await service_processes[0].product(stock=100)
    ann = await Buyer.of(service_processes[0], direct_shop)
    responses = await asyncio.gather(
        *(
            ann.order(service_processes[number % len(service_processes)], order_body((mug, 2)))
            for number in range(20)
        )
    )

    first = responses[0]
    for response in responses:
        assert (response.status_code, response.json()) == (201, first.json())
        assert response.headers["Location"] == first.headers["Location"]
        assert response.headers["ETag"] == first.headers["ETag"]
    assert [replayed(response) for response in responses].count(False) == 1
    assert (await service_processes[0].anonymous.get(f"/v1/products/{mug['id']}")).json()["available"] == 98
    await assert_invariants(direct_shop)


async def test_nineteen_of_twenty_different_orders_with_one_idempotency_key_return_422(
    service_processes: Sequence[WebShop], direct_shop: Shop
) -> None:
    mug = await service_processes[0].product(stock=1000)
    ann = await Buyer.of(service_processes[0], direct_shop)
    responses = await asyncio.gather(
        *(
            ann.order(service_processes[number % len(service_processes)], order_body((mug, number + 1)))
            for number in range(20)
        )
    )

    accepted = [response for response in responses if response.status_code == 201]
    refused = [response for response in responses if response.status_code == 422]
    assert (len(accepted), len(refused)) == (1, 19)
    assert {response.json()["code"] for response in refused} == {"idempotency_key_reused"}
    assert not replayed(accepted[0])
    await assert_invariants(direct_shop)


async def test_concurrent_duplicate_requests_for_the_last_unit_get_equal_responses(
    service_processes: Sequence[WebShop], direct_shop: Shop
) -> None:
    mug = await service_processes[0].product(stock=1)
    ann = await Buyer.of(service_processes[0], direct_shop)
    responses = await asyncio.gather(
        *(
            ann.order(service_processes[number % len(service_processes)], order_body((mug, 1)))
            for number in range(20)
        )
    )

    assert [response.status_code for response in responses] == [201] * 20
    assert all(response.content == responses[0].content for response in responses)
    assert [replayed(response) for response in responses].count(False) == 1
    await assert_invariants(direct_shop)


async def test_only_one_of_twenty_orders_of_different_products_with_one_key_is_placed(
    service_processes: Sequence[WebShop], direct_shop: Shop
) -> None:
    products = [await service_processes[0].product(stock=1) for _ in range(20)]
    ann = await Buyer.of(service_processes[0], direct_shop)
    responses = await asyncio.gather(
        *(
            ann.order(service_processes[number % len(service_processes)], order_body((product, 1)))
            for number, product in enumerate(products)
        )
    )

    placed = [response for response in responses if response.status_code == 201]
    rejected = [response for response in responses if response.status_code == 422]
    assert (len(placed), len(rejected)) == (1, 19)
    assert {response.json()["code"] for response in rejected} == {"idempotency_key_reused"}
    await assert_invariants(direct_shop)


async def test_idempotency_key_used_again_with_another_body_is_rejected(
    web: WebShop, direct_shop: Shop
) -> None:
    mug = await web.product(stock=9)
    ann = await Buyer.of(web, direct_shop)
    first = await ann.order(web, order_body((mug, 1)))
    other = await ann.order(web, order_body((mug, 1), note="Ring twice"))
    again = await ann.order(web, order_body((mug, 1)))

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (again.status_code, again.json(), replayed(again)) == (201, first.json(), True)
    await assert_invariants(direct_shop)


SIGN_UP = {"email": "ann@example.com", "password": PASSWORD, "password_confirm": PASSWORD}
PRODUCT = {"sku": "MUG-RED", "name": "Mug", "price": {"amount": 1999, "currency": "EUR"}, "initial_stock": 3}


@pytest.mark.parametrize("operation", ["/v1/users", "/v1/products", "/v1/stock/adjustments", "cancel"])
async def test_concurrent_requests_with_one_idempotency_key_are_executed_only_once(
    service_processes: Sequence[WebShop], direct_shop: Shop, operation: str
) -> None:
    staff = await service_processes[0].staff()
    product = await service_processes[0].product(stock=10)
    ann = await Buyer.of(service_processes[0], direct_shop)
    order = (await ann.order(service_processes[0], order_body((product, 2)))).json()
    requests: dict[str, tuple[str, Any, int]] = {
        "/v1/users": ("/v1/users", SIGN_UP, 201),
        "/v1/products": ("/v1/products", PRODUCT, 201),
        "/v1/stock/adjustments": (
            "/v1/stock/adjustments",
            {"lines": [{"product_id": product["id"], "delta": 5}], "reason": "receipt"},
            201,
        ),
        "cancel": (f"/v1/orders/{order['id']}/cancel", {"reason": "Mistake"}, 200),
    }
    path, body, status = requests[operation]
    headers = key("same") | {"Authorization": staff.headers["Authorization"]}
    responses = await asyncio.gather(
        *(
            service_processes[number % len(service_processes)].anonymous.post(
                path, json=body, headers=headers
            )
            for number in range(20)
        )
    )

    assert [response.status_code for response in responses] == [status] * 20
    assert all(response.json() == responses[0].json() for response in responses)
    assert [replayed(response) for response in responses].count(False) == 1
    await assert_invariants(direct_shop)
