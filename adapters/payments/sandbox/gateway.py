"""A provider that takes no money: for development, demonstrations and tests."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from adapters.payments.sandbox.messages import message_about
from adapters.payments.sandbox.store import SandboxCharge, SandboxMessage, SandboxRefund, SandboxStore
from adapters.payments.sandbox.tokens import Behaviour, behaviour_of
from application.payments.ports import (
    Outcome,
    PaymentGateway,
    PaymentRequest,
    ProviderAnswer,
    ProviderUnavailable,
    RefundRequest,
)
from application.shared.clock import Clock
from application.shared.errors import DatabaseUnavailable, Overloaded
from application.shared.ids import IdFactory

CHARGE_NOT_FOUND = "charge_not_found"
EXCEEDS_CHARGE = "exceeds_charge"


class SandboxGateway(PaymentGateway):
    """Does what `tokens.py` says, keeps books of it, and has the shop told by the courier.

    `late_by` is how long after the request a late payment is decided: an order must have expired by then.
    """

    def __init__(self, books: SandboxStore, clock: Clock, ids: IdFactory, *, late_by: timedelta) -> None:
        self._books = books
        self._clock = clock
        self._ids = ids
        self._late_by = late_by

    async def capture(self, payment: PaymentRequest, token: str | None) -> ProviderAnswer:
        behaviour = behaviour_of(token)
        charges = [self._charge(payment, behaviour) for _ in range(behaviour.charges)]
        messages = [] if behaviour.is_lost else [message_about(charge, self._ids.new()) for charge in charges]
        with _books_open():
            is_first = await self._books.charge(payment.id, charges, messages)
        if is_first and behaviour.is_lost:
            raise ProviderUnavailable
        return await self.find_payment(payment)

    async def find_payment(self, payment: PaymentRequest) -> ProviderAnswer:
        with _books_open():
            charges = await self._books.charges_of(payment.id)
        return _answer_about(charges[0], self._clock.now()) if charges else _UNKNOWN

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
            return decided, message_about(decided, self._ids.new())

        with _books_open():
            decided = await self._books.refund(refund.id, refund.payment_reference, decide)
        return _answer(decided)

    async def find_refund(self, refund: RefundRequest) -> ProviderAnswer:
        with _books_open():
            decided = await self._books.find_refund(refund.id)
        return _answer(decided) if decided else _UNKNOWN

    def _charge(self, payment: PaymentRequest, behaviour: Behaviour) -> SandboxCharge:
        decides_at = payment.requested_at + self._late_by if behaviour.is_late else self._clock.now()
        return SandboxCharge(
            reference=f"ch_{self._ids.new().hex}",
            payment_id=payment.id,
            amount=payment.amount,
            failure=behaviour.failure,
            decides_at=decides_at,
        )


_UNKNOWN = ProviderAnswer(outcome=Outcome.UNKNOWN)


def _answer_about(charge: SandboxCharge, now: datetime) -> ProviderAnswer:
    if now < charge.decides_at:
        return ProviderAnswer(outcome=Outcome.PENDING, reference=charge.reference)
    return _answer(charge)


def _answer(decided: SandboxCharge | SandboxRefund) -> ProviderAnswer:
    if decided.failure:
        return ProviderAnswer(outcome=Outcome.DECLINED, reference=decided.reference, failure=decided.failure)
    return ProviderAnswer(outcome=Outcome.SUCCEEDED, reference=decided.reference, amount=decided.amount)


def _objection(
    refund: RefundRequest, charge: SandboxCharge | None, earlier: Sequence[SandboxRefund]
) -> str | None:
    """Return why the money cannot be given back, if it cannot."""
    if charge is None or charge.failure or charge.amount.currency != refund.amount.currency:
        return CHARGE_NOT_FOUND
    given = sum(one.amount.amount for one in earlier if not one.failure)
    return EXCEEDS_CHARGE if given + refund.amount.amount > charge.amount.amount else None


@contextmanager
def _books_open() -> Iterator[None]:
    try:
        yield
    except (DatabaseUnavailable, Overloaded) as error:
        raise ProviderUnavailable from error
