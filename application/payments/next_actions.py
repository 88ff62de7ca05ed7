"""The customer's next action, which is read from the provider and never stored."""

from dataclasses import replace

from application.orders.access import OrderAccess
from application.payments.provider_ports import PaymentGateways, PaymentRequest, ProviderUnavailable
from application.payments.views import PaymentView
from domain.orders.lifecycle import Party
from domain.payments.payment import PaymentStatus


async def with_next_action(
    gateways: PaymentGateways, payment: PaymentView, access: OrderAccess
) -> PaymentView:
    """Return the payment with the next action, if the caller is the customer.

    Staff never see the next action.
    """
    gateway = gateways.get(payment.method)
    is_waiting = payment.status is PaymentStatus.REQUIRES_ACTION
    if gateway is None or not is_waiting or access.party is not Party.OWNER:
        return payment
    request = PaymentRequest(
        id=payment.id,
        order_id=payment.order_id,
        amount=payment.amount,
        requested_at=payment.requested_at,
        capture_method=payment.capture_method,
        reference=payment.reference,
    )
    try:
        answer = await gateway.find_payment(request)
    except ProviderUnavailable:
        return payment
    return replace(payment, next_action=answer.next_action)
