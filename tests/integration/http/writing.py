"""A valid request for each operation that writes."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx2

from tests.kit.web import PASSWORD, WebShop, key, order_body

_numbers = count(1)

Send = Callable[[], Coroutine[Any, Any, httpx2.Response]]


@dataclass(frozen=True, slots=True)
class WriteRequests:
    """A factory of write requests, in a shop with all objects that the requests need.

    Each call returns a new request.
    """

    staff: httpx2.AsyncClient
    customer: httpx2.AsyncClient
    anonymous: httpx2.AsyncClient
    product: Mapping[str, Any]

    @classmethod
    async def of(cls, web: WebShop) -> "WriteRequests":
        return cls(
            staff=await web.staff(),
            customer=await web.customer(),
            anonymous=web.anonymous,
            product=await web.product(stock=100_000),
        )

    async def sign_up(self) -> Send:
        body = {
            "email": f"writer-{next(_numbers)}@example.com",
            "password": PASSWORD,
            "password_confirm": PASSWORD,
        }
        headers = _new_key()
        return lambda: self.anonymous.post("/v1/users", json=body, headers=headers)

    async def create_product(self) -> Send:
        body = {
            "sku": f"WRITTEN-{next(_numbers)}",
            "name": "Cup",
            "price": {"amount": 500, "currency": "EUR"},
            "initial_stock": 3,
        }
        headers = _new_key()
        return lambda: self.staff.post("/v1/products", json=body, headers=headers)

    async def change_product(self) -> Send:
        headers = {"If-Match": await self._tag(f"/v1/products/{self.product['id']}")}
        body = {"name": f"Mug no. {next(_numbers)}"}
        return lambda: self.staff.patch(f"/v1/products/{self.product['id']}", json=body, headers=headers)

    async def archive_product(self) -> Send:
        created = await (await self.create_product())()
        return lambda: self.staff.delete(created.headers["Location"], headers={"If-Match": '"v1"'})

    async def adjust_stock(self) -> Send:
        body = {"lines": [{"product_id": self.product["id"], "delta": 5}], "reason": "receipt"}
        headers = _new_key()
        return lambda: self.staff.post("/v1/stock/adjustments", json=body, headers=headers)

    async def count_stock(self) -> Send:
        headers = {"If-Match": await self._tag(f"/v1/stock/{self.product['id']}")}
        body = {"on_hand": 100_000 + next(_numbers), "reason": "stocktaking"}
        return lambda: self.staff.put(f"/v1/stock/{self.product['id']}", json=body, headers=headers)

    async def place_order(self) -> Send:
        headers = _new_key()
        body = order_body((dict(self.product), 1))
        return lambda: self.customer.post("/v1/orders", json=body, headers=headers)

    async def cancel_order(self) -> Send:
        placed = await (await self.place_order())()
        headers = _new_key()
        return lambda: self.customer.post(f"{placed.headers['Location']}/cancel", headers=headers)

    async def _tag(self, url: str) -> str:
        tag: str = (await self.staff.get(url)).headers["ETag"]
        return tag


WRITES = (
    WriteRequests.sign_up,
    WriteRequests.create_product,
    WriteRequests.change_product,
    WriteRequests.archive_product,
    WriteRequests.adjust_stock,
    WriteRequests.count_stock,
    WriteRequests.place_order,
    WriteRequests.cancel_order,
)
"""All operations that write."""


def _new_key() -> dict[str, str]:
    return key(f"write-{next(_numbers)}")
