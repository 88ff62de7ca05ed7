"""A simulated payment provider for development, demonstrations and tests. It moves no money."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.payments.sandbox.messages import dispute_of, message_about
from adapters.payments.sandbox.store import (
    Change,
    SandboxCharge,
    SandboxMessage,
    SandboxRefund,
    SandboxStore,
)
from adapters.payments.sandbox.tokens import AUTHORIZATION, Behavior, behavior_of
from application.payments.provider_ports import (
    Outcome,
    PaymentGateway,
    PaymentRequest,
    ProviderAnswer,
    ProviderUnavailable,
    RefundRequest,
)
from application.shared.errors import DatabaseUnavailable, Overloaded
from application.shared.ports import Clock, IdFactory
from domain.payments.payment import CaptureMethod, NextAction
from domain.shared.money import Money

CHARGE_NOT_FOUND = "charge_not_found"
EXCEEDS_CHARGE = "exceeds_charge"


class SandboxGateway(PaymentGateway):
    """The simulated provider. It records charges, and sends webhooks about these charges.

    `tokens.py` defines the provider's behavior. If a payment is late, it succeeds or fails `late_by` after the
    request. At that time, the hold of the order has ended.
    """

    def __init__(self, store: SandboxStore, clock: Clock, ids: IdFactory, *, late_by: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._late_by = late_by

    async def pay(self, payment: PaymentRequest, token: str | None) -> ProviderAnswer:
        behavior = behavior_of(token)
        charges = [self._charge(payment, behavior) for _ in range(behavior.charges)]
        messages = [] if behavior.is_lost else [self._report(charge) for charge in charges]
        if behavior.authorization < ENDS_SOON and payment.capture_method is CaptureMethod.MANUAL:
            messages += [self._report_end(charge) for charge in charges]
        if behavior.disputed_after is not None and payment.capture_method is CaptureMethod.AUTOMATIC:
            at = self._clock.now() + behavior.disputed_after
            messages += [dispute_of(charge, self._ids.new(), at=at) for charge in charges]
        with _store_errors_translated():
            is_first = await self._store.charge(payment.id, charges, messages)
        if is_first and behavior.is_lost:
            raise ProviderUnavailable
        return await self.find_payment(payment)

    async def find_payment(self, payment: PaymentRequest) -> ProviderAnswer:
        with _store_errors_translated():
            charges = await self._store.charges_of(payment.id)
        return _answer_about(charges[0], self._clock.now()) if charges else _UNKNOWN

    async def capture(self, payment: PaymentRequest, amount: Money) -> ProviderAnswer:
        def change(charge: SandboxCharge) -> tuple[SandboxCharge, SandboxMessage] | None:
            if _answer_about(charge, self._clock.now()).outcome is not Outcome.AUTHORIZED:
                return None
            captured = replace(charge, captured=amount)
            return captured, message_about(captured, self._ids.new(), at=self._clock.now())

        answer = await self._change(payment, change)
        if answer.outcome is Outcome.AUTHORIZED:
            return replace(answer, failure="capture_rejected")
        return answer

    async def renew(self, payment: PaymentRequest) -> ProviderAnswer:
        def change(charge: SandboxCharge) -> tuple[SandboxCharge, SandboxMessage] | None:
            now = self._clock.now()
            if not charge.is_renewable or _answer_about(charge, now).outcome is not Outcome.AUTHORIZED:
                return None
            renewed = replace(charge, authorized_until=now + AUTHORIZATION)
            return renewed, message_about(renewed, self._ids.new(), at=now)

        return await self._change(payment, change)

    async def void(self, payment: PaymentRequest) -> ProviderAnswer:
        def change(charge: SandboxCharge) -> tuple[SandboxCharge, SandboxMessage] | None:
            now = self._clock.now()
            if _answer_about(charge, now).outcome not in _VOIDABLE:
                return None
            voided = replace(charge, voided_at=now)
            return voided, message_about(voided, self._ids.new(), at=now)

        return await self._change(payment, change)

    async def _change(self, payment: PaymentRequest, change: Change) -> ProviderAnswer:
        with _store_errors_translated():
            charge = await self._store.change_charge(payment.id, change, now=self._clock.now())
        return _answer_about(charge, self._clock.now()) if charge else _UNKNOWN

    async def refund(self, refund: RefundRequest) -> ProviderAnswer:
        def decide(
            charge: SandboxCharge | None, earlier: Sequence[SandboxRefund]
        ) -> tuple[SandboxRefund, SandboxMessage]:
            decided = SandboxRefund(
                id=refund.id,
                reference=f"re_{self._ids.new().hex}",
                charge_reference=refund.payment_reference,
                amount=refund.amount,
                failure=_objection(refund, charge, earlier),
                decided_at=self._clock.now(),
            )
            return decided, message_about(decided, self._ids.new(), at=decided.decided_at)

        with _store_errors_translated():
            decided = await self._store.refund(refund.id, refund.payment_reference, decide)
        return _answer(decided)

    async def find_refund(self, refund: RefundRequest) -> ProviderAnswer:
        with _store_errors_translated():
            decided = await self._store.find_refund(refund.id)
        return _answer(decided) if decided else _UNKNOWN

    def _charge(self, payment: PaymentRequest, behavior: Behavior) -> SandboxCharge:
        now = self._clock.now()
        decides_at = payment.requested_at + self._late_by if behavior.is_late else now
        if behavior.action is not None:
            decides_at = now + behavior.action
        is_manual = payment.capture_method is CaptureMethod.MANUAL
        return SandboxCharge(
            reference=f"ch_{self._ids.new().hex}",
            payment_id=payment.id,
            amount=payment.amount,
            failure=behavior.failure,
            decides_at=decides_at,
            requires_action=behavior.action is not None,
            is_manual=is_manual,
            authorized_until=decides_at + behavior.authorization if is_manual else None,
            is_renewable=behavior.is_renewable,
        )

    def _report(self, charge: SandboxCharge) -> SandboxMessage:
        return message_about(charge, self._ids.new(), at=charge.decides_at)

    def _report_end(self, charge: SandboxCharge) -> SandboxMessage:
        end = charge.authorized_until or charge.decides_at
        return message_about(replace(charge, voided_at=end), self._ids.new(), at=end)


ENDS_SOON = timedelta(days=1)
"""If an authorization lasts less than this time, the sandbox sends a webhook when the authorization ends.

