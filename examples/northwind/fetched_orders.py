"""The orders of the demo, as customers fetch them from the service."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from examples.northwind.client import Client, side_by_side
from examples.northwind.failures import DemoFailed, refusal
from examples.northwind.place import NORTHWIND_ID

PAGE = 100


@dataclass(frozen=True, slots=True)
class FetchedOrder:
    """An order of the demo, as the service returned it to its customer.

    `northwind_id` is a text that the demo sent with the order. Ordered, canceled and shipped units are counted by
    SKU. `total`, `paid` and `refunded` are in minor units.
    """

    id: UUID
    northwind_id: str
    customer_id: str
    quantities: Mapping[str, int]
    total: int
    currency: str
    paid: int
    refunded: int
    cancelled: Mapping[str, int]
    shipped: Mapping[str, int]


async def read_back(
    client: Client, tokens: Mapping[str, str], northwind_ids: Collection[int]
) -> list[FetchedOrder]:
    """Return the orders with these Northwind ids, and ignore other orders. Raises DemoFailed."""
    expected = {str(each) for each in northwind_ids}

    async def of_customer(customer_id: str) -> list[FetchedOrder]:
        return [
            _order(item, customer_id)
            for item in await _all_orders(client, tokens[customer_id])
            if item["metadata"].get(NORTHWIND_ID) in expected
        ]

    return _flat(await side_by_side(of_customer, tokens))


async def _all_orders(client: Client, token: str) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = []
    query: dict[str, str | int] = {"limit": PAGE}
    while True:
        response = await client.send("GET", "/v1/orders", token=token, params=query)
        if response.status_code != HTTPStatus.OK:
            raise DemoFailed(f"A customer's orders cannot be read: {refusal(response)}.")
        page = response.json()
        orders += page["items"]
        if page["next_cursor"] is None:
            return orders
        query["cursor"] = page["next_cursor"]


def _order(item: dict[str, Any], customer_id: str) -> FetchedOrder:
    return FetchedOrder(
        id=UUID(item["id"]),
        northwind_id=item["metadata"][NORTHWIND_ID],
        customer_id=customer_id,
        quantities={line["sku"]: line["quantity"] for line in item["lines"]},
        total=item["total"]["amount"],
        currency=item["total"]["currency"],
        paid=item["paid_total"]["amount"],
        refunded=item["refunded_total"]["amount"],
        cancelled={line["sku"]: line["cancelled"] for line in item["lines"] if line["cancelled"]},
        shipped={line["sku"]: line["fulfilled"] for line in item["lines"] if line["fulfilled"]},
    )


def _flat(lists: Iterable[list[FetchedOrder]]) -> list[FetchedOrder]:
    return [order for orders in lists for order in orders]
