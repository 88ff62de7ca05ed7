import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from application.payments.provider_ports import (
    Outcome,
    PaymentGateway,
    PaymentRequest,
    ProviderAnswer,
    ProviderUnavailable,
    RefundRequest,
)
from domain.payments.payment import CaptureMethod, NextAction
from domain.shared.money import Money

UNKNOWN = ProviderAnswer(outcome=Outcome.UNKNOWN)
CLIENT_SECRET = "pi_canary_secret"


@dataclass(slots=True)
class FakeGateway(PaymentGateway):
    """A fake payment provider that stores its own records. Tokens select the results of payments.

    A payment with `tok_ok` is charged, or authorized if its capture is manual. A payment with `tok_declined` is
    declined. A payment with `tok_pending` or `tok_3ds` waits until `decide` is called. With `tok_timeout` the payment
    is charged, but the response is lost. With `tok_lost` the request is lost before it reaches the provider.

    `next_refunds` contains the results of the next refunds.

    While `is_down` is set, all requests are lost before they reach the provider.
    """

    is_down: bool = False
    next_refunds: list[str] = field(default_factory=list)
    payments: dict[UUID, ProviderAnswer] = field(default_factory=dict)
    refunds: dict[UUID, ProviderAnswer] = field(default_factory=dict)
    authorization: timedelta = timedelta(days=7)
    authorized_until: datetime | None = None
    """`decide` creates authorizations that end at this time."""
    renewal: timedelta | None = None
    """The duration by which a renewal extends an authorization.

    The value is None if the payment provider does not renew authorizations.
    """
    charges: int = 0
    calls: int = 0

    async def pay(self, payment: PaymentRequest, token: str | None) -> ProviderAnswer:
        await self._arrive(is_lost=token == "tok_lost")
        if payment.id not in self.payments:
            self.payments[payment.id] = self._decided(payment, token)
        if token == "tok_timeout":
            raise ProviderUnavailable
        return self.payments[payment.id]

    async def find_payment(self, payment: PaymentRequest) -> ProviderAnswer:
        await self._arrive()
        return self.payments.get(payment.id, UNKNOWN)

    async def capture(self, payment: PaymentRequest, amount: Money) -> ProviderAnswer:
        await self._arrive()
        answer = self.payments.get(payment.id, UNKNOWN)
        if answer.outcome is Outcome.AUTHORIZED:
            self.charges += 1
            answer = self.payments[payment.id] = replace(answer, outcome=Outcome.SUCCEEDED, amount=amount)
        return answer

    async def renew(self, payment: PaymentRequest) -> ProviderAnswer:
        await self._arrive()
        answer = self.payments.get(payment.id, UNKNOWN)
        if self.renewal and answer.outcome is Outcome.AUTHORIZED and answer.authorized_until:
            until = answer.authorized_until + self.renewal
            answer = self.payments[payment.id] = replace(answer, authorized_until=until)
        return answer

    async def void(self, payment: PaymentRequest) -> ProviderAnswer:
        await self._arrive()
        answer = self.payments.get(payment.id, UNKNOWN)
        if answer.outcome in {Outcome.PENDING, Outcome.REQUIRES_ACTION, Outcome.AUTHORIZED}:
            answer = self.payments[payment.id] = replace(answer, outcome=Outcome.VOIDED)
        return answer

    async def refund(self, refund: RefundRequest) -> ProviderAnswer:
        wish = self.next_refunds.pop(0) if self.next_refunds else "ok"
        await self._arrive(is_lost=wish == "lost")
        if refund.id not in self.refunds:
            self.refunds[refund.id] = ProviderAnswer(
                outcome={"declined": Outcome.DECLINED, "pending": Outcome.PENDING}.get(
                    wish, Outcome.SUCCEEDED
                ),
                reference=f"re_{refund.id}",
                amount=refund.amount,
                failure="charge_disputed" if wish == "declined" else None,
            )
        if wish == "timeout":
            raise ProviderUnavailable
        return self.refunds[refund.id]

    async def find_refund(self, refund: RefundRequest) -> ProviderAnswer:
        await self._arrive()
        return self.refunds.get(refund.id, UNKNOWN)

    def decide(self, payment_id: UUID, outcome: Outcome) -> None:
        """Decide pending payments and refunds without sending webhooks."""
        answer = replace(self.payments[payment_id], outcome=outcome, next_action=None)
        if outcome is Outcome.AUTHORIZED and answer.authorized_until is None:
            answer = replace(answer, authorized_until=self.authorized_until)
        self.payments[payment_id] = answer
        self.charges += outcome is Outcome.SUCCEEDED

    def decide_refund(self, refund_id: UUID, outcome: Outcome) -> None:
        self.refunds[refund_id] = replace(self.refunds[refund_id], outcome=outcome)

    async def _arrive(self, *, is_lost: bool = False) -> None:
        await asyncio.sleep(0)
        self.calls += 1
        if self.is_down or is_lost:
            raise ProviderUnavailable

    def _decided(self, payment: PaymentRequest, token: str | None) -> ProviderAnswer:
        if token == "tok_declined":
            return ProviderAnswer(outcome=Outcome.DECLINED, failure="card_declined")
        if token == "tok_pending":
            return ProviderAnswer(
                outcome=Outcome.PENDING, reference=f"ch_{payment.id}", amount=payment.amount
            )
        if token == "tok_3ds":
            return ProviderAnswer(
                outcome=Outcome.REQUIRES_ACTION,
                reference=f"ch_{payment.id}",
                amount=payment.amount,
                next_action=NextAction(type="redirect_to_url", client_secret=CLIENT_SECRET),
            )
        if payment.capture_method is CaptureMethod.MANUAL:
            until = payment.requested_at + self.authorization
            return ProviderAnswer(
                outcome=Outcome.AUTHORIZED,
                reference=f"ch_{payment.id}",
                amount=payment.amount,
                authorized_until=until,
            )
        self.charges += 1
        return ProviderAnswer(outcome=Outcome.SUCCEEDED, reference=f"ch_{payment.id}", amount=payment.amount)
