from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.kit.web import WebShop, key, order_body

TOTAL = {"amount": 3998, "currency": "EUR"}
PAYMENT = {"amount": TOTAL, "method": "sandbox", "token": "tok_ok"}


async def place(web: WebShop, customer: httpx2.AsyncClient) -> str:
    """Order two mugs for 39.98, and return the order's URL."""
    response = await customer.post(
        "/v1/orders", json=order_body((await web.product(price=1999, stock=5), 2)), headers=key("place")
    )
    assert response.status_code == 201
    location: str = response.headers["Location"]
    return location


async def pay(customer: httpx2.AsyncClient, order: str, **fields: Any) -> httpx2.Response:
    return await customer.post(f"{order}/payments", json={**PAYMENT, **fields}, headers=key("pay"))


async def units(client: httpx2.AsyncClient, order: str, quantity: int) -> list[dict[str, Any]]:
    [line] = (await client.get(order)).json()["lines"]
    return [{"line_id": line["id"], "quantity": quantity}]


async def test_order_can_be_paid_and_fulfilled_and_refunded(web: WebShop) -> None:
    customer, staff = await web.customer(), await web.staff()
    order = await place(web, customer)

    payment = await pay(customer, order)
    assert payment.status_code == 201
    assert payment.json()["status"] == "captured"
    assert payment.json()["amount"] == payment.json()["captured"] == TOTAL
    assert (await customer.get(payment.headers["Location"])).json() == payment.json()
    assert (await customer.get(order)).json()["allowed_actions"] == ["cancel", "cancel_lines", "change"]
    assert (await staff.get(order)).json()["allowed_actions"] == [
        "cancel",
        "cancel_lines",
        "change",
        "fulfil",
        "refund",
    ]

    parcel = {"lines": await units(staff, order, 2), "carrier": "DHL", "tracking": "JD01"}
    shipped = await staff.post(f"{order}/fulfillments", json=parcel, headers=key("ship"))
    assert shipped.status_code == 201
    assert (shipped.json()["lines"], shipped.json()["tracking"]) == (parcel["lines"], "JD01")
    assert (await customer.get(shipped.headers["Location"])).json() == shipped.json()

    body = {"amount": {"amount": 1999, "currency": "EUR"}, "reason": "Broken"}
    refund = await staff.post(f"{order}/refunds", json=body, headers=key("refund"))
    assert refund.status_code == 201
    assert (refund.json()["status"], refund.json()["amount"]["amount"]) == ("succeeded", 1999)
    assert (await customer.get(refund.headers["Location"])).json() == refund.json()

    done = (await customer.get(order)).json()
    assert (done["status"], done["payment_status"], done["fulfillment_status"]) == (
        "fulfilled",
        "partially_refunded",
        "fulfilled",
    )
    assert done["lines"][0]["refunded"] == 0
    history = (await customer.get(f"{order}/history")).json()["items"]
    assert [row["action"] for row in history] == ["place", "confirm", "fulfil", "refund", "settle_refund"]
    assert all(row["actor_id"] and row["request_id"] for row in history)
    for part, made in (("payments", payment), ("fulfillments", shipped), ("refunds", refund)):
        assert (await staff.get(f"{order}/{part}")).json()["items"] == [made.json()]


async def test_payment_without_an_immediate_result_returns_202_and_can_be_read_later(web: WebShop) -> None:
    customer = await web.customer()
    order = await place(web, customer)
    response = await pay(customer, order, token="tok_pending")

    assert (response.status_code, response.json()["status"]) == (202, "pending")
    assert (await customer.get(response.headers["Location"])).json() == response.json()
    assert (await customer.get(order)).json()["status"] == "pending_payment"


async def test_declined_payment_states_the_reason_and_the_order_can_be_paid_again(web: WebShop) -> None:
    customer = await web.customer()
    order = await place(web, customer)
    declined = await pay(customer, order, token="tok_declined")
    assert declined.status_code == 201
    assert (declined.json()["status"], declined.json()["failure"]) == ("failed", "card_declined")
    again = await customer.post(f"{order}/payments", json=PAYMENT, headers=key("again"))
    assert again.json()["status"] == "captured"


@pytest.mark.parametrize("path", ["payments", "refunds", "fulfillments", "cancel"])
async def test_operations_on_money_or_stock_require_an_idempotency_key(web: WebShop, path: str) -> None:
    staff = await web.staff()
    response = await staff.post(f"/v1/orders/{uuid4()}/{path}", json={})
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_required")


