"""Idempotency records are pruned, but the idempotency key of an order stays unique."""

from datetime import UTC, datetime, timedelta

import asyncpg

from domain.shared.actor import Actor
from tests.integration.http.services import Buyer
from tests.invariants import assert_invariants
from tests.kit.shop import Shop
from tests.kit.web import WebShop, key, order_body


async def prune_all(web: WebShop) -> None:
    assert await web.container.database.idempotency_records().prune(
        before=datetime.now(UTC) + timedelta(days=1), limit=9
    )


async def test_retry_with_a_pruned_idempotency_key_returns_200_with_the_current_order(
    web: WebShop, direct_shop: Shop
) -> None:
    mug = await web.product(stock=1)
    ann = await Buyer.of(web, direct_shop)
    placed = (await ann.order(web, order_body((mug, 1)))).json()
    url = f"/v1/orders/{placed['id']}"
    await web.anonymous.post(f"{url}/cancel", headers=ann.authorization | key("cancel"))
    await prune_all(web)
    again = await ann.order(web, order_body((mug, 1)))

    assert again.status_code == 200
    assert again.json() == (await web.anonymous.get(url, headers=ann.authorization)).json()
    assert again.json()["status"] == "cancelled"
    assert (again.headers["Location"], again.headers["ETag"]) == (url, '"v2"')
    assert again.headers["Idempotent-Replayed"] == "true"
    await assert_invariants(direct_shop)


async def test_retry_with_a_pruned_idempotency_key_returns_the_order_of_the_last_unit(
    web: WebShop, direct_shop: Shop
) -> None:
    mug = await web.product(stock=1)
    ann, bob = await Buyer.of(web, direct_shop), await Buyer.of(web, direct_shop)
    placed = await ann.order(web, order_body((mug, 1)))
    await prune_all(web)
    again = await ann.order(web, order_body((mug, 1)))
    late = await bob.order(web, order_body((mug, 1)))

    assert (again.status_code, again.json()) == (200, placed.json())
    assert (late.status_code, late.json()["code"]) == (409, "out_of_stock")
    await assert_invariants(direct_shop)


async def test_order_request_with_a_pruned_idempotency_key_and_another_body_returns_422(
    web: WebShop, direct_shop: Shop
) -> None:
    mug = await web.product(stock=9)
    ann = await Buyer.of(web, direct_shop)
    placed = await ann.order(web, order_body((mug, 1)))
    await prune_all(web)
    other = await ann.order(web, order_body((mug, 5)))

    assert placed.status_code == 201
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (await web.anonymous.get(f"/v1/products/{mug['id']}")).json()["available"] == 8
    await assert_invariants(direct_shop)


async def test_retry_of_a_pruned_order_returns_409_with_the_code_order_expired(
    web: WebShop, direct_shop: Shop, psql: asyncpg.Connection
) -> None:
    mug = await web.product(stock=1)
    ann = await Buyer.of(web, direct_shop)
    placed = (await ann.order(web, order_body((mug, 1)))).json()
    await psql.execute("UPDATE orders SET expires_at = now() - interval '1 minute'")
    await web.container.orders.expire_orders()(limit=9, actor=Actor(None, "worker"))
    await prune_all(web)
    await psql.execute(
        "UPDATE orders SET placed_at = now() - interval '31 days', updated_at = now() - interval '31 days'"
    )
    await web.container.retention.prune_expired_orders()()
    late = await ann.order(web, order_body((mug, 1)))
    other = await ann.order(web, order_body((mug, 5)))

    assert (late.status_code, late.json()["code"]) == (409, "order_expired")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    gone = await web.anonymous.get(f"/v1/orders/{placed['id']}", headers=ann.authorization)
    assert gone.status_code == 404
    assert (await web.anonymous.get(f"/v1/products/{mug['id']}")).json()["available"] == 1
    assert (await web.anonymous.get("/problems/order_expired")).status_code == 200
    await assert_invariants(direct_shop, pruned=1)
