"""Stripe's webhooks are parsed, and forged webhooks are rejected."""

import json
from datetime import UTC, datetime
from time import time
from typing import Any
from uuid import UUID

import httpx2
import pytest
import stripe

from adapters.payments.stripe.client import create_client
from adapters.payments.stripe.webhook_parser import StripeWebhookParser
from application.payments.provider_ports import InvalidSignature, ProviderEventKind, UnverifiedMessage
from domain.payments.payment import PaymentMethod
from domain.shared.errors import ValidationFailed
from domain.shared.money import Money

OLD, NEW = "whsec_old", "whsec_new"
ID = UUID("019b8d2c-8e00-7000-8000-000000000001")
CREATED = 1767603600
INTENT = {
    "object": "payment_intent",
    "id": "pi_1",
    "amount": 1999,
    "amount_received": 1999,
    "currency": "eur",
    "status": "succeeded",
    "last_payment_error": None,
    "metadata": {"payment_id": str(ID)},
}
DECLINED = {
    **INTENT,
    "amount_received": 0,
    "status": "requires_payment_method",
    "last_payment_error": {"code": "card_declined", "decline_code": "stolen_card"},
}
REFUND = {
    "object": "refund",
    "id": "re_1",
    "amount": 500,
    "currency": "eur",
    "status": "succeeded",
    "metadata": {"refund_id": str(ID)},
}


def event_body(kind: str, what: object) -> str:
    return json.dumps(
        {
            "object": "event",
            "id": "evt_1",
            "type": kind,
            "created": CREATED,
            "data": {"object": what},
        }
    )


def signed(body: str, *, secret: str = NEW, age: int = 0) -> UnverifiedMessage:
    header = stripe.WebhookSignature.generate_signature_header(body, secret, int(time()) - age)
    return UnverifiedMessage({"stripe-signature": header}, body.encode())


@pytest.fixture
def inbox() -> StripeWebhookParser:
    nobody = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(404)))
    return StripeWebhookParser(create_client("sk_test_canary", nobody, api_base=None), [NEW, OLD])


async def test_stripe_event_of_a_captured_payment_is_parsed(inbox: StripeWebhookParser) -> None:
    event = await inbox.open(signed(event_body("payment_intent.succeeded", INTENT)))
    assert event is not None
    assert (event.provider, event.event_id, event.kind) == (
        PaymentMethod.STRIPE,
        "evt_1",
        ProviderEventKind.CAPTURED,
    )
    assert (event.payment_id, event.reference, event.amount) == (ID, "pi_1", Money(1999, "EUR"))
    assert event.occurred_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert event.failure is None


async def test_parsed_stripe_event_of_a_failed_payment_omits_the_reason_of_the_bank(
    inbox: StripeWebhookParser,
) -> None:
    event = await inbox.open(signed(event_body("payment_intent.payment_failed", DECLINED)))
    assert event is not None
    assert (event.kind, event.payment_id) == (ProviderEventKind.FAILED, ID)
    assert (event.failure, event.amount) == ("card_declined", Money(1999, "EUR"))


async def test_stripe_event_of_a_canceled_payment_is_parsed_as_failed(inbox: StripeWebhookParser) -> None:
    event = await inbox.open(signed(event_body("payment_intent.canceled", {**INTENT, "status": "canceled"})))
    assert event is not None
    assert (event.kind, event.failure) == (ProviderEventKind.FAILED, "canceled")


@pytest.mark.parametrize(
    "kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
)
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, (ProviderEventKind.REFUNDED, None)),
        ({"status": "canceled"}, (ProviderEventKind.REFUND_FAILED, "canceled")),
        (
            {"status": "failed", "failure_reason": "expired_or_canceled_card"},
            (ProviderEventKind.REFUND_FAILED, "expired_or_canceled_card"),
        ),
    ],
)
async def test_stripe_refund_event_is_parsed_according_to_the_refund_status(
    inbox: StripeWebhookParser,
    kind: str,
    changed: dict[str, Any],
    expected: tuple[ProviderEventKind, str | None],
) -> None:
    event = await inbox.open(signed(event_body(kind, {**REFUND, **changed})))
    assert event is not None
    assert (event.kind, event.failure) == expected
    assert (event.refund_id, event.reference, event.amount) == (ID, "re_1", Money(500, "EUR"))


@pytest.mark.parametrize(
    "body",
    [
        event_body("refund.updated", {**REFUND, "status": "pending"}),
        event_body("customer.created", {"object": "customer", "id": "cus_1"}),
        event_body("payment_intent.processing", {**INTENT, "status": "processing"}),
        event_body("payment_intent.succeeded", {"object": "something_new"}),
    ],
)
async def test_irrelevant_stripe_event_is_ignored(inbox: StripeWebhookParser, body: str) -> None:
    assert await inbox.open(signed(body)) is None


@pytest.mark.parametrize("metadata", [{}, None, {"payment_id": "ours?"}])
async def test_stripe_event_about_a_payment_of_another_program_has_no_payment_id(
    inbox: StripeWebhookParser, metadata: object
) -> None:
    event = await inbox.open(signed(event_body("payment_intent.succeeded", {**INTENT, "metadata": metadata})))
    assert event is not None
    assert (event.payment_id, event.reference) == (None, "pi_1")