async def test_retried_payment_with_the_same_idempotency_key_is_replayed(web: WebShop) -> None:
    customer = await web.customer()
    order = await place(web, customer)
    first, again = await pay(customer, order), await pay(customer, order)
    other = await pay(customer, order, token="tok_declined")

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_customer_cannot_fulfill_or_refund_an_order(web: WebShop) -> None:
    customer = await web.customer()
    order = await place(web, customer)
    ship = await customer.post(
        f"{order}/fulfillments", json={"lines": await units(customer, order, 1)}, headers=key("s")
    )
    refund = await customer.post(f"{order}/refunds", json={"amount": TOTAL, "reason": "x"}, headers=key("r"))
    assert [(r.status_code, r.json()["code"]) for r in (ship, refund)] == [(403, "forbidden")] * 2


async def test_payments_of_another_customer_are_not_found(web: WebShop) -> None:
    ann, bob = await web.customer(), await web.customer()
    order = await place(web, ann)
    payment = (await pay(ann, order)).headers["Location"]
    other = await place(web, bob)
    responses = [
        await pay(bob, order),
        await bob.get(f"{order}/payments"),
        await bob.get(payment),
        await bob.get(payment.replace(order, other)),
        await bob.get(f"{order}/refunds"),
        await bob.get(f"{other}/refunds/{uuid4()}"),
        await bob.get(f"{order}/fulfillments"),
        await bob.get(f"{other}/fulfillments/{uuid4()}"),
    ]
    assert [response.status_code for response in responses] == [404] * len(responses)


async def test_error_for_a_wrong_payment_amount_has_the_json_pointer_of_the_amount(web: WebShop) -> None:
    customer = await web.customer()
    order = await place(web, customer)
    response = await pay(customer, order, amount={"amount": 1, "currency": "EUR"})
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/amount"]


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"amount": TOTAL, "lines": [{"line_id": str(uuid4()), "quantity": 1}]},
        {"amount": {"amount": 0, "currency": "EUR"}},
        {"lines": []},
        {"lines": [{"line_id": str(uuid4()), "quantity": 0}]},
    ],
)
async def test_refund_with_invalid_amount_or_lines_is_rejected(web: WebShop, wanted: dict[str, Any]) -> None:
    customer, staff = await web.customer(), await web.staff()
    order = await place(web, customer)
    await pay(customer, order)
    response = await staff.post(f"{order}/refunds", json={**wanted, "reason": "x"}, headers=key("r"))
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")


async def test_refund_above_the_paid_amount_reports_the_refundable_amount(web: WebShop) -> None:
    customer, staff = await web.customer(), await web.staff()
    order = await place(web, customer)
    await pay(customer, order)
    too_much = {"amount": {"amount": 3999, "currency": "EUR"}, "reason": "x"}
    response = await staff.post(f"{order}/refunds", json=too_much, headers=key("r"))
    assert (response.status_code, response.json()["code"]) == (409, "refund_exceeds_paid")
    assert response.json()["params"] == {"refundable": 3998, "currency": "EUR"}


async def test_fulfillment_of_more_units_than_were_ordered_is_rejected(web: WebShop) -> None:
    customer, staff = await web.customer(), await web.staff()
    order = await place(web, customer)
    await pay(customer, order)
    body = {"lines": await units(staff, order, 3)}
    response = await staff.post(f"{order}/fulfillments", json=body, headers=key("s"))
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/lines/0/quantity"]


async def test_error_for_an_invalid_transition_lists_the_allowed_actions(web: WebShop) -> None:
    customer, staff = await web.customer(), await web.staff()
    order = await place(web, customer)
    ship = await staff.post(
        f"{order}/fulfillments", json={"lines": await units(staff, order, 1)}, headers=key("s")
    )
    assert (ship.status_code, ship.json()["code"]) == (409, "invalid_transition")
    assert ship.json()["params"] == {
        "from": "pending_payment",
        "action": "fulfil",
        "allowed_actions": ["pay", "cancel", "cancel_lines", "change"],
    }
    await pay(customer, order)
    again = await customer.post(f"{order}/payments", json=PAYMENT, headers=key("again"))
    assert again.json()["params"] == {
        "from": "confirmed",
        "action": "pay",
        "allowed_actions": ["cancel", "cancel_lines", "change"],
    }


async def test_customer_can_cancel_an_order_before_its_first_fulfillment(web: WebShop) -> None:
    customer, staff = await web.customer(), await web.staff()
    first, second = await place(web, customer), await _place_another(web, customer)
    for number, order in enumerate((first, second)):
        await customer.post(f"{order}/payments", json=PAYMENT, headers=key(f"pay-{number}"))
    cancelled = await customer.post(f"{first}/cancel", headers=key("c1"))
    assert (cancelled.json()["status"], cancelled.json()["payment_status"]) == ("cancelled", "refund_due")
    assert cancelled.json()["allowed_actions"] == []

    body = {"lines": await units(staff, second, 1)}
    await staff.post(f"{second}/fulfillments", json=body, headers=key("s"))
    refused = await customer.post(f"{second}/cancel", headers=key("c2"))
    allowed = refused.json()["params"]["allowed_actions"]
    assert (refused.status_code, allowed) == (409, ["request_return"])


