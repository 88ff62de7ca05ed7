"""Webhooks of payment providers. Unsigned webhooks are rejected."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
import stripe

from adapters.standard_webhooks import StandardWebhooks
from application.payments.provider_ports import ProviderEvent, ProviderEventKind
from domain.payments.payment import PaymentMethod
from domain.shared.ids import PaymentId
from domain.shared.money import Money
from entrypoints.http.routing.body import MAX_BODY_BYTES
from tests.kit.payments import FakeProviderEventRecorder, a_payment
from tests.kit.store import memory_store
from tests.kit.web import WebShop, container_over, web_shop

JSON = {"Content-Type": "application/json"}
URL = "/v1/webhooks/payments/sandbox"
SECRET, OLD_SECRET = b"new" * 8, b"old" * 8
SECRETS = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3 whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk"
PAYMENT = PaymentId(UUID("019b8d2c-8e00-7000-8000-000000000001"))
CAPTURED = {
    "type": "captured",
    "timestamp": "2026-01-05T09:00:00Z",
    "data": {
        "payment_id": str(PAYMENT),
        "reference": "ch_1",
        "amount": {"amount": 1999, "currency": "EUR"},
    },
}


@dataclass(frozen=True, slots=True)
class WebhookReceiver:
    """A shop that receives webhooks, and the events that the shop has accepted."""

    web: WebShop
    events: list[ProviderEvent]

    async def receive(
        self,
        message: object = CAPTURED,
        *,
        secret: bytes = SECRET,
        age: timedelta = timedelta(),
        url: str = URL,
        **changed: str,
    ) -> httpx2.Response:
        """Sign a message, replace the headers that are in `changed`, and send the message."""
        body = message if isinstance(message, str) else json.dumps(message)
        headers = JSON | StandardWebhooks([secret]).sign("msg_1", body, at=datetime.now(UTC) - age)
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        return await self.web.anonymous.post(url, content=body, headers=headers)


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    container = container_over(memory_store(), sandbox_webhook_secret=SECRETS)
    recorder = FakeProviderEventRecorder()
    container.payments.record_provider_event.override(recorder)
    async with web_shop(container) as web:
        yield WebhookReceiver(web, recorder.events)


async def test_signed_provider_webhook_is_recorded(receiver: WebhookReceiver) -> None:
    response = await receiver.receive()
    assert (response.status_code, response.content) == (204, b"")
    assert receiver.events == [
        ProviderEvent(
            provider=PaymentMethod.SANDBOX,
            event_id="msg_1",
            kind=ProviderEventKind.CAPTURED,
            payment_id=PAYMENT,
            reference="ch_1",
            amount=Money(1999, "EUR"),
            occurred_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
        )
    ]


async def test_repeated_provider_webhook_is_recorded_only_once(receiver: WebhookReceiver) -> None:
    assert (await receiver.receive()).status_code == 204
    assert (await receiver.receive(age=timedelta(seconds=30))).status_code == 204
    assert {event.event_id for event in receiver.events} == {"msg_1"}


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
async def test_provider_webhook_with_the_old_or_new_secret_is_accepted_during_rotation(
    receiver: WebhookReceiver, secret: bytes
) -> None:
    assert (await receiver.receive(secret=secret)).status_code == 204


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": b"bad" * 8},
        {"webhook_id": "msg_2"},
        {"webhook_timestamp": "1"},
        {"webhook_signature": "v1,AAAA"},
        {"webhook_signature": ""},
        {"age": timedelta(minutes=6)},
        {"age": timedelta(minutes=-6)},
    ],
    ids=str,
)
async def test_provider_webhook_with_a_wrong_signature_records_nothing(
    receiver: WebhookReceiver, wrong: dict[str, Any]
) -> None:
    response = await receiver.receive(**wrong)
    assert (response.status_code, response.json()["code"]) == (401, "invalid_signature")
    assert response.headers["WWW-Authenticate"].startswith("Signature")
    assert receiver.events == []


async def test_unsigned_provider_webhook_with_binary_content_is_rejected(
    receiver: WebhookReceiver,
) -> None:
    response = await receiver.web.anonymous.post(URL, content=b"\xff\x00{", headers=JSON)
    assert response.json()["code"] == "invalid_signature"


async def test_provider_signature_is_verified_before_the_body_is_parsed(receiver: WebhookReceiver) -> None:
    assert (await receiver.receive("{not json", secret=b"bad" * 8)).status_code == 401
    assert (await receiver.receive("{not json")).json()["code"] == "validation_failed"
    assert receiver.events == []


async def test_provider_signature_covers_the_raw_body(receiver: WebhookReceiver) -> None:
    body = (
        ' {"type" : "captured",\n "data":'
        + json.dumps(CAPTURED["data"])
        + ',"timestamp":"2026-01-05T09:00:00Z"}\n'
    )
    assert (await receiver.receive(body)).status_code == 204
    assert len(receiver.events) == 1


@pytest.mark.parametrize(
    "message",
    [
        {},
        [],
        {**CAPTURED, "type": "celebrated"},
        {**CAPTURED, "timestamp": "2026-01-05T09:00:00"},
        {**CAPTURED, "more": 1},
        {**CAPTURED, "data": {**CAPTURED["data"], "amount": {"amount": 1, "currency": "XXX"}}},  # type: ignore[dict-item] # the value is a dict
        {**CAPTURED, "data": {**CAPTURED["data"], "amount": {"amount": 2**60, "currency": "EUR"}}},  # type: ignore[dict-item] # the value is a dict
    ],
    ids=str,
)
async def test_error_for_a_malformed_provider_webhook_hides_the_content(
    receiver: WebhookReceiver, message: object
) -> None:
    response = await receiver.receive(message)
    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert "celebrated" not in response.text
    assert receiver.events == []


@pytest.mark.parametrize("provider", ["stripe", "nobody", "SANDBOX", "%00"])
async def test_webhook_of_an_unconfigured_payment_provider_returns_404(
    receiver: WebhookReceiver, provider: str
) -> None:
    response = await receiver.receive(url=f"/v1/webhooks/payments/{provider}")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert receiver.events == []


async def test_oversized_provider_webhook_is_rejected(receiver: WebhookReceiver) -> None:
    assert (await receiver.receive(" " * MAX_BODY_BYTES)).status_code == 422
    response = await receiver.receive(" " * (MAX_BODY_BYTES + 1))
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


async def test_provider_webhook_with_query_parameters_is_rejected(receiver: WebhookReceiver) -> None:
    assert (await receiver.receive(url=f"{URL}?a=1")).json()["code"] == "unknown_parameter"


async def test_sandbox_webhooks_are_signed_with_a_generated_webhook_secret() -> None:
    container = container_over(memory_store())
    recorder = FakeProviderEventRecorder()
    container.payments.record_provider_event.override(recorder)
    async with web_shop(container) as web:
        container.payments.http_client.override(web.anonymous)
        payment = a_payment(container.ids(), now=container.clock().now())
        await container.payments.sandbox_gateway().pay(payment, "tok_twice")
        assert await container.payments.sandbox_webhook_dispatcher()(limit=10) == 2
        assert await container.payments.sandbox_webhook_dispatcher()(limit=10) == 0
    assert {event.payment_id for event in recorder.events} == {payment.id}
    assert len({event.reference for event in recorder.events}) == 2


async def test_stripe_webhook_requires_a_stripe_signature() -> None:
    container = container_over(
        memory_store(),
        payment_provider="stripe",
        stripe_api_key="sk_test_canary",
        stripe_webhook_secret="whsec_new whsec_old",
    )
    recorder = FakeProviderEventRecorder()
    container.payments.record_provider_event.override(recorder)
    intent = {
        "object": "payment_intent",
        "id": "pi_1",
        "amount_received": 1999,
        "currency": "eur",
        "metadata": {"payment_id": str(PAYMENT)},
    }
    body = json.dumps(
        {
            "object": "event",
            "id": "evt_1",
            "type": "payment_intent.succeeded",
            "created": 1767603600,
            "data": {"object": intent},
        }
    )
    async with web_shop(container) as web:
        for secret, status in (("whsec_old", 204), ("whsec_new", 204), ("whsec_bad", 401)):
            header = stripe.WebhookSignature.generate_signature_header(body, secret)
            response = await web.anonymous.post(
                "/v1/webhooks/payments/stripe", content=body, headers=JSON | {"Stripe-Signature": header}
            )
            assert response.status_code == status
        assert (await web.anonymous.post(URL, content=b"{}", headers=JSON)).status_code == 404
    assert [event.payment_id for event in recorder.events] == [PAYMENT, PAYMENT]
    container.payments.gateways.reset_override()
    assert list(container.payments.gateways()) == [PaymentMethod.STRIPE]