If an authorization lasts longer, the shop voids the authorization before its end.
"""
EXPIRED = "authorization_expired"
_UNKNOWN = ProviderAnswer(outcome=Outcome.UNKNOWN)
_VOIDABLE = {Outcome.PENDING, Outcome.REQUIRES_ACTION, Outcome.AUTHORIZED}


def _answer_about(charge: SandboxCharge, now: datetime) -> ProviderAnswer:
    reference = charge.reference
    if charge.captured is not None:
        return ProviderAnswer(outcome=Outcome.SUCCEEDED, reference=reference, amount=charge.captured)
    if charge.voided_at is not None:
        return ProviderAnswer(outcome=Outcome.VOIDED, reference=reference)
    if now < charge.decides_at:
        return _undecided(charge)
    if charge.failure or charge.authorized_until is None:
        return _answer(charge)
    if now >= charge.authorized_until:
        return ProviderAnswer(outcome=Outcome.VOIDED, reference=reference, failure=EXPIRED)
    return ProviderAnswer(
        outcome=Outcome.AUTHORIZED, reference=reference, authorized_until=charge.authorized_until
    )


def _undecided(charge: SandboxCharge) -> ProviderAnswer:
    reference = charge.reference
    if not charge.requires_action:
        return ProviderAnswer(outcome=Outcome.PENDING, reference=reference)
    return ProviderAnswer(
        outcome=Outcome.REQUIRES_ACTION,
        reference=reference,
        next_action=NextAction(
            type="redirect_to_url",
            client_secret=f"{reference}_secret_sandbox",
            redirect_url=f"https://sandbox.invalid/authenticate/{reference}",
        ),
    )


def _answer(decided: SandboxCharge | SandboxRefund) -> ProviderAnswer:
    if decided.failure:
        return ProviderAnswer(outcome=Outcome.DECLINED, reference=decided.reference, failure=decided.failure)
    return ProviderAnswer(outcome=Outcome.SUCCEEDED, reference=decided.reference, amount=decided.amount)


def _objection(
    refund: RefundRequest, charge: SandboxCharge | None, earlier: Sequence[SandboxRefund]
) -> str | None:
    """Return the reason why the refund is rejected, or None if it is not rejected."""
    if charge is None or charge.failure or charge.amount.currency != refund.amount.currency:
        return CHARGE_NOT_FOUND
    taken = (charge.captured or charge.amount).amount
    if charge.voided_at is not None or (charge.is_manual and charge.captured is None):
        return CHARGE_NOT_FOUND
    given = sum(one.amount.amount for one in earlier if not one.failure)
    return EXCEEDS_CHARGE if given + refund.amount.amount > taken else None


@contextmanager
def _store_errors_translated() -> Iterator[None]:
    try:
        yield
    except (DatabaseUnavailable, Overloaded) as error:
        raise ProviderUnavailable from error
