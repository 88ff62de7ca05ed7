"""Place Northwind's orders over HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from examples.northwind.client import Client, side_by_side
from examples.northwind.data import Northwind, NorthwindOrder
from examples.northwind.failures import refusal

NORTHWIND_ID = "northwind_order"
"""The metadata field with the order's Northwind id."""


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order as the service returned it."""

    id: UUID
    line_ids: Mapping[str, str]
    """The ids of the order's lines by SKU."""
    is_paid: bool
    is_shipped: bool
    is_refunded: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """The result of placing all orders.

    A second run of the demo sends the same idempotency keys, so all responses are replays.
    """

    new: int
    replayed: int
    orders: Mapping[int, PlacedOrder]
    """Orders by Northwind id."""
    refusals: tuple[str, ...]


async def place_all(
    client: Client,
    northwind: Northwind,
    *,
    tokens: Mapping[str, str],
    product_ids: Mapping[str, UUID],
    progress: Callable[[], None],
) -> Placed:
    """Place every order, 32 at a time. Each idempotency key contains the Northwind id of the order."""
    orders: dict[int, PlacedOrder] = {}

    async def place(order: NorthwindOrder) -> str | bool:
        """Place the order.

        If the order was rejected, returns the reason. Otherwise returns whether the response is a replay.
        """
        response = await client.send(
            "POST",
            "/v1/orders",
            token=tokens[order.customer_id],
            key=f"northwind-{order.id}",
            json=_body(order, product_ids),
        )
        progress()
        if response.status_code not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            return f"order {order.id} was rejected: {refusal(response)}"
        orders[order.id] = _placed(response.json())
        return response.headers.get("Idempotent-Replayed") == "true"

    outcomes = await side_by_side(place, northwind.orders)
    return Placed(
        new=outcomes.count(False),
        replayed=outcomes.count(True),
        orders=orders,
        refusals=tuple(outcome for outcome in outcomes if isinstance(outcome, str)),
    )


def _body(order: NorthwindOrder, product_ids: Mapping[str, UUID]) -> dict[str, object]:
    return {
        "lines": [
            {"product_id": str(product_ids[sku]), "quantity": quantity}
            for sku, quantity in order.quantities.items()
        ],
        "shipping_address": order.shipping_address,
        "metadata": {NORTHWIND_ID: str(order.id), "ordered_on": order.ordered_on},
    }


def _placed(order: Mapping[str, Any]) -> PlacedOrder:
    return PlacedOrder(
        id=UUID(order["id"]),
        line_ids={line["sku"]: line["id"] for line in order["lines"]},
        is_paid=order["paid_total"]["amount"] > 0,
        is_shipped=order["fulfillment_status"] != "unfulfilled",
        is_refunded=order["refunded_total"]["amount"] > 0,
    )
