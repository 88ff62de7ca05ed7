"""Rejected payments, refunds, parcels, cancellations and returns change nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.kit.web import WebShop, key, order_body

TOTAL = {"amount": 3998, "currency": "EUR"}
PAYMENT = {"amount": TOTAL, "method": "sandbox", "token": "tok_ok"}


@dataclass(frozen=True, slots=True)
class SoldOrder:
    """An order of two mugs, and the objects that actions on the order have created."""

    customer: httpx2.AsyncClient
    staff: httpx2.AsyncClient
    url: str
    line_id: str
    product_id: str
    payment: str = ""
    returned: str = ""

    async def state(self) -> dict[str, Any]:
        """Return all data that the API shows about the order, and the stock of the ordered product."""
        parts = ("", "/payments", "/refunds", "/fulfillments", "/returns", "/history")
        urls = [*(f"{self.url}{part}" for part in parts), f"/v1/stock/{self.product_id}"]
        answers = [await self.staff.get(url) for url in urls]
        assert all(answer.is_success for answer in answers)
        return {url: answer.json() for url, answer in zip(urls, answers, strict=True)}

    def units(self, quantity: object) -> dict[str, Any]:
        return {"lines": [{"line_id": self.line_id, "quantity": quantity}]}


async def placed(web: WebShop) -> SoldOrder:
    customer, staff = await web.customer(), await web.staff()
    product = await web.product(price=1999, stock=5)
    made = await customer.post("/v1/orders", json=order_body((product, 2)), headers=key("place"))
    [line] = made.json()["lines"]
    return SoldOrder(customer, staff, made.headers["Location"], line["id"], product["id"])


async def paid(web: WebShop, **fields: str) -> SoldOrder:
    sold = await placed(web)
    body = {**PAYMENT, **fields}
    made = await sold.customer.post(f"{sold.url}/payments", json=body, headers=key("pay"))
    return SoldOrder(
        sold.customer, sold.staff, sold.url, sold.line_id, sold.product_id, made.headers["Location"]
    )


async def authorized(web: WebShop) -> SoldOrder:
    return await paid(web, capture_method="manual")


async def waiting_for_the_bank(web: WebShop) -> SoldOrder:
    return await paid(web, token="tok_3ds")


async def returned(web: WebShop) -> SoldOrder:
    """Return an order with two shipped units. One of the units is in a return."""
    sold = await paid(web)
    await sold.staff.post(f"{sold.url}/fulfillments", json=sold.units(2), headers=key("ship"))
    body = {**sold.units(1), "reason": "Too small"}
    made = await sold.customer.post(f"{sold.url}/returns", json=body, headers=key("return"))
    location = made.headers["Location"]
    return SoldOrder(
        sold.customer, sold.staff, sold.url, sold.line_id, sold.product_id, sold.payment, location
    )


async def cancelled(web: WebShop) -> SoldOrder:
    sold = await authorized(web)
    await sold.staff.post(f"{sold.url}/cancel", headers=key("cancel"))
    return sold


Setting = Callable[[WebShop], Awaitable[SoldOrder]]
Request = Callable[[SoldOrder], tuple[str, object]]


def money(amount: object, currency: str = "EUR") -> dict[str, Any]:
    return {"amount": {"amount": amount, "currency": currency}}


def pay(body: object) -> Request:
    return lambda sold: (f"{sold.url}/payments", body)


def capture(body: object) -> Request:
    return lambda sold: (f"{sold.payment}/capture", body)


def void(sold: SoldOrder) -> tuple[str, object]:
    return f"{sold.payment}/void", {}


def refund(wanted: dict[str, Any], **fields: object) -> Request:
    return lambda sold: (f"{sold.url}/refunds", {"reason": "Broken", **wanted, **fields})


def refund_units(quantity: object) -> Request:
    return lambda sold: (f"{sold.url}/refunds", {"reason": "Broken", **sold.units(quantity)})


def of_units(part: str, quantity: object, **fields: object) -> Request:
    return lambda sold: (f"{sold.url}/{part}", {**sold.units(quantity), **fields})


def of_unknown_line(part: str, **fields: object) -> Request:
    lines = [{"line_id": str(uuid4()), "quantity": 1}]
    return lambda sold: (f"{sold.url}/{part}", {"lines": lines, **fields})


def of_return(action: str, body: object) -> Request:
    return lambda sold: (f"{sold.returned}/{action}", body)


def receive(**fields: object) -> Request:
    return lambda sold: (
        f"{sold.returned}/receive",
        {"lines": [{"line_id": sold.line_id, "restock": True, **fields}]},
    )


@pytest.mark.parametrize(
    ("setting", "request_of"),
    [
        (placed, pay({**PAYMENT, **money(3997)})),
        (placed, pay({**PAYMENT, **money(3998, "USD")})),
        (placed, pay({**PAYMENT, "capture_method": "later"})),
        (placed, pay({**PAYMENT, "method": "cash"})),
        (authorized, capture(money(0))),
        (authorized, capture(money(-1))),
        (authorized, capture(money(3999))),
        (authorized, capture(money(1, "USD"))),
        (authorized, capture(money("1"))),
        (authorized, capture({"amount": None, "unknown": 1})),
        (authorized, of_units("fulfillments", 3)),
        (paid, refund(money(0))),
        (paid, refund(money(1, "USD"))),
        (paid, refund({})),
        (paid, refund(money(1), channel="cash")),
        (paid, refund(money(1), reason="")),
        (paid, refund_units(0)),
        (paid, of_unknown_line("refunds", reason="Broken")),
        (paid, of_units("fulfillments", 3)),
        (paid, of_units("fulfillments", 0)),
        (paid, of_unknown_line("fulfillments")),
        (paid, of_units("cancel", 3)),
        (paid, of_units("cancel", 0)),
        (paid, of_units("cancel", 1.5)),
        (paid, of_unknown_line("cancel")),
        (returned, of_units("returns", 2, reason="All of it")),
        (returned, of_units("returns", 1, reason="")),
        (returned, of_unknown_line("returns", reason="Too small")),
        (returned, of_return("approve", {"refund": {"amount": -1, "currency": "EUR"}})),
        (returned, of_return("approve", {"refund": {"amount": 1, "currency": "USD"}})),
        (returned, of_return("refuse", {"reason": ""})),
        (returned, receive(restock="perhaps")),
    ],
)
async def test_invalid_order_action_returns_422_and_changes_no_data(
    web: WebShop, setting: Setting, request_of: Request
) -> None:
    sold = await setting(web)
    before = await sold.state()
    path, body = request_of(sold)
    response = await sold.staff.post(path, json=body, headers=key("rejected"))
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed"), response.text
    assert await sold.state() == before


@pytest.mark.parametrize(
    ("setting", "request_of", "code"),
    [
        (placed, of_units("fulfillments", 1), "invalid_transition"),
        (placed, refund(money(1)), "invalid_transition"),
        (placed, of_units("returns", 1, reason="Too small"), "invalid_transition"),
        (waiting_for_the_bank, pay(PAYMENT), "payment_in_progress"),
        (waiting_for_the_bank, capture({}), "invalid_transition"),
        (waiting_for_the_bank, of_units("cancel", 1), "payment_in_progress"),
        (authorized, pay(PAYMENT), "invalid_transition"),
        (authorized, refund(money(1)), "refund_exceeds_paid"),
        (paid, pay(PAYMENT), "invalid_transition"),
        (paid, capture({}), "invalid_transition"),
        (paid, void, "invalid_transition"),
        (paid, refund(money(3999)), "refund_exceeds_paid"),
        (paid, refund_units(3), "refund_exceeds_paid"),
        (returned, refund_units(1), "refund_exceeds_paid"),
        (returned, of_units("cancel", 1), "invalid_transition"),
        (returned, of_units("fulfillments", 1), "invalid_transition"),
        (returned, receive(), "invalid_transition"),
        (
            returned,
            of_return("approve", {"refund": {"amount": 3999, "currency": "EUR"}}),
            "refund_exceeds_paid",
        ),
        (cancelled, pay(PAYMENT), "invalid_transition"),
        (cancelled, capture({}), "invalid_transition"),
        (cancelled, void, "invalid_transition"),
        (cancelled, refund(money(1)), "invalid_transition"),
        (cancelled, of_units("cancel", 1), "invalid_transition"),
        (cancelled, of_units("fulfillments", 1), "invalid_transition"),
        (cancelled, of_units("returns", 1, reason="Too small"), "invalid_transition"),
    ],
)
async def test_impossible_order_action_returns_409_and_changes_no_data(
    web: WebShop, setting: Setting, request_of: Request, code: str
) -> None:
    sold = await setting(web)
    before = await sold.state()
    path, body = request_of(sold)
    response = await sold.staff.post(path, json=body, headers=key("rejected"))
    assert (response.status_code, response.json()["code"]) == (409, code), response.text
    if code == "invalid_transition":
        shown = (
            (await sold.staff.get(sold.returned)).json()
            if path.startswith(sold.returned or "-")
            else before[sold.url]
        )
        assert response.json()["params"]["allowed_actions"] == shown["allowed_actions"]
    assert await sold.state() == before