async def test_stripe_amounts_are_converted_to_minor_units(inbox: StripeWebhookParser) -> None:
    krona = {**INTENT, "amount_received": 5000, "currency": "isk"}
    event = await inbox.open(signed(event_body("payment_intent.succeeded", krona)))
    assert event is not None
    assert event.amount == Money(50, "ISK")


@pytest.mark.parametrize("secret", [OLD, NEW])
async def test_stripe_event_signed_with_the_old_or_new_webhook_secret_is_accepted(
    inbox: StripeWebhookParser, secret: str
) -> None:
    assert await inbox.open(signed(event_body("payment_intent.succeeded", INTENT), secret=secret))


GOOD = signed(event_body("payment_intent.succeeded", INTENT))


@pytest.mark.parametrize(
    "message",
    [
        signed(event_body("payment_intent.succeeded", INTENT), secret="whsec_foreign"),
        signed(event_body("payment_intent.succeeded", INTENT), age=310),
        UnverifiedMessage({}, GOOD.body),
        UnverifiedMessage(GOOD.headers, GOOD.body + b" "),
        UnverifiedMessage(GOOD.headers, b"\xff" + GOOD.body),
        *(
            UnverifiedMessage({"stripe-signature": header}, GOOD.body)
            for header in (
                "",
                "t=1",
                "t=x,v1=0",
                f"t={int(time())},v1=\u00fc",
                f"t={int(time())},v0=00",
                "v1=0",
            )
        ),
    ],
)
async def test_stripe_signature_with_an_old_timestamp_is_rejected(
    inbox: StripeWebhookParser, message: UnverifiedMessage
) -> None:
    with pytest.raises(InvalidSignature):
        await inbox.open(message)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        '"text"',
        "{}",
        '{"object": "event"}',
        event_body("payment_intent.succeeded", {"object": "payment_intent"}),
        event_body("payment_intent.succeeded", {**INTENT, "currency": "xxx"}),
        event_body("payment_intent.succeeded", {**INTENT, "amount_received": 2**60}),
        event_body("payment_intent.succeeded", {**INTENT, "amount_received": "1"}),
    ],
)
async def test_signed_stripe_message_with_malformed_content_is_rejected(
    inbox: StripeWebhookParser, body: str
) -> None:
    with pytest.raises(ValidationFailed):
        await inbox.open(signed(body))


DISPUTE = {
    "object": "dispute",
    "id": "dp_1",
    "amount": 1999,
    "currency": "eur",
    "status": "needs_response",
    "payment_intent": "pi_1",
}


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("charge.dispute.created", "needs_response", ProviderEventKind.DISPUTE_OPENED),
        ("charge.dispute.closed", "won", ProviderEventKind.DISPUTE_WON),
        ("charge.dispute.closed", "lost", ProviderEventKind.DISPUTE_LOST),
    ],
)
async def test_stripe_event_of_a_dispute_contains_the_reference_of_the_payment(
    inbox: StripeWebhookParser, kind: str, status: str, expected: ProviderEventKind
) -> None:
    event = await inbox.open(signed(event_body(kind, {**DISPUTE, "status": status})))
    assert event is not None
    assert (event.kind, event.payment_id, event.reference) == (expected, None, "pi_1")
    assert event.amount == Money(1999, "EUR")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("charge.dispute.created", "warning_needs_response"),
        ("charge.dispute.closed", "warning_closed"),
        ("charge.dispute.updated", "under_review"),
    ],
)
async def test_stripe_event_of_a_bank_inquiry_is_ignored(
    inbox: StripeWebhookParser, kind: str, status: str
) -> None:
    assert await inbox.open(signed(event_body(kind, {**DISPUTE, "status": status}))) is None


async def test_stripe_event_of_a_dashboard_refund_contains_the_payment_reference(
    inbox: StripeWebhookParser,
) -> None:
    made = {**REFUND, "metadata": {}, "payment_intent": "pi_1"}
    event = await inbox.open(signed(event_body("refund.created", made)))
    assert event is not None
    assert (event.kind, event.refund_id, event.reference, event.payment_reference) == (
        ProviderEventKind.REFUNDED,
        None,
        "re_1",
        "pi_1",
    )


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("payment_intent.amount_capturable_updated", "requires_capture", ProviderEventKind.AUTHORIZED),
        ("payment_intent.requires_action", "requires_action", ProviderEventKind.REQUIRES_ACTION),
        ("payment_intent.canceled", "canceled", ProviderEventKind.VOIDED),
    ],
)
async def test_stripe_event_of_a_payment_without_a_result_is_parsed(
    inbox: StripeWebhookParser, kind: str, status: str, expected: ProviderEventKind
) -> None:
    intent = {**INTENT, "status": status, "created": CREATED, "cancellation_reason": "abandoned"}
    event = await inbox.open(signed(event_body(kind, intent)))
    assert event is not None
    assert (event.kind, event.payment_id) == (expected, ID)
    assert (
        event.authorized_until is None
    )  # only the charge states the reason, and the event does not contain the charge
