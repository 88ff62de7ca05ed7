"""Stripe gives no response, a malformed response or an error. Secrets are not logged."""

import asyncio
import json
import logging
from contextlib import suppress

import httpx2
import pytest

from adapters.payments.stripe import gateway as gateway_module
from adapters.payments.stripe.client import create_client
from adapters.payments.stripe.gateway import StripeGateway
from application.payments.provider_ports import (
    ProviderUnavailable,
)
from tests.contract.intercepted_stripe import (
    VISA,
    Intercept,
    Stripe,
    answering,
    losing,
)
from tests.kit.payments import a_refund


@pytest.mark.parametrize(
    "nonsense",
    [
        answering(500, "{}"),
        answering(503, "<html>"),
        answering(429, '{"error": {"type": "invalid_request_error", "code": "lock_timeout"}}'),
        answering(409, '{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}'),
        answering(200, ""),
        answering(200, "<html>"),
        answering(200, "[]"),
        answering(200, "{}"),
        answering(200, '{"object": "payment_intent", "id": "pi_1", "status": "succeeded"}'),
        answering(
            200,
            json.dumps(
                {
                    "object": "payment_intent",
                    "id": "pi_1",
                    "status": "succeeded",
                    "last_payment_error": None,
                    "amount_received": 2**60,
                    "currency": "xxx",
                }
            ),
        ),
    ],
)
async def test_malformed_stripe_response_is_reported_as_provider_unavailable(
    stripe: Stripe, nonsense: Intercept
) -> None:
    payment = stripe.payment()
    refund = a_refund(stripe.ids, payment, "pi_1", amount=100, now=stripe.clock.now())
    stripe.intercept = nonsense
    for ask in (
        stripe.gateway.pay(payment, "pm_card_visa"),
        stripe.gateway.find_payment(payment),
        stripe.gateway.refund(refund),
        stripe.gateway.find_refund(refund),
    ):
        with pytest.raises(ProviderUnavailable):
            await ask


async def test_stripe_call_without_a_response_times_out(
    stripe: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_request: httpx2.Request, _network: httpx2.AsyncBaseTransport) -> httpx2.Response:
        return await asyncio.Future()

    monkeypatch.setattr(gateway_module, "SECONDS", 0.01)
    stripe.intercept = hang
    with pytest.raises(ProviderUnavailable):
        await stripe.gateway.pay(stripe.payment(), "pm_card_visa")


async def test_error_for_a_wrong_stripe_api_key_is_logged_without_the_key(
    stripe: Stripe, stripe_api: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = StripeGateway(create_client("pk_canary", stripe.http_client, api_base=stripe_api), stripe.clock)
    with pytest.raises(ProviderUnavailable):
        await wrong.pay(stripe.payment(), "pm_card_visa")
    assert "Stripe refuses the API key" in caplog.text
    assert "canary" not in caplog.text


async def test_stripe_api_key_and_payment_tokens_are_never_logged(
    stripe: Stripe, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = await stripe.card(VISA)
    await stripe.gateway.pay(stripe.payment(), token)
    stripe.intercept = losing("/confirm")
    with suppress(ProviderUnavailable):
        await stripe.gateway.pay(stripe.payment(), token)
    assert "canary" not in caplog.text
    assert token not in caplog.text
