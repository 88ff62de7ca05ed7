"""Staff capture, void or refund a payment in the dashboard of Stripe."""

from dataclasses import replace
from typing import Any

from application.payments.provider_ports import (
    Outcome,
)
from domain.payments.payment import CaptureMethod
from domain.shared.money import Money
from tests.contract.intercepted_stripe import (
    API_KEY,
    Stripe,
)
from tests.kit.payments import a_refund


async def in_dashboard(stripe: Stripe, path: str, **fields: Any) -> None:
    """Change a payment as a user of Stripe's dashboard does."""
    response = await stripe.http_client.post(
        f"{stripe.api_base}/v1/payment_intents/{path}",
        json=fields,
        headers={"Authorization": f"Bearer {API_KEY}"},
    )
    assert response.is_success, response.text


async def test_capture_that_was_made_in_the_stripe_dashboard_is_found(stripe: Stripe) -> None:
    payment = replace(stripe.payment(), capture_method=CaptureMethod.MANUAL)
    authorized = await stripe.gateway.pay(payment, "pm_card_visa")
    await in_dashboard(stripe, f"{authorized.reference}/capture", amount_to_capture="1500")
    found = await stripe.gateway.find_payment(payment)
    assert (found.outcome, found.amount) == (Outcome.SUCCEEDED, Money(1500, "EUR"))
    assert await stripe.gateway.capture(payment, payment.amount) == found
    assert await stripe.gateway.void(payment) == found


async def test_void_made_in_the_stripe_dashboard_is_found_with_its_reason(stripe: Stripe) -> None:
    payment = replace(stripe.payment(), capture_method=CaptureMethod.MANUAL)
    authorized = await stripe.gateway.pay(payment, "pm_card_visa")
    await in_dashboard(stripe, f"{authorized.reference}/cancel", cancellation_reason="fraudulent")
    found = await stripe.gateway.find_payment(payment)
    assert (found.outcome, found.failure) == (Outcome.VOIDED, "fraudulent")
    assert await stripe.gateway.capture(payment, payment.amount) == found


async def test_pending_refund_is_settled_by_an_equal_refund_in_the_stripe_dashboard(stripe: Stripe) -> None:
    payment = stripe.payment()
    captured = await stripe.gateway.pay(payment, "pm_card_visa")
    made = await stripe.http_client.post(
        f"{stripe.api_base}/v1/refunds",
        json={"payment_intent": captured.reference, "amount": 1999, "metadata": {}},
        headers={"Authorization": f"Bearer {API_KEY}"},
    )
    refund = a_refund(stripe.ids, payment, captured.reference, amount=1999, now=stripe.clock.now())
    answer = await stripe.gateway.refund(refund)
    assert (answer.outcome, answer.reference) == (Outcome.SUCCEEDED, made.json()["id"])
    assert (await stripe.gateway.refund(refund)).reference == answer.reference
