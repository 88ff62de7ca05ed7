"""Conversion of Stripe's objects and errors to the payment results that the shop uses."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from stripe import Charge, PaymentIntent, Refund, StripeObject

from adapters.payments.stripe.amounts import NotChargeable, from_stripe
from application.payments.provider_ports import Outcome, ProviderAnswer
from domain.payments.payment import NextAction

PAYMENT_ID = "payment_id"
REFUND_ID = "refund_id"
"""The metadata keys of Stripe's objects under which the service stores its own ids."""

UNKNOWN = ProviderAnswer(outcome=Outcome.UNKNOWN)
_AUTHORIZATION = timedelta(days=7)
"""The assumed lifetime of an authorization if Stripe does not report when it ends."""
_UNCONFIRMED = {"requires_payment_method", "requires_confirmation"}


def our_id(made: StripeObject, name: str) -> UUID | None:
    """Return the service's own id of the object, or None if another program created the object."""
    try:
        return UUID(made["metadata"][name])
    except (KeyError, TypeError, ValueError):
        return None


def is_untouched(intent: PaymentIntent) -> bool:
    """Return whether nobody has tried to confirm the intent."""
    return intent.status in _UNCONFIRMED and not intent.last_payment_error


def payment_answer(intent: PaymentIntent) -> ProviderAnswer:
    match intent.status:
        case "succeeded":
            amount = from_stripe(intent.amount_received, intent.currency)
            answer = ProviderAnswer(outcome=Outcome.SUCCEEDED, reference=intent.id, amount=amount)
        case "requires_capture":
            until = authorized_until(intent)
            answer = ProviderAnswer(outcome=Outcome.AUTHORIZED, reference=intent.id, authorized_until=until)
        case "requires_action":
            action = _next_action(intent)
            answer = ProviderAnswer(outcome=Outcome.REQUIRES_ACTION, reference=intent.id, next_action=action)
        case "canceled" if is_voided(intent):
            reason = _reason_of_void(intent)
            answer = ProviderAnswer(outcome=Outcome.VOIDED, reference=intent.id, failure=reason)
        case _ if is_untouched(intent):
            answer = UNKNOWN
        case "canceled" | "requires_payment_method" | "requires_confirmation":
            failure = failure_of_payment(intent)
            answer = ProviderAnswer(outcome=Outcome.DECLINED, reference=intent.id, failure=failure)
        case _:
            answer = ProviderAnswer(outcome=Outcome.PENDING, reference=intent.id)
    return answer


def is_voided(intent: PaymentIntent) -> bool:
    """Return whether the intent was canceled with a reason.

    If the service voids a payment, it gives Stripe a reason. If the service rejects a payment, it cancels the intent
    without a reason.
    """
    return intent.status == "canceled" and bool(getattr(intent, "cancellation_reason", None))


def authorized_until(intent: PaymentIntent) -> datetime | None:
    """Return when the authorization ends, or None if the intent does not include its charge.

    The bank that issued the card sets the end (`capture_before`).
    """
    charge = getattr(intent, "latest_charge", None)
    if not isinstance(charge, Charge):
        return None
    card = getattr(charge.payment_method_details, "card", None)
    capture_before = getattr(card, "capture_before", None)
    if capture_before is None:
        return datetime.fromtimestamp(charge.created, UTC) + _AUTHORIZATION
    return datetime.fromtimestamp(capture_before, UTC)


def _reason_of_void(intent: PaymentIntent) -> str | None:
    reason = str(intent.cancellation_reason)
    return None if reason == "requested_by_customer" else reason


def _next_action(intent: PaymentIntent) -> NextAction:
    action = intent.next_action
    redirect = getattr(action, "redirect_to_url", None)
    return NextAction(
        type=action.type if action else "use_stripe_sdk",
        client_secret=intent.client_secret,
        redirect_url=getattr(redirect, "url", None),
    )


def failure_of_payment(intent: PaymentIntent) -> str:
    """Return the reason why the last attempt to pay failed.

    The bank's own reason (`decline_code`) is not returned. If the card is stolen, this reason could tell the thief
    that the bank knows about the theft.
    """
    error = intent.last_payment_error
    return (error.code if error else None) or intent.status


def refund_answer(refund: Refund) -> ProviderAnswer:
    if refund.status == "succeeded":
        amount = from_stripe(refund.amount, refund.currency)
        return ProviderAnswer(outcome=Outcome.SUCCEEDED, reference=refund.id, amount=amount)
    if refund.status in {"failed", "canceled"}:
        return ProviderAnswer(
            outcome=Outcome.DECLINED, reference=refund.id, failure=failure_of_refund(refund)
        )
    return ProviderAnswer(outcome=Outcome.PENDING, reference=refund.id)


def failure_of_refund(refund: Refund) -> str:
    return getattr(refund, "failure_reason", None) or str(refund.status)


def rejected_answer(error: Exception, reference: str | None = None) -> ProviderAnswer:
    """Return the answer for a request that Stripe did not execute, and would reject again."""
    return ProviderAnswer(outcome=Outcome.DECLINED, reference=reference, failure=code_of(error))


def code_of(error: Exception) -> str:
    if isinstance(error, NotChargeable):
        return "amount_not_chargeable"
    return getattr(error, "code", None) or "refused"
