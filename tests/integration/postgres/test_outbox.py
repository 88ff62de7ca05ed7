import json

import asyncpg

from tests.kit.shop import Shop


async def test_new_outbox_event_has_no_feed_position(shop: Shop, psql: asyncpg.Connection) -> None:
    mug = await shop.product(stock=3, price=1250, sku="MUG")
    order = await shop.order(mug, quantity=2)
    row = await psql.fetchrow("SELECT * FROM outbox WHERE type = 'order.placed'")
    assert (row["aggregate_type"], row["aggregate_id"], row["aggregate_version"]) == ("order", order.id, 1)
    assert row["occurred_at"] == order.placed_at
    assert row["position"] is None
    assert json.loads(row["data"]) == {
        "number": order.number,
        "customer_id": str(order.customer_id),
        "total": {"amount": 2500, "currency": "EUR"},
        "lines": [
            {
                "product_id": str(mug.id),
                "sku": "MUG",
                "quantity": 2,
                "unit_price": {"amount": 1250, "currency": "EUR"},
            }
        ],
    }