async def _place_another(web: WebShop, customer: httpx2.AsyncClient) -> str:
    body = order_body((await web.product(price=1999, stock=5), 2))
    location: str = (await customer.post("/v1/orders", json=body, headers=key("another"))).headers["Location"]
    return location


async def test_customer_who_cancels_paid_units_gets_a_refund(web: WebShop) -> None:
    customer = await web.customer()
    order = await place(web, customer)
    await pay(customer, order)
    body = {"lines": await units(customer, order, 1), "reason": "One is enough"}
    response = await customer.post(f"{order}/cancel", json=body, headers=key("c"))
    cancelled = response.json()
    assert (response.status_code, cancelled["status"]) == (200, "confirmed")
    assert response.headers["ETag"] == f'"v{cancelled["version"]}"'
    [line] = cancelled["lines"]
    assert (line["quantity"], line["cancelled"], line["refunded"]) == (2, 1, 1)
    assert cancelled["payable_total"] == line["unit_price"]
    [refund] = (await customer.get(f"{order}/refunds")).json()["items"]
    assert (refund["amount"], refund["lines"]) == (line["unit_price"], body["lines"])


@pytest.mark.parametrize("quantity", [0, 3, "1"])
async def test_cancellation_of_more_units_than_were_ordered_changes_nothing(
    web: WebShop, quantity: object
) -> None:
    customer = await web.customer()
    order = await place(web, customer)
    before = (await customer.get(order)).json()
    [line] = await units(customer, order, 1)
    body = {"lines": [{**line, "quantity": quantity}]}
    response = await customer.post(f"{order}/cancel", json=body, headers=key("c"))
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/lines/0/quantity"]
    assert (await customer.get(order)).json() == before


async def test_shipped_unit_can_be_returned_and_refunded(web: WebShop) -> None:
    customer, staff = await web.customer(), await web.staff()
    order = await place(web, customer)
    await pay(customer, order)
    await staff.post(f"{order}/fulfillments", json={"lines": await units(staff, order, 2)}, headers=key("s"))

    [sent] = await units(customer, order, 1)
    body = {"lines": [sent], "reason": "Too small"}
    requested = await customer.post(f"{order}/returns", json=body, headers=key("r"))
    assert (requested.status_code, requested.json()["status"]) == (201, "requested")
    assert requested.json()["allowed_actions"] == []
    returned = requested.headers["Location"]
    assert (await customer.get(returned)).json() == requested.json()

    too_early = await staff.post(
        f"{returned}/receive",
        json={"lines": [{"line_id": sent["line_id"], "restock": True}]},
        headers=key("early"),
    )
    assert (too_early.status_code, too_early.json()["code"]) == (409, "invalid_transition")
    assert too_early.json()["params"]["allowed_actions"] == ["approve", "refuse"]

    agreed = {"refund": {"amount": 1500, "currency": "EUR"}}
    approved = await staff.post(f"{returned}/approve", json=agreed, headers=key("a"))
    assert (approved.status_code, approved.json()["refund_amount"]) == (200, agreed["refund"])
    lines = [{"line_id": sent["line_id"], "restock": True}]
    received = await staff.post(f"{returned}/receive", json={"lines": lines}, headers=key("c"))
    assert (received.status_code, received.json()["status"]) == (200, "received")
    assert received.json()["lines"] == [{**sent, "restock": True}]
    refund = (await customer.get(f"{order}/refunds/{received.json()['refund_id']}")).json()
    assert refund["amount"] == agreed["refund"]
    assert (await staff.get(f"{order}/returns")).json()["items"] == [received.json()]
    assert (await customer.get(order)).json()["lines"][0]["returned"] == 1


async def test_refused_return_states_the_reason(web: WebShop) -> None:
    customer, staff = await web.customer(), await web.staff()
    order = await place(web, customer)
    await pay(customer, order)
    await staff.post(f"{order}/fulfillments", json={"lines": await units(staff, order, 2)}, headers=key("s"))
    body = {"lines": await units(customer, order, 1), "reason": "Too small"}
    returned = (await customer.post(f"{order}/returns", json=body, headers=key("r"))).headers["Location"]
    refused = await staff.post(f"{returned}/refuse", json={"reason": "Worn"}, headers=key("n"))
    assert (refused.status_code, refused.json()["status"]) == (200, "refused")
    assert (await customer.get(returned)).json()["decision_reason"] == "Worn"
