"""Statuses of an order that are computed from its amounts and units, and never stored."""

from enum import StrEnum

from domain.orders.lifecycle import PAID_AND_ACTIVE, OrderStatus


class OrderPaymentStatus(StrEnum):
    """The state of an order's payment.

    - `unpaid`: no money is authorized or captured.
    - `authorized`: the amount is reserved at the provider and can be captured.
    - `partially_captured`: less than the payable amount was captured.
    - `paid`: the payable amount was captured.
    - `refund_due`: the order has ended, and not all of its money was refunded.
    - `partially_refunded`: a part of the money was refunded.
    - `refunded`: all money was refunded.
    """

    UNPAID = "unpaid"
    AUTHORIZED = "authorized"
    PARTIALLY_CAPTURED = "partially_captured"
    PAID = "paid"
    REFUND_DUE = "refund_due"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class FulfillmentStatus(StrEnum):
    """The state of an order's shipping.

    - `unfulfilled`: no unit was shipped.
    - `partial`: some units were shipped, and others are left to ship.
    - `fulfilled`: all units that were not canceled were shipped.
    """

    UNFULFILLED = "unfulfilled"
    PARTIAL = "partial"
    FULFILLED = "fulfilled"


def payment_status(
    status: OrderStatus, *, total: int, paid: int, refunded: int, authorized: int = 0, cancelled: int = 0
) -> OrderPaymentStatus:
    """Return the payment status of an order. The amounts are minor units of its currency.

    `cancelled` is the price of the canceled units. The customer does not have to pay this price.

    If only money above the total is refunded, the status stays `paid`.
    """
    if paid > 0 and refunded >= paid:
        return OrderPaymentStatus.AUTHORIZED if authorized else OrderPaymentStatus.REFUNDED
    if paid > refunded and status in {OrderStatus.CANCELLED, OrderStatus.EXPIRED}:
        return OrderPaymentStatus.REFUND_DUE
    if paid - refunded >= total or (refunded == 0 and 0 < total - cancelled <= paid):
        return OrderPaymentStatus.PAID
    if authorized > 0:
        return OrderPaymentStatus.AUTHORIZED
    if refunded > 0:
        return OrderPaymentStatus.PARTIALLY_REFUNDED
    is_partial = paid > 0 and status in PAID_AND_ACTIVE
    return OrderPaymentStatus.PARTIALLY_CAPTURED if is_partial else OrderPaymentStatus.UNPAID


def fulfillment_status(*, fulfilled: int, left_to_ship: int) -> FulfillmentStatus:
    """Return the fulfillment status of an order. The arguments are numbers of units."""
    if fulfilled == 0:
        return FulfillmentStatus.UNFULFILLED
    return FulfillmentStatus.PARTIAL if left_to_ship else FulfillmentStatus.FULFILLED
