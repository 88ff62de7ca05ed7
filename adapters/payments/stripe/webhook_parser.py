"""Verify and parse Stripe's webhooks: https://docs.stripe.com/webhooks."""

from collections.abc import Sequence
from datetime import UTC, datetime

import stripe
from stripe import Dispute, Event, PaymentIntent, Refund

from adapters.payments.stripe.amounts import from_stripe
from adapters.payments.stripe.answers import (
    PAYMENT_ID,
    REFUND_ID,
    failure_of_payment,
    failure_of_refund,
    is_voided,
    our_id,
)
from application.payments.provider_ports import (
    InvalidSignature,
    ProviderEvent,
    ProviderEventKind,
    ProviderWebhookParser,
    UnverifiedMessage,
)
from domain.payments.payment import PaymentMethod
from domain.shared.errors import DomainError, ValidationFailed
from domain.shared.ids import PaymentId, RefundId

TOLERANCE = 300
"""The maximum age of a message in seconds. Stripe signs a message again at each attempt to deliver it."""

_OF_PAYMENTS = {
    "payment_intent.succeeded": ProviderEventKind.CAPTURED,
    "payment_intent.payment_failed": ProviderEventKind.FAILED,
    "payment_intent.canceled": ProviderEventKind.FAILED,
    "payment_intent.amount_capturable_updated": ProviderEventKind.AUTHORIZED,
    "payment_intent.requires_action": ProviderEventKind.REQUIRES_ACTION,
}
_OF_REFUNDS = {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
_BY_STATUS = {
    "succeeded": ProviderEventKind.REFUNDED,
    "failed": ProviderEventKind.REFUND_FAILED,
    "canceled": ProviderEventKind.REFUND_FAILED,
}


class StripeWebhookParser(ProviderWebhookParser):
    """A parser of messages that are signed with one of the endpoint's `secrets`.

    There are two secrets while a secret is being replaced.
    """

    def __init__(self, client: stripe.StripeClient, secrets: Sequence[str]) -> None:
        self._client = client
        self._secrets = secrets

    async def open(self, message: UnverifiedMessage) -> ProviderEvent | None:
        if not any(_bears_signature(message, secret) for secret in self._secrets):
            raise InvalidSignature
        try:
            return _event_of(self._client.construct_event_without_verification(message.body))
        except (AttributeError, KeyError, TypeError, ValueError, DomainError):
            raise ValidationFailed("The message is not one that Stripe's API describes.") from None


def _bears_signature(message: UnverifiedMessage, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(
            message.body, message.headers.get("stripe-signature"), secret, TOLERANCE
        )
    except (stripe.SignatureVerificationError, UnicodeDecodeError, TypeError):
        # The library raises TypeError for a signature that is not ASCII.
        return False
    return True


def _event_of(event: Event) -> ProviderEvent | None:
    reported = event.data.object
    if isinstance(reported, PaymentIntent) and event.type in _OF_PAYMENTS:
        return _event_of_payment(event, reported, _OF_PAYMENTS[event.type])
    if isinstance(reported, Refund) and event.type in _OF_REFUNDS and reported.status in _BY_STATUS:
        return _event_of_refund(event, reported, _BY_STATUS[reported.status])
    if (
        isinstance(reported, Dispute)
        and _payment_of(reported)
        and (kind := _dispute_kind(event.type, reported.status))
    ):
        return ProviderEvent(
            provider=PaymentMethod.STRIPE,
            event_id=event.id,
            kind=kind,
            reference=_payment_of(reported),
            amount=from_stripe(reported.amount, reported.currency),
            occurred_at=datetime.fromtimestamp(event.created, UTC),
        )
    return None


def _dispute_kind(event_type: str, status: str) -> ProviderEventKind | None:
    """Return the kind of provider event for Stripe's event about a dispute, or None.

    The result is None for a bank's inquiry (`warning_...`), because an inquiry moves no money.
    """
    if event_type == "charge.dispute.created" and not status.startswith("warning_"):
        return ProviderEventKind.DISPUTE_OPENED
    if event_type != "charge.dispute.closed":
        return None
    return {"won": ProviderEventKind.DISPUTE_WON, "lost": ProviderEventKind.DISPUTE_LOST}.get(status)


def _payment_of(made: Refund | Dispute) -> str | None:
    """Return the id of the intent to which a refund or dispute belongs.

    Stripe sends either the whole intent or only the id of the intent.
    """
    intent = getattr(made, "payment_intent", None)
    return intent.id if isinstance(intent, PaymentIntent) else intent


def _event_of_payment(event: Event, intent: PaymentIntent, kind: ProviderEventKind) -> ProviderEvent:
    if kind is ProviderEventKind.FAILED and is_voided(intent):
        kind = ProviderEventKind.VOIDED
    captured = kind is ProviderEventKind.CAPTURED
    ours = our_id(intent, PAYMENT_ID)
    return ProviderEvent(
        provider=PaymentMethod.STRIPE,
        event_id=event.id,
        kind=kind,
        payment_id=PaymentId(ours) if ours else None,
        reference=intent.id,
        amount=from_stripe(intent.amount_received if captured else intent.amount, intent.currency),
        failure=failure_of_payment(intent) if kind is ProviderEventKind.FAILED else None,
        occurred_at=datetime.fromtimestamp(event.created, UTC),
    )


def _event_of_refund(event: Event, refund: Refund, kind: ProviderEventKind) -> ProviderEvent:
    ours = our_id(refund, REFUND_ID)
    return ProviderEvent(
        provider=PaymentMethod.STRIPE,
        event_id=event.id,
        kind=kind,
        refund_id=RefundId(ours) if ours else None,
        reference=refund.id,
        payment_reference=_payment_of(refund),
        amount=from_stripe(refund.amount, refund.currency),
        failure=failure_of_refund(refund) if kind is ProviderEventKind.REFUND_FAILED else None,
        occurred_at=datetime.fromtimestamp(event.created, UTC),
    )
