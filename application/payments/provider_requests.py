"""Requests to payment providers."""

from application.payments.provider_ports import PaymentRequest, RefundRequest
from domain.payments.payment import Payment
from domain.payments.refund import Refund


def payment_request(payment: Payment) -> PaymentRequest:
    return PaymentRequest(
        id=payment.id,
        order_id=payment.order_id,
        amount=payment.amount,
        requested_at=payment.requested_at,
        capture_method=payment.capture_method,
        reference=payment.reference,
    )


def refund_request(refund: Refund, payment: Payment) -> RefundRequest:
    """Return the request to refund a part of the captured payment."""
    if payment.reference is None:
        raise ValueError("A payment was captured, and its provider has no name for it.")
    return RefundRequest(
        id=refund.id,
        payment_id=payment.id,
        payment_reference=payment.reference,
        amount=refund.amount,
        requested_at=refund.requested_at,
        reference=refund.reference,
    )
