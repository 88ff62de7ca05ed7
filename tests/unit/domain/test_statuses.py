import pytest

from domain.orders.lifecycle import OrderStatus
from domain.orders.statuses import FulfillmentStatus, OrderPaymentStatus, fulfillment_status, payment_status

PENDING, CONFIRMED, FULFILLED, CANCELLED, EXPIRED = OrderStatus


@pytest.mark.parametrize(
    ("status", "total", "paid", "refunded", "expected"),
    [
        (PENDING, 100, 0, 0, OrderPaymentStatus.UNPAID),
        (PENDING, 100, 99, 0, OrderPaymentStatus.UNPAID),
        (CONFIRMED, 100, 100, 0, OrderPaymentStatus.PAID),
        (CONFIRMED, 0, 0, 0, OrderPaymentStatus.PAID),
        (CONFIRMED, 100, 101, 0, OrderPaymentStatus.PAID),
        (FULFILLED, 100, 100, 1, OrderPaymentStatus.PARTIALLY_REFUNDED),
        (FULFILLED, 100, 100, 100, OrderPaymentStatus.REFUNDED),
        (CANCELLED, 100, 0, 0, OrderPaymentStatus.UNPAID),
        (CANCELLED, 100, 100, 0, OrderPaymentStatus.REFUND_DUE),
        (CANCELLED, 100, 100, 99, OrderPaymentStatus.REFUND_DUE),
        (CANCELLED, 100, 100, 100, OrderPaymentStatus.REFUNDED),
        (EXPIRED, 100, 0, 0, OrderPaymentStatus.UNPAID),
        (EXPIRED, 100, 100, 0, OrderPaymentStatus.REFUND_DUE),
    ],
)
def test_payment_status_depends_on_paid_and_refunded_amounts(
    status: OrderStatus, total: int, paid: int, refunded: int, expected: OrderPaymentStatus
) -> None:
    assert payment_status(status, total=total, paid=paid, refunded=refunded) is expected


@pytest.mark.parametrize(
    ("status", "paid", "refunded", "authorized", "expected"),
    [
        (CONFIRMED, 0, 0, 100, OrderPaymentStatus.AUTHORIZED),
        (CANCELLED, 0, 0, 100, OrderPaymentStatus.AUTHORIZED),
        (CONFIRMED, 100, 100, 100, OrderPaymentStatus.AUTHORIZED),
        (CONFIRMED, 40, 0, 0, OrderPaymentStatus.PARTIALLY_CAPTURED),
        (FULFILLED, 40, 10, 0, OrderPaymentStatus.PARTIALLY_REFUNDED),
        (FULFILLED, 0, 0, 0, OrderPaymentStatus.UNPAID),
    ],
)
def test_payment_status_distinguishes_authorized_from_captured_payments(
    status: OrderStatus, paid: int, refunded: int, authorized: int, expected: OrderPaymentStatus
) -> None:
    actual = payment_status(status, total=100, paid=paid, refunded=refunded, authorized=authorized)
    assert actual is expected


@pytest.mark.parametrize(
    ("status", "paid", "refunded", "expected"),
    [
        (PENDING, 0, 0, OrderPaymentStatus.UNPAID),
        (CONFIRMED, 60, 0, OrderPaymentStatus.PAID),
        (CONFIRMED, 59, 0, OrderPaymentStatus.PARTIALLY_CAPTURED),
        (CONFIRMED, 100, 40, OrderPaymentStatus.PARTIALLY_REFUNDED),
    ],
)
def test_payment_status_does_not_count_canceled_units_as_payable(
    status: OrderStatus, paid: int, refunded: int, expected: OrderPaymentStatus
) -> None:
    actual = payment_status(status, total=100, paid=paid, refunded=refunded, cancelled=40)
    assert actual is expected


@pytest.mark.parametrize(
    ("fulfilled", "expected"),
    [
        (0, FulfillmentStatus.UNFULFILLED),
        (1, FulfillmentStatus.PARTIAL),
        (2, FulfillmentStatus.PARTIAL),
        (3, FulfillmentStatus.FULFILLED),
    ],
)
def test_fulfillment_status_depends_on_shipped_and_canceled_units(
    fulfilled: int, expected: FulfillmentStatus
) -> None:
    assert fulfillment_status(fulfilled=fulfilled, left_to_ship=3 - fulfilled) is expected
