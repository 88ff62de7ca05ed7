"""The payment gateway for Stripe, with PaymentIntents: https://docs.stripe.com/api/payment_intents."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import stripe
from stripe import PaymentIntent, Refund

from adapters.payments.stripe.amounts import NotChargeable, from_stripe, to_stripe
from adapters.payments.stripe.metadata import PAYMENT_ID, REFUND_ID, our_id
from application.payments.ports import (
    Outcome,
    PaymentGateway,
    PaymentRequest,
    ProviderAnswer,
    ProviderUnavailable,
    RefundRequest,
)
from application.shared.clock import Clock
from domain.payments.payment import CaptureMethod, NextAction
from domain.shared.errors import DomainError
from domain.shared.money import Money

_log = logging.getLogger(__name__)

SECONDS = 15.0
"""Seconds for all requests of one call of the gateway."""

KEYS_LIVE = timedelta(hours=23)
"""Stripe stores an idempotency key for at least 24 hours and promises nothing beyond that."""

_UNKNOWN = ProviderAnswer(outcome=Outcome.UNKNOWN)
_CANCELABLE = {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"}
_AUTHORIZATION = timedelta(days=7)
"""The lifetime of a card authorization where Stripe does not state one."""
_UNCONFIRMED = {"requires_payment_method", "requires_confirmation"}


class StripeGateway(PaymentGateway):
    """Pays in two steps: create an intent, which moves no money, then confirm it, which does.

    So the state of a payment is always known: creating the intent again with the same idempotency key returns it or
    creates one that moves no money. (A search finds it only after Stripe's index has caught up.) The intent's
    secret is shown only to the customer whose bank requires authentication.
    """

    def __init__(self, client: stripe.StripeClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    async def pay(self, payment: PaymentRequest, token: str | None) -> ProviderAnswer:
        async with _asking():
            try:
                if self._is_remembered(payment):
                    intent = await self._create_intent(payment)
                else:
                    intent = await self._find_intent(payment) or await self._create_intent(payment)
                return await self._confirmed(intent, payment, token)
            except (stripe.InvalidRequestError, NotChargeable) as refusal:
                return _refused(refusal)

    async def capture(self, payment: PaymentRequest, amount: Money) -> ProviderAnswer:
        async with _asking():
            intent = await self._find_intent(payment)
            if intent is None or intent.status != "requires_capture":
                return _payment_answer(intent) if intent else _UNKNOWN
            units, _ = to_stripe(amount)
            intents = self._client.v1.payment_intents
            try:
                captured = await intents.capture_async(
                    intent.id,
                    {"amount_to_capture": units},
                    {"idempotency_key": f"{payment.id}-capture-{units}"},
                )
                return _payment_answer(captured)
            except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as refusal:
                # The intent decides: another call may have captured or canceled it meanwhile.
                answer = _payment_answer(await intents.retrieve_async(intent.id))
                is_rejected = answer.outcome is Outcome.AUTHORIZED
                return replace(answer, failure=_code(refusal)) if is_rejected else answer

    async def void(self, payment: PaymentRequest) -> ProviderAnswer:
        async with _asking():
            intent = await self._find_intent(payment)
            if intent is None:
                return _UNKNOWN
            if intent.status not in _CANCELABLE:
                return _payment_answer(intent)
            intents = self._client.v1.payment_intents
            try:
                return _payment_answer(
                    await intents.cancel_async(intent.id, {"cancellation_reason": "requested_by_customer"})
                )
            except (stripe.InvalidRequestError, stripe.IdempotencyError):
                return _payment_answer(await intents.retrieve_async(intent.id))

    async def find_payment(self, payment: PaymentRequest) -> ProviderAnswer:
        async with _asking():
            try:
                intent = await self._find_intent(payment)
            except (stripe.InvalidRequestError, NotChargeable) as refusal:
                return _refused(refusal)
            return _payment_answer(intent) if intent else _UNKNOWN

    async def refund(self, refund: RefundRequest) -> ProviderAnswer:
        async with _asking():
            try:
                found = await self._find_refund(refund)
                return _refund_answer(found or await self._create_refund(refund))
            except (stripe.InvalidRequestError, NotChargeable) as refusal:
                made = await self._find_refund_made_at_stripe(refund, refusal)
                return _refund_answer(made) if made else _refused(refusal)

    async def find_refund(self, refund: RefundRequest) -> ProviderAnswer:
        async with _asking():
            try:
                found = await self._find_refund(refund)
            except stripe.InvalidRequestError as refusal:
                return _refused(refusal)
            return _refund_answer(found) if found else _UNKNOWN

    def _is_remembered(self, payment: PaymentRequest) -> bool:
        """Return whether Stripe still answers a repeated creation of the payment's intent with the existing intent."""
        return not payment.reference and self._clock.now() - payment.requested_at < KEYS_LIVE

    async def _find_intent(self, payment: PaymentRequest) -> PaymentIntent | None:
        intents = self._client.v1.payment_intents
        if payment.reference:
            return await intents.retrieve_async(payment.reference)
        if self._is_remembered(payment):
            created = await self._create_intent(payment)
            # If it was created before, Stripe returns it in its state of that time.
            return await intents.retrieve_async(created.id)
        found = await intents.search_async({"query": f"metadata['{PAYMENT_ID}']:'{payment.id}'", "limit": 1})
        return found.data[0] if found.data else None

    async def _create_intent(self, payment: PaymentRequest) -> PaymentIntent:
        amount, currency = to_stripe(payment.amount)
        return await self._client.v1.payment_intents.create_async(
            {
                "amount": amount,
                "currency": currency,
                "capture_method": "manual" if payment.capture_method is CaptureMethod.MANUAL else "automatic",
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "metadata": {PAYMENT_ID: str(payment.id), "order_id": str(payment.order_id)},
            },
            {"idempotency_key": str(payment.id)},
        )

    async def _confirmed(
        self, intent: PaymentIntent, payment: PaymentRequest, token: str | None
    ) -> ProviderAnswer:
        """Confirm the intent unless it was confirmed before, and return its state."""
        if not _is_untouched(intent):
            return _payment_answer(intent)
        if not token:
            return ProviderAnswer(outcome=Outcome.DECLINED, reference=intent.id, failure="token_missing")
        intents = self._client.v1.payment_intents
        try:
            return _payment_answer(
                await intents.confirm_async(
                    intent.id,
                    {"payment_method": token},
                    {"idempotency_key": f"{payment.id}-confirm"},
                )
            )
        except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as refusal:
            # The intent's state decides: another call may have confirmed it meanwhile.
            intent = await intents.retrieve_async(intent.id)
            if not _is_untouched(intent):
                return _payment_answer(intent)
            await intents.cancel_async(intent.id)  # a rejection is final
            return _refused(refusal, intent.id)

    async def _find_refund(self, refund: RefundRequest) -> Refund | None:
        refunds = self._client.v1.refunds
        if refund.reference:
            return await refunds.retrieve_async(refund.reference)
        page = await refunds.list_async({"payment_intent": refund.payment_reference, "limit": 100})
        async for one in page.auto_paging_iter():
            if our_id(one, REFUND_ID) == refund.id:
                return one
        return None

    async def _find_refund_made_at_stripe(self, refund: RefundRequest, refusal: Exception) -> Refund | None:
        """Return a refund of the same amount made in Stripe's dashboard, if that explains the rejection."""
        if _code(refusal) != "charge_already_refunded":
            return None
        amount, _ = to_stripe(refund.amount)
        page = await self._client.v1.refunds.list_async(
            {"payment_intent": refund.payment_reference, "limit": 100}
        )
        async for one in page.auto_paging_iter():
            if our_id(one, REFUND_ID) is None and one.amount == amount and one.status == "succeeded":
                return one
        return None

    async def _create_refund(self, refund: RefundRequest) -> Refund:
        amount, _ = to_stripe(refund.amount)
        return await self._client.v1.refunds.create_async(
            {
                "payment_intent": refund.payment_reference,
                "amount": amount,
                "metadata": {REFUND_ID: str(refund.id)},
            },
            {"idempotency_key": str(refund.id)},
        )


def _is_untouched(intent: PaymentIntent) -> bool:
    """Return whether no confirmation of the intent was attempted."""
    return intent.status in _UNCONFIRMED and not intent.last_payment_error


def _payment_answer(intent: PaymentIntent) -> ProviderAnswer:
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
        case _ if _is_untouched(intent):
            answer = _UNKNOWN
        case "canceled" | "requires_payment_method" | "requires_confirmation":
            failure = failure_of_payment(intent)
            answer = ProviderAnswer(outcome=Outcome.DECLINED, reference=intent.id, failure=failure)
        case _:
            answer = ProviderAnswer(outcome=Outcome.PENDING, reference=intent.id)
    return answer


def is_voided(intent: PaymentIntent) -> bool:
    """Return whether the intent was canceled with a reason: a rejected one is canceled without."""
    return intent.status == "canceled" and bool(getattr(intent, "cancellation_reason", None))


def authorized_until(intent: PaymentIntent) -> datetime:
    """Return when the authorization ends."""
    return datetime.fromtimestamp(intent.created, UTC) + _AUTHORIZATION


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
    """Return the reason why the last attempt failed.

    Not the bank's own reason (`decline_code`): the holder of a stolen card must not learn that it is known.
    """
    error = intent.last_payment_error
    return (error.code if error else None) or intent.status


def _refund_answer(refund: Refund) -> ProviderAnswer:
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


def _refused(refusal: Exception, reference: str | None = None) -> ProviderAnswer:
    """Return the rejection of a request that Stripe never accepts and has not executed."""
    return ProviderAnswer(outcome=Outcome.DECLINED, reference=reference, failure=_code(refusal))


def _code(refusal: Exception) -> str:
    if isinstance(refusal, NotChargeable):
        return "amount_not_chargeable"
    return getattr(refusal, "code", None) or "refused"


@asynccontextmanager
async def _asking() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        _log.error("Stripe refuses the API key")
        raise ProviderUnavailable from error
    except (TimeoutError, stripe.StripeError) as error:
        raise ProviderUnavailable from error
    except (AttributeError, KeyError, TypeError, ValueError, DomainError) as error:
        _log.exception("Stripe's answer is not what its API promises")
        raise ProviderUnavailable from error
