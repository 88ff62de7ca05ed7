"""Orders, payments and returns are written and read with a non-default value in every field."""

import pytest

from application.orders.views import ReturnView
from domain.orders.address import Address
from domain.orders.fulfillment import FulfilledLine, Fulfillment
from domain.orders.lifecycle import Action, OrderStatus
from domain.orders.line import OrderLine
from domain.orders.order import Order
from domain.orders.order_return import OrderReturn, ReturnedLine, ReturnStatus
from domain.orders.order_state import StatusChange
from domain.payments.payment import (
    CaptureMethod,
    DisputeStatus,
    Payment,
    PaymentMethod,
    PaymentOperation,
    PaymentOrigin,
    PaymentStatus,
)
from domain.payments.refund import Refund, RefundChannel, RefundedLine, RefundOrigin, RefundStatus
from domain.shared.money import Money
from tests.contract.field_values import NOW, Values, add_user, content
from tests.kit.actors import SOMEBODY
from tests.kit.shop import Shop


@pytest.fixture
def values(shop: Shop) -> Values:
    return Values(shop)


async def test_order_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    async with shop.store.unit_of_work() as work:
        assert content(await work.orders.get(order.id)) == content(order)


async def test_payment_and_refund_are_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    payment, refund = await _add_payment_and_refund(shop, values, order)
    async with shop.store.unit_of_work() as work:
        assert content(await work.payments.find(payment.id)) == content(payment)
        assert content(await work.refunds.find(refund.id)) == content(refund)


async def test_fulfillment_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    fulfillment: Fulfillment = values.fill(
        Fulfillment,
        order_id=order.id,
        lines=(values.fill(FulfilledLine, line_id=order.lines[0].id, quantity=1),),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.fulfillments.add(fulfillment)
        await work.commit()
    found = await shop.store.orders.fulfillment(order.id, fulfillment.id)
    assert content(found) == content(fulfillment)


async def test_order_return_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    returned = await _add_return(shop, values, order)
    async with shop.store.unit_of_work() as work:
        await work.orders.get(order.id)
        assert content(await work.returns.of_order(order.id)) == content([returned])
    found = await shop.store.orders.order_return(order.id, returned.id)
    assert content(found) == content(ReturnView.of(returned))


async def test_updated_order_return_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    returned = await _add_return(shop, values, order)
    values.change(
        returned,
        constant={"id", "order_id"},
        status=ReturnStatus.APPROVED,
        lines=(ReturnedLine(order.lines[0].id, quantity=2, restock=False),),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.returns.save(returned)
        await work.commit()
    async with shop.store.unit_of_work() as work:
        await work.orders.get(order.id)
        assert content(await work.returns.of_order(order.id)) == content([returned])


async def test_updated_order_is_read_back_with_every_field(shop: Shop, values: Values) -> None:
    added = await _add_order(shop, values)
    async with shop.store.unit_of_work(SOMEBODY) as work:
        order = await work.orders.get(added.id)
        assert order is not None
        [line] = order.lines
        values.change(
            line,
            constant={"id", "product_id", "sku", "name", "unit_price", "quantity"},
            fulfilled=5,
            cancelled=4,
            returned=3,
            refunded=2,
        )
        values.change(
            order,
            # These fields are fixed when the customer places the order.
            constant={
                *("id", "customer_id", "placed_by", "idempotency_key", "currency", "lines", "total"),
                "placed_at",
            },
            shipping_address=values.fill(Address),
            status=OrderStatus.CANCELLED,
            paid_total=Money(300, "EUR"),
            refunded_total=Money(60, "EUR"),
            pending_refund_total=Money(20, "EUR"),
            version=order.version + 1,
        )
        order.changes.append(
            StatusChange(
                action=Action.CANCEL,
                source=OrderStatus.CONFIRMED,
                target=OrderStatus.CANCELLED,
                reason="A reason",
                actor=SOMEBODY,
                at=NOW,
            )
        )
        await work.orders.save([order])
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.orders.get(order.id)) == content(order)


async def test_updated_payment_and_refund_are_read_back_with_every_field(shop: Shop, values: Values) -> None:
    order = await _add_order(shop, values)
    payment, refund = await _add_payment_and_refund(shop, values, order)
    values.change(
        payment,
        constant={"id", "order_id", "method", "capture_method", "amount", "requested_at"},
        status=PaymentStatus.PENDING,
        requested=PaymentOperation.VOID,
        dispute=DisputeStatus.OPEN,
        origin=PaymentOrigin.SHOP,
        captured=Money(70, "EUR"),
        returned=Money(30, "EUR"),
    )
    values.change(
        refund,
        constant={
            *(
                "id",
                "order_id",
                "payment_id",
                "method",
                "lines",
                "reason",
                "channel",
                "origin",
                "requested_at",
            ),
        },
        status=RefundStatus.PENDING,
        amount=Money(30, "EUR"),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.payments.save([payment])
        await work.refunds.save([refund])
        await work.commit()
    async with shop.store.unit_of_work() as work:
        assert content(await work.payments.find(payment.id)) == content(payment)
        assert content(await work.refunds.find(refund.id)) == content(refund)


async def _add_order(shop: Shop, values: Values) -> Order:
    product, user = await shop.product(stock=9), await add_user(shop, values)
    line = values.fill(
        OrderLine,
        product_id=product.id,
        unit_price=Money(50, "EUR"),
        quantity=9,
        fulfilled=4,
        cancelled=3,
        returned=2,
        refunded=1,
    )
    order: Order = values.fill(
        Order,
        customer_id=user.id,
        status=OrderStatus.CONFIRMED,
        currency="EUR",
        lines=[line],
        total=Money(450, "EUR"),
        paid_total=Money(200, "EUR"),
        refunded_total=Money(50, "EUR"),
        pending_refund_total=Money(10, "EUR"),
        shipping_address=values.fill(Address, country="DE"),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.add([order])
        await work.commit()
    return order


async def _add_return(shop: Shop, values: Values, order: Order) -> OrderReturn:
    returned: OrderReturn = values.fill(
        OrderReturn,
        order_id=order.id,
        status=ReturnStatus.RECEIVED,
        lines=(values.fill(ReturnedLine, line_id=order.lines[0].id, quantity=1, restock=True),),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.returns.add(returned)
        await work.commit()
    return returned


async def _add_payment_and_refund(shop: Shop, values: Values, order: Order) -> tuple[Payment, Refund]:
    payment: Payment = values.fill(
        Payment,
        order_id=order.id,
        method=PaymentMethod.SANDBOX,
        capture_method=CaptureMethod.MANUAL,
        status=PaymentStatus.CAPTURED,
        requested=PaymentOperation.CAPTURE,
        dispute=DisputeStatus.LOST,
        amount=Money(90, "EUR"),
        captured=Money(80, "EUR"),
        returned=Money(20, "EUR"),
    )
    refund: Refund = values.fill(
        Refund,
        order_id=order.id,
        payment_id=payment.id,
        method=PaymentMethod.SANDBOX,
        status=RefundStatus.SUCCEEDED,
        channel=RefundChannel.EXTERNAL,
        origin=RefundOrigin.PROVIDER,
        amount=Money(20, "EUR"),
        lines=(values.fill(RefundedLine, line_id=order.lines[0].id, quantity=1),),
    )
    async with shop.store.unit_of_work(SOMEBODY) as work:
        await work.orders.get(order.id)
        await work.payments.add([payment])
        await work.refunds.add([refund])
        await work.commit()
    return payment, refund
