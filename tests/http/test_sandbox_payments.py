"""Orders that are paid with sandbox tokens.

The worker's jobs and webhooks resolve every failure.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from entrypoints.worker import jobs_of
from tests.kit.ports import FixedClock
from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, key, order_body, web_shop

PRICE = {"amount": 1999, "currency": "EUR"}


@dataclass(frozen=True, slots=True)
class Checkout:
    """A shop whose provider is the sandbox, and one order of this shop."""

    web: WebShop
    clock: FixedClock
    staff: httpx2.AsyncClient
    order: str

    async def pay(self, token: str) -> httpx2.Response:
        body = {"amount": PRICE, "method": "sandbox", "token": token}
        return await self.staff.post(f"{self.order}/payments", json=body, headers=key(f"pay-{token}"))

    async def work(self) -> None:
        """Run the worker's jobs until no work is due."""
        for _ in range(3):
            for job in jobs_of(self.web.container):
                await job()

    async def state(self) -> tuple[str, str]:
        order = (await self.staff.get(self.order)).json()
        return order["status"], order["payment_status"]

    async def refunds(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.staff.get(f"{self.order}/refunds")).json()["items"]
        return items

    async def available(self) -> int:
        line = (await self.staff.get(self.order)).json()["lines"][0]
        return int((await self.staff.get(f"/v1/stock/{line['product_id']}")).json()["available"])


@pytest.fixture
async def checkout() -> AsyncIterator[Checkout]:
    clock = FixedClock()
    container = container_over(memory_store(), token_lifetime=timedelta(hours=1))
    container.clock.override(clock)
    container.payments.gateways.reset_override()
    async with web_shop(container) as web:
        container.payments.http_client.override(web.anonymous)
        staff = await web.staff()
        product = await web.product(stock=1, price=1999)
        placed = await staff.post("/v1/orders", json=order_body((product, 1)), headers=key("place"))
        yield Checkout(web, clock, staff, placed.headers["Location"])


async def test_webhook_about_a_capture_that_is_already_recorded_changes_no_order(checkout: Checkout) -> None:
    response = await checkout.pay("tok_ok")
    assert (response.status_code, response.json()["status"]) == (201, "captured")
    before = (await checkout.staff.get(checkout.order)).json()
    await checkout.work()
    assert (await checkout.staff.get(checkout.order)).json() == before
    assert await checkout.state() == ("confirmed", "paid")


async def test_order_can_be_paid_again_after_a_payment_with_the_token_tok_declined(
    checkout: Checkout,
) -> None:
    response = await checkout.pay("tok_declined")
    assert (response.status_code, response.json()["status"]) == (201, "failed")
    await checkout.work()
    assert await checkout.state() == ("pending_payment", "unpaid")
    await checkout.pay("tok_ok")
    assert await checkout.state() == ("confirmed", "paid")


async def test_order_paid_with_tok_timeout_is_confirmed_by_a_query_after_one_minute(
    checkout: Checkout,
) -> None:
    response = await checkout.pay("tok_timeout")
    assert (response.status_code, response.json()["status"]) == (202, "pending")
    await checkout.work()
    assert await checkout.state() == ("pending_payment", "unpaid")
    checkout.clock.advance(timedelta(minutes=1))
    await checkout.work()
    assert await checkout.state() == ("confirmed", "paid")
    assert await checkout.refunds() == []


async def test_worker_refunds_the_second_charge_of_a_payment_that_was_charged_twice(
    checkout: Checkout,
) -> None:
    assert (await checkout.pay("tok_twice")).status_code == 201
    await checkout.work()
    [refund] = await checkout.refunds()
    assert (refund["status"], refund["amount"]) == ("succeeded", PRICE)
    assert (await checkout.state())[0] == "confirmed"


async def test_payment_with_the_token_tok_late_reinstates_its_order_if_stock_is_available(
    checkout: Checkout,
) -> None:
    assert (await checkout.pay("tok_late")).status_code == 202
    checkout.clock.advance(timedelta(minutes=15))
    await checkout.work()
    assert await checkout.state() == ("confirmed", "paid")
    assert await checkout.available() == 0


async def test_payment_with_the_token_tok_late_is_refunded_if_stock_is_unavailable(
    checkout: Checkout,
) -> None:
    await checkout.pay("tok_late")
    checkout.clock.advance(timedelta(minutes=15) - timedelta(microseconds=1))
    await checkout.work()
    assert await checkout.state() == ("pending_payment", "unpaid")
    checkout.clock.advance(timedelta(microseconds=1))
    line = (await checkout.staff.get(checkout.order)).json()["lines"][0]
    other = await checkout.staff.post(
        "/v1/orders",
        json={"lines": [{"product_id": line["product_id"], "quantity": 1}]},
        headers=key("another-order"),
    )
    assert other.status_code == 201
    await checkout.work()
    [refund] = await checkout.refunds()
    assert (refund["status"], refund["amount"]) == ("succeeded", PRICE)
    assert await checkout.state() == ("expired", "refunded")


async def test_worker_expires_an_unpaid_order(checkout: Checkout) -> None:
    checkout.clock.advance(timedelta(minutes=15))
    await checkout.work()
    assert await checkout.state() == ("expired", "unpaid")
    assert await checkout.available() == 1


async def test_worker_publishes_events_to_the_feed(checkout: Checkout) -> None:
    await checkout.pay("tok_ok")
    await checkout.work()
    feed = checkout.web.container.database.event_feed()
    portion = await feed.read(after=None, type_="order.confirmed", limit=10)
    assert len(portion.events) == 1
