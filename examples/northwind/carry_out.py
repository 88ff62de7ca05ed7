"""Pay the orders, then cancel, ship, return and refund some of the ordered units."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

import httpx2

from examples.northwind.client import Client, side_by_side
from examples.northwind.data import CURRENCY, Northwind, NorthwindOrder
from examples.northwind.failures import refusal
from examples.northwind.place import PlacedOrder
from examples.northwind.plan import AUTHENTICATED, plan_of

_MAX_POLLS = 120
_POLL_INTERVAL = 1.0
"""The maximum number of polls for a decision of the payment provider, and the pause between polls in seconds."""

MAX_CONCURRENT_REQUESTS = 6
"""The maximum number of concurrent requests. Orders that wait for a decision of the payment provider are not counted.

The number is smaller than the number of database connections, because these requests are not batched.
"""


@dataclass(frozen=True, slots=True)
class PerformedActions:
    """Counts of performed actions, and of actions that were replayed from an earlier run."""

    new: Counter[str] = field(default_factory=Counter)
    replayed: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class People:
    """The access tokens of staff, and of customers by Northwind id."""

    customers: Mapping[str, str]
    packer: str
    cashier: str


async def carry_out_all(
    client: Client,
    northwind: Northwind,
    people: People,
    placed: Mapping[int, PlacedOrder],
    *,
    progress: Callable[[], None],
) -> PerformedActions:
    """Perform the planned actions for each order.

    The idempotency keys contain the Northwind id.
    """
    performed = PerformedActions()
    limited = replace(client, slots=asyncio.Semaphore(MAX_CONCURRENT_REQUESTS))

    async def carry_out(order: NorthwindOrder) -> None:
        if order.id in placed:
            await _OneOrder(limited, northwind, people, order, placed[order.id], performed)()
        progress()

    await side_by_side(carry_out, northwind.orders)
    return performed


@dataclass(frozen=True, slots=True)
class _OneOrder:
    client: Client
    northwind: Northwind
    people: People
    order: NorthwindOrder
    placed: PlacedOrder
    performed: PerformedActions

    async def __call__(self) -> None:
        """Perform the actions one after another, and stop at the first rejection.

        If the order shows that an earlier run performed an action, the action is skipped. The idempotency record of
        that action may no longer exist. Without the record, a retry could have a second effect.
        """
        plan = plan_of(self.northwind, self.order)
        if plan.is_paid and not self.placed.is_paid and not await self._pay(plan.cards):
            return
        if plan.cancelled and not self.placed.is_refunded:
            await self._cancel(self._units(plan.cancelled, 1))
        if plan.shipped and not self.placed.is_shipped and not await self._ship(plan.shipped):
            return
        if not self.placed.is_refunded:
            if plan.returned:
                await self._send_back(self._units(plan.returned, 1))
            if plan.rebate:
                rebate = {"amount": plan.rebate, "currency": CURRENCY}
                await self._refund({"amount": rebate}, "It came late")

    async def _pay(self, cards: tuple[str, ...]) -> bool:
        """Pay with one card after another. Return False if the service rejected a request."""
        amount = {"amount": self.northwind.total(self.order), "currency": CURRENCY}
        for number, token in enumerate(cards, 1):
            response = await self._send(
                "payments",
                {"amount": amount, "method": "sandbox", "token": token},
                as_=self.people.customers[self.order.customer_id],
                key=f"northwind-{self.order.id}-card-{number}",
            )
            if response is None:
                return False
            if token == AUTHENTICATED:
                await self._await_status(f"payments/{response.json()['id']}", "captured")
                self._note(response, "captured with 3-D Secure")
            else:
                self._note(response, "captured" if response.json()["status"] == "captured" else "declined")
        return True

    async def _cancel(self, units: Mapping[str, object]) -> None:
        """Cancel units as the customer, and wait until the price of these units is refunded."""
        response = await self._send(
            "cancel",
            {"lines": [units], "reason": "Ordered too many"},
            as_=self.people.customers[self.order.customer_id],
            key=f"northwind-{self.order.id}-cancel",
        )
        if response is None:
            return
        self._note(response, "partly canceled")
        path = f"/v1/orders/{self.placed.id}/refunds"
        [refund] = (await self.client.send("GET", path, token=self.people.cashier)).json()["items"]
        if await self._await_status(f"refunds/{refund['id']}", "succeeded"):
            self._note(response, "refunded")

    async def _ship(self, units: Mapping[str, int]) -> bool:
        response = await self._send(
            "fulfillments",
            {
                "lines": [self._units(sku, quantity) for sku, quantity in units.items()],
                "carrier": "Speedy Express",
            },
            as_=self.people.packer,
            key=f"northwind-{self.order.id}-parcel",
        )
        if response is not None:
            self._note(response, "shipped")
        return response is not None

    async def _refund(self, wanted: Mapping[str, object], reason: str) -> None:
        response = await self._send(
            "refunds",
            {**wanted, "reason": reason},
            as_=self.people.cashier,
            key=f"northwind-{self.order.id}-refund",
        )
        if response is not None:
            self._note(response, "refunded")

    async def _send_back(self, units: Mapping[str, object]) -> None:
        """As the customer, request a return of units. As staff, approve and receive the return."""
        requested = await self._send(
            "returns",
            {"lines": [units], "reason": "It came back"},
            as_=self.people.customers[self.order.customer_id],
            key=f"northwind-{self.order.id}-return",
        )
        if requested is None:
            return
        path = f"returns/{requested.json()['id']}"
        key = f"northwind-{self.order.id}"
        approved = await self._send(f"{path}/approve", {}, as_=self.people.cashier, key=f"{key}-approve")
        if approved is None:
            return
        lines = [{"line_id": units["line_id"], "restock": False}]
        received = await self._send(
            f"{path}/receive", {"lines": lines}, as_=self.people.cashier, key=f"{key}-receive"
        )
        if received is None:
            return
        self._note(received, "returned")
        if await self._await_status(f"refunds/{received.json()['refund_id']}", "succeeded"):
            self._note(received, "refunded")

    async def _await_status(self, what: str, status: str) -> bool:
        """Wait until a payment or refund of the order has the status. Return False after a timeout."""
        path = f"/v1/orders/{self.placed.id}/{what}"
        for _ in range(_MAX_POLLS):
            response = await self.client.send("GET", path, token=self.people.cashier)
            if response.json().get("status") == status:
                return True
            await asyncio.sleep(_POLL_INTERVAL)
        self.performed.refusals.append(f"{what} of order {self.order.id} is not {status} yet")
        return False

    async def _send(
        self, what: str, body: Mapping[str, object], *, as_: str, key: str
    ) -> httpx2.Response | None:
        """Send a request about the order. Return the response, or None if the request was rejected."""
        path = f"/v1/orders/{self.placed.id}/{what}"
        response = await self.client.send("POST", path, token=as_, key=key, json=body)
        is_asked_for_authentication = (
            response.status_code == HTTPStatus.ACCEPTED and response.json()["status"] == "requires_action"
        )
        if response.status_code in {HTTPStatus.CREATED, HTTPStatus.OK} or is_asked_for_authentication:
            return response
        reason = (
            "the provider has yet to decide; run the demo again in some minutes"
            if response.status_code == HTTPStatus.ACCEPTED
            else refusal(response)
        )
        self.performed.refusals.append(f"{what} of order {self.order.id}: {reason}")
        return None

    def _note(self, response: httpx2.Response, action: str) -> None:
        is_replay = response.headers.get("Idempotent-Replayed") == "true"
        (self.performed.replayed if is_replay else self.performed.new)[action] += 1

    def _units(self, sku: str, quantity: int) -> Mapping[str, object]:
        return {"line_id": self.placed.line_ids[sku], "quantity": quantity}
