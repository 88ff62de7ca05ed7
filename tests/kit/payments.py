"""Paid and authorized orders, requests to a payment provider, and a fake use case that records provider events."""

from datetime import datetime

from application.orders.views import OrderView
from application.payments.provider_ports import (
    PaymentRequest,
    ProviderEvent,
    RefundRequest,
)
from application.payments.views import PaymentView
from application.shared.ports import IdFactory
from domain.shared.actor import Actor
from domain.shared.ids import OrderId, PaymentId, RefundId
from domain.shared.money import Money
from tests.kit.shop import Shop


async def a_paid_order(shop: Shop) -> OrderView:
    """Return a confirmed order of three mugs at 10.00 and two cups at 0.99.

    Before the order was placed, five units of each product were in stock.
    """
    mug, cup = await shop.product(stock=5, price=1000), await shop.product(stock=5, price=99)
    placing = shop.commands.place_order((mug, 3), (cup, 2), customer=await shop.customer())
    order = (await shop.place_order(placing)).result
    await shop.pay(order)
    return await shop.current_order(order)


async def an_authorized_order(shop: Shop, *, quantity: int = 2) -> tuple[OrderView, PaymentView]:
    order = await shop.order(await shop.product(stock=5, price=1000), quantity)
    payment = await shop.authorize(order)
    return await shop.current_order(order), payment


def a_payment(ids: IdFactory, *, now: datetime, amount: Money | None = None) -> PaymentRequest:
    return PaymentRequest(
        id=PaymentId(ids.new()),
        order_id=OrderId(ids.new()),
        amount=amount or Money(1999, "EUR"),
        requested_at=now,
    )


def a_refund(
    ids: IdFactory, payment: PaymentRequest, reference: str | None, *, amount: int, now: datetime
) -> RefundRequest:
    return RefundRequest(
        id=RefundId(ids.new()),
        payment_id=payment.id,
        payment_reference=reference or "",
        amount=Money(amount, payment.amount.currency),
        requested_at=now,
    )


class FakeProviderEventRecorder:
    """A fake of the use case `RecordProviderEvent`. The fake stores the events."""

    def __init__(self) -> None:
        self.events: list[ProviderEvent] = []

    async def __call__(self, event: ProviderEvent, *, actor: Actor) -> None:
        self.events.append(event)
