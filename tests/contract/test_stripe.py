"""The behavior that only the Stripe gateway has.

The tests include responses that are lost or late.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.payments.stripe.client import create_client
from adapters.payments.stripe.webhook_parser import StripeWebhookParser
from application.payments.provider_ports import (
    Outcome,
    PaymentRequest,
    ProviderAnswer,
    ProviderEventKind,
    ProviderUnavailable,
    UnverifiedMessage,
)
from domain.payments.payment import CaptureMethod
from domain.shared.money import Money
from tests.contract.intercepted_stripe import (
    API_KEY,
    ASKS_ITS_OWNER,
    REFUSING_ACCOUNT,
    Stripe,
    losing,
)
from tests.kit.payments import a_refund
from tests.servers.fake_stripe import CAPTURE_WITHIN


async def test_stripe_payment_with_a_lost_response_is_found_and_charged_only_once(stripe: Stripe) -> None:
    payment = stripe.payment()
    stripe.intercept = losing("/confirm")
    with pytest.raises(ProviderUnavailable):
        await stripe.gateway.pay(payment, "pm_card_visa")
    stripe.intercept = None
    stripe.sent.clear()
    found = await stripe.gateway.find_payment(payment)
    assert (found.outcome, found.amount) == (Outcome.SUCCEEDED, payment.amount)
    assert stripe.count("/confirm") == 0


async def test_stripe_payment_whose_request_was_lost_has_the_outcome_unknown(stripe: Stripe) -> None:
    payment = stripe.payment()
    stripe.intercept = losing("/payment_intents")
    with pytest.raises(ProviderUnavailable):
        await stripe.gateway.pay(payment, "pm_card_visa")
    stripe.intercept = None
    assert (await stripe.gateway.find_payment(payment)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("token", ["pm_card_visa", "pm_card_chargeCustomerFail"])
async def test_stripe_payment_is_found_by_metadata_after_the_idempotency_key_expired(
    stripe: Stripe, token: str
) -> None:
    payment = stripe.payment()
    answer = await stripe.gateway.pay(payment, token)
    stripe.clock.advance(timedelta(days=2))
    stripe.sent.clear()
    assert await stripe.gateway.find_payment(payment) == answer
    assert await stripe.gateway.pay(payment, "pm_card_visa") == answer
    assert stripe.count("POST") == 0


async def test_stripe_payment_missing_at_stripe_after_two_days_has_the_outcome_unknown(
    stripe: Stripe,
) -> None:
    payment = stripe.payment()
    stripe.clock.advance(timedelta(days=2))
    assert (await stripe.gateway.find_payment(payment)).outcome is Outcome.UNKNOWN


async def test_stripe_payment_with_a_reference_is_queried_by_this_reference(stripe: Stripe) -> None:
    payment = stripe.payment()
    answer = await stripe.gateway.pay(payment, "pm_card_visa")
    named = PaymentRequest(
        id=payment.id,
        order_id=payment.order_id,
        amount=payment.amount,
        requested_at=payment.requested_at,
        reference=answer.reference,
    )
    stripe.sent.clear()
    assert await stripe.gateway.find_payment(named) == answer
    assert stripe.sent == [f"GET /v1/payment_intents/{answer.reference}"]


async def test_stripe_payment_without_a_payment_token_is_declined(stripe: Stripe) -> None:
    answer = await stripe.gateway.pay(stripe.payment(), None)
    assert answer.outcome is Outcome.DECLINED


async def test_declined_stripe_payment_remains_declined_if_retried_with_a_valid_card(
    stripe: Stripe,
) -> None:
    payment = stripe.payment()
    refusal = await stripe.gateway.pay(payment, "pm_nobody_has")
    assert (refusal.outcome, refusal.failure) == (Outcome.DECLINED, "resource_missing")
    assert (await stripe.gateway.pay(payment, "pm_card_visa")).outcome is Outcome.DECLINED
    assert (await stripe.gateway.find_payment(payment)).outcome is Outcome.DECLINED


async def authenticate(stripe: Stripe, answer: ProviderAnswer, *, success: bool) -> None:
    """Authenticate the payment as the customer does with Stripe.js."""
    assert answer.next_action is not None
    response = await stripe.http_client.post(
        f"{stripe.api_base}/v1/payment_intents/{answer.reference}/_authenticate",
        json={"client_secret": answer.next_action.client_secret, "success": success},
        headers={"Authorization": f"Bearer {API_KEY}"},
    )
    assert response.is_success, response.text


@pytest.mark.parametrize("capture_method", CaptureMethod)
async def test_stripe_payment_is_captured_or_authorized_after_authentication(
    stripe: Stripe, capture_method: CaptureMethod
) -> None:
    payment = replace(stripe.payment(), capture_method=capture_method)
    answer = await stripe.gateway.pay(payment, await stripe.card(ASKS_ITS_OWNER))
    assert answer.outcome is Outcome.REQUIRES_ACTION
    assert answer.next_action is not None
    assert answer.next_action.type == "use_stripe_sdk"
    assert str(answer.next_action.client_secret) not in repr(answer)
    assert await stripe.gateway.find_payment(payment) == answer
    await authenticate(stripe, answer, success=True)
    found = await stripe.gateway.find_payment(payment)
    is_manual = capture_method is CaptureMethod.MANUAL
    assert found.outcome is (Outcome.AUTHORIZED if is_manual else Outcome.SUCCEEDED)


async def test_stripe_authorization_ends_at_the_capture_deadline_that_stripe_reports(stripe: Stripe) -> None:
    payment = replace(stripe.payment(), capture_method=CaptureMethod.MANUAL)
    answer = await stripe.gateway.pay(payment, "pm_card_visa")
    response = await stripe.http_client.get(
        f"{stripe.api_base}/v1/payment_intents/{answer.reference}",
        headers={"Authorization": f"Bearer {API_KEY}"},
    )
    created = datetime.fromtimestamp(response.json()["created"], UTC)
    assert answer.authorized_until == created + timedelta(seconds=CAPTURE_WITHIN)
    assert await stripe.gateway.find_payment(payment) == answer
    stripe.clock.advance(
        timedelta(days=2)
    )  # the idempotency key has expired, so the gateway searches for the payment
    assert await stripe.gateway.find_payment(payment) == answer


async def test_failed_authentication_declines_the_stripe_payment(stripe: Stripe) -> None:
    payment = stripe.payment()
    answer = await stripe.gateway.pay(payment, await stripe.card(ASKS_ITS_OWNER))
    await authenticate(stripe, answer, success=False)
    found = await stripe.gateway.find_payment(payment)
    assert (found.outcome, found.failure) == (Outcome.DECLINED, "payment_intent_authentication_failure")


async def test_stripe_payment_with_abandoned_authentication_can_be_voided(stripe: Stripe) -> None:
    payment = stripe.payment()
    await stripe.gateway.pay(payment, await stripe.card(ASKS_ITS_OWNER))
    assert (await stripe.gateway.void(payment)).outcome is Outcome.VOIDED
    assert (await stripe.gateway.find_payment(payment)).outcome is Outcome.VOIDED


@pytest.mark.parametrize("operation", ["/capture", "/cancel"])
async def test_capture_or_void_with_a_lost_response_is_found_in_stripe(
    stripe: Stripe, operation: str
) -> None:
    payment = replace(stripe.payment(), capture_method=CaptureMethod.MANUAL)
    await stripe.gateway.pay(payment, "pm_card_visa")
    stripe.intercept = losing(operation)

    async def operate() -> ProviderAnswer:
        if operation == "/capture":
            return await stripe.gateway.capture(payment, payment.amount)
        return await stripe.gateway.void(payment)

    with pytest.raises(ProviderUnavailable):
        await operate()
    stripe.intercept = None
    stripe.sent.clear()
    expected = Outcome.SUCCEEDED if operation == "/capture" else Outcome.VOIDED
    assert (await operate()).outcome is expected
    assert stripe.count(operation) == 0


async def test_stripe_payment_with_the_status_processing_is_pending_until_stripe_decides(
    stripe: Stripe,
) -> None:
    payment = stripe.payment()
    answer = await stripe.gateway.pay(payment, await stripe.account(REFUSING_ACCOUNT))
    assert (answer.outcome, answer.amount) == (Outcome.PENDING, None)
    while answer.outcome is Outcome.PENDING:
        await asyncio.sleep(0.05)
        answer = await stripe.gateway.find_payment(payment)
    assert (answer.outcome, answer.failure) == (Outcome.DECLINED, "card_declined")


async def test_amount_that_stripe_cannot_represent_is_rejected(stripe: Stripe) -> None:
    payment = stripe.payment(amount=Money(1999, "MGA"))
    answer = await stripe.gateway.pay(payment, "pm_card_visa")
    assert (answer.outcome, answer.failure) == (Outcome.DECLINED, "amount_not_chargeable")
    assert await stripe.gateway.find_payment(payment) == answer
    assert stripe.sent == []


async def test_icelandic_krona_amounts_are_converted_to_the_minor_unit_of_stripe(stripe: Stripe) -> None:
    bodies: list[str] = []

    async def read(request: httpx2.Request, network: httpx2.AsyncBaseTransport) -> httpx2.Response:
        bodies.append((await request.aread()).decode())
        return await network.handle_async_request(request)

    stripe.intercept = read
    await stripe.gateway.pay(stripe.payment(amount=Money(50, "ISK")), "pm_card_visa")
    assert "amount=5000&currency=isk" in bodies[0]


async def test_stripe_refund_with_a_lost_response_is_sent_only_once(stripe: Stripe) -> None:
    payment = stripe.payment()
    reference = (await stripe.gateway.pay(payment, "pm_card_visa")).reference
    refund = a_refund(stripe.ids, payment, reference, amount=100, now=stripe.clock.now())
    stripe.intercept = losing("/refunds")
    with pytest.raises(ProviderUnavailable):
        await stripe.gateway.refund(refund)
    stripe.intercept = None
    assert (await stripe.gateway.refund(refund)).outcome is Outcome.SUCCEEDED
    assert stripe.count("POST /v1/refunds") == 1


async def test_stripe_webhook_signature_is_verified(stripe: Stripe) -> None:
    arrived: asyncio.Queue[UnverifiedMessage] = asyncio.Queue()

    async def listen(request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        await arrived.put(UnverifiedMessage(headers, await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", listen)
    async with TestServer(app) as listener:
        await stripe.http_client.post(
            f"{stripe.api_base}/_config/webhooks/shop",
            json={"url": str(listener.make_url("/")), "secret": "whsec_new"},
        )
        payment = stripe.payment()
        answer = await stripe.gateway.pay(payment, "pm_card_visa")
        inbox = StripeWebhookParser(create_client(API_KEY, stripe.http_client, api_base=None), ["whsec_new"])
        events = [await inbox.open(await arrived.get())]
        while not events[-1] or events[-1].payment_id != payment.id:  # events of other tests may arrive
            events.append(await inbox.open(await arrived.get()))
    event = events[-1]
    assert event.kind is ProviderEventKind.CAPTURED
    assert (event.reference, event.amount) == (answer.reference, payment.amount)
