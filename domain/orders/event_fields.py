"""What events of an order have in common, as their constructors take it."""

from datetime import datetime
from typing import TypedDict

from domain.orders.events import PlacedLine
from domain.orders.line import OrderLine
from domain.payments.method import PaymentMethod
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.ids import OrderId, PaymentId, RefundId, UserId
from domain.shared.money import Money


class OrderFields(TypedDict):
    aggregate_id: OrderId
    aggregate_version: int
    occurred_at: datetime
    number: str
    customer_id: UserId
    total: Money


class PaymentFields(TypedDict):
    payment_id: PaymentId
    method: PaymentMethod
    amount: Money


class RefundFields(TypedDict):
    refund_id: RefundId
    payment_id: PaymentId
    amount: Money


def taken(payment: Payment) -> PaymentFields:
    return {"payment_id": payment.id, "method": payment.method, "amount": payment.captured}


def given(refund: Refund) -> RefundFields:
    return {"refund_id": refund.id, "payment_id": refund.payment_id, "amount": refund.amount}


def placed(line: OrderLine) -> PlacedLine:
    return PlacedLine(
        product_id=line.product_id, sku=line.sku, quantity=line.quantity, unit_price=line.unit_price
    )
