"""The payment gateway for Stripe.

It uses PaymentIntents: https://docs.stripe.com/api/payment_intents.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import stripe
from stripe import PaymentIntent, Refund

from adapters.payments.stripe.amounts import NotChargeable, to_stripe
from adapters.payments.stripe.answers import (
    PAYMENT_ID,
    REFUND_ID,
    UNKNOWN,
    code_of,
    is_untouched,
    our_id,
    payment_answer,
    refund_answer,
    rejected_answer,
)
from application.payments.provider_ports import (
    Outcome,
    PaymentGateway,
    PaymentRequest,
    ProviderAnswer,
    ProviderUnavailable,
    RefundRequest,
)
from application.shared.ports import Clock
from domain.payments.payment import CaptureMethod
from domain.shared.errors import DomainError
from domain.shared.money import Money

_log = logging.getLogger(__name__)

SECONDS = 15.0
"""The timeout, in seconds, of one call of the gateway. It covers all requests of the call."""

KEYS_LIVE = timedelta(hours=23)
"""The minimum time for which Stripe stores an idempotency key."""

_WITH_CHARGE = ["latest_charge"]
"""Objects that Stripe includes in intents. The charge contains the end of the authorization."""

_CANCELABLE = {"requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"}


class StripeGateway(PaymentGateway):
    """A gateway that pays in two steps: it creates an intent, then confirms the intent.

    Creating an intent moves no money. To find an intent without knowing its id, the gateway creates the intent again
    with the same idempotency key. If the intent already exists, Stripe returns it. Otherwise Stripe creates an
    intent, which moves no money. After `KEYS_LIVE`, Stripe may have deleted the idempotency key. The gateway
    then searches for the intent. It does not search earlier, because Stripe adds new intents to its search
    index with a delay.

    The intent's secret is shown only to a customer whose bank requires authentication.
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
                return rejected_answer(refusal)

    async def capture(self, payment: PaymentRequest, amount: Money) -> ProviderAnswer:
        async with _asking():
            intent = await self._find_intent(payment)
            if intent is None or intent.status != "requires_capture":
                return payment_answer(intent) if intent else UNKNOWN
            units, _ = to_stripe(amount)
            intents = self._client.v1.payment_intents
            try:
                captured = await intents.capture_async(
                    intent.id,
                    {"amount_to_capture": units},
                    {"idempotency_key": f"{payment.id}-capture-{units}"},
                )
                return payment_answer(captured)
            except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as refusal:
                # Another call may have captured or canceled the intent during this call. Therefore the intent's
                # current state is read and returned.
                answer = payment_answer(await self._retrieve(intent.id))
                is_rejected = answer.outcome is Outcome.AUTHORIZED
                return replace(answer, failure=code_of(refusal)) if is_rejected else answer

    async def renew(self, payment: PaymentRequest) -> ProviderAnswer:
        # Stripe has no request that extends an authorization. However, the end that Stripe reports for an
        # authorization can change to a later time.
        return await self.find_payment(payment)

    async def void(self, payment: PaymentRequest) -> ProviderAnswer:
        async with _asking():
            intent = await self._find_intent(payment)
            if intent is None:
                return UNKNOWN
            if intent.status not in _CANCELABLE:
                return payment_answer(intent)
            intents = self._client.v1.payment_intents
            try:
                return payment_answer(
                    await intents.cancel_async(intent.id, {"cancellation_reason": "requested_by_customer"})
                )
            except (stripe.InvalidRequestError, stripe.IdempotencyError):
                return payment_answer(await self._retrieve(intent.id))

    async def find_payment(self, payment: PaymentRequest) -> ProviderAnswer:
        async with _asking():
            try:
                intent = await self._find_intent(payment)
            except (stripe.InvalidRequestError, NotChargeable) as refusal:
                return rejected_answer(refusal)
            return payment_answer(intent) if intent else UNKNOWN

    async def refund(self, refund: RefundRequest) -> ProviderAnswer:
        async with _asking():
            try:
                found = await self._find_refund(refund)
                return refund_answer(found or await self._create_refund(refund))
            except (stripe.InvalidRequestError, NotChargeable) as refusal:
                made = await self._find_refund_made_at_stripe(refund, refusal)
                return refund_answer(made) if made else rejected_answer(refusal)

    async def find_refund(self, refund: RefundRequest) -> ProviderAnswer:
        async with _asking():
            try:
                found = await self._find_refund(refund)
            except stripe.InvalidRequestError as refusal:
                return rejected_answer(refusal)
            return refund_answer(found) if found else UNKNOWN

    def _is_remembered(self, payment: PaymentRequest) -> bool:
        """Return whether Stripe still remembers the idempotency key of the payment's intent.

        While Stripe remembers the key, creating the intent again returns the existing intent.
        """
        return not payment.reference and self._clock.now() - payment.requested_at < KEYS_LIVE

    async def _find_intent(self, payment: PaymentRequest) -> PaymentIntent | None:
        intents = self._client.v1.payment_intents
        if payment.reference:
            return await self._retrieve(payment.reference)
        if self._is_remembered(payment):
            created = await self._create_intent(payment)
            # If an earlier call created the intent, Stripe repeats its response to that call. The repeated response
            # does not contain the current state.
            return await self._retrieve(created.id)
        query = f"metadata['{PAYMENT_ID}']:'{payment.id}'"
        found = await intents.search_async(
            {"query": query, "limit": 1, "expand": [f"data.{charge}" for charge in _WITH_CHARGE]}
        )
        return found.data[0] if found.data else None

    async def _retrieve(self, intent_id: str) -> PaymentIntent:
        return await self._client.v1.payment_intents.retrieve_async(intent_id, {"expand": _WITH_CHARGE})

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
        """Confirm the intent unless it was confirmed before. Return the intent's state."""
        if not is_untouched(intent):
            return payment_answer(intent)
        if not token:
            return ProviderAnswer(outcome=Outcome.DECLINED, reference=intent.id, failure="token_missing")
        intents = self._client.v1.payment_intents
        try:
            return payment_answer(
                await intents.confirm_async(
                    intent.id,
                    {"payment_method": token, "expand": _WITH_CHARGE},
                    {"idempotency_key": f"{payment.id}-confirm"},
                )
            )
        except (stripe.CardError, stripe.InvalidRequestError, stripe.IdempotencyError) as refusal:
            # Another call may have confirmed the intent during this call, so the intent is read again.
            intent = await self._retrieve(intent.id)
            if not is_untouched(intent):
                return payment_answer(intent)
            await intents.cancel_async(intent.id)  # Canceling the intent makes the rejection final.
            return rejected_answer(refusal, intent.id)

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
        """Return a successful refund from Stripe's dashboard with the amount of the rejected refund.

        Stripe rejects the shop's refund if the charge was already refunded from the dashboard. If Stripe
        rejects the refund for another reason, the result is None.
        """
        if code_of(refusal) != "charge_already_refunded":
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
