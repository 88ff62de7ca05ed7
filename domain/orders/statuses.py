"""Statuses that are read off the amounts and counts of an order, and never set."""

from enum import StrEnum

from domain.orders.lifecycle import OrderStatus


class OrderPaymentStatus(StrEnum):
    UNPAID = "unpaid"
    PAID = "paid"
    REFUND_DUE = "refund_due"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class FulfillmentStatus(StrEnum):
    UNFULFILLED = "unfulfilled"
    PARTIAL = "partial"
    FULFILLED = "fulfilled"


def payment_status(status: OrderStatus, *, total: int, paid: int, refunded: int) -> OrderPaymentStatus:
    """Tell how the payment stands; the amounts are minor units of the order's currency.

    What was taken once too often and given back leaves an order paid, not partially refunded.
    """
    if paid > 0 and refunded >= paid:
        return OrderPaymentStatus.REFUNDED
    if paid > refunded and status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
        return OrderPaymentStatus.REFUND_DUE
    if paid - refunded >= total:
        return OrderPaymentStatus.PAID
    return OrderPaymentStatus.PARTIALLY_REFUNDED if refunded > 0 else OrderPaymentStatus.UNPAID


def fulfillment_status(*, ordered: int, fulfilled: int) -> FulfillmentStatus:
    """Tell how much of the order has left the house, in units."""
    if fulfilled == 0:
        return FulfillmentStatus.UNFULFILLED
    return FulfillmentStatus.FULFILLED if fulfilled >= ordered else FulfillmentStatus.PARTIAL
