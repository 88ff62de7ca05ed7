"""The possible next steps of people, the payment provider and time in a small shop."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from application.orders.views import OrderView, ReturnView
from application.payments.provider_ports import Outcome, ProviderAnswer, ProviderEventKind
from application.payments.views import PaymentView, RefundView
from application.users.views import UserView
from domain.orders.guest import Guest
from domain.orders.order import Order
from domain.orders.placing import OutOfStock
from domain.payments.payment import Payment, PaymentStatus
from domain.payments.refund import RefundOrigin, RefundStatus
from domain.shared.money import Money
from domain.users.email_address import EmailAddress
from entrypoints.email_addresses import sought_email_address
from tests.kit.actors import SOMEBODY
from tests.kit.shop import HOLD
from tests.model.world import PRICE, UNITS, World

_EVENT_KINDS = {
    Outcome.AUTHORIZED: ProviderEventKind.AUTHORIZED,
    Outcome.REQUIRES_ACTION: ProviderEventKind.REQUIRES_ACTION,
    Outcome.VOIDED: ProviderEventKind.VOIDED,
}
_DISPUTES = (
    ProviderEventKind.DISPUTE_OPENED,
    ProviderEventKind.DISPUTE_WON,
    ProviderEventKind.DISPUTE_LOST,
)


@dataclass(frozen=True, slots=True)
class Move:
    name: str
    run: Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Moves:
    """The moves that are possible in the current state of a world."""

    world: World

    def possible(self) -> Iterator[Move]:
        """Yield all possible moves, including those that will be rejected."""
        for number, customer in enumerate(self.world.customers):
            order = next((each for each in self.world.orders if _is_of(each, customer)), None)
            if order is None:
                yield Move(f"place {number}", partial(self._place, customer, self.world.bounds.units[number]))
            else:
                yield from self._moves_of(number, order)
        yield Move("sweep", self.world.shop.expire)
        yield Move("settle", partial(self._settle, "ok"))
        if self._may_refunds_fail:
            yield Move("settle, refunds declined", partial(self._settle, "declined"))
        if self._resting:
            yield Move("wait until refunds are retried", self._wait_for_refunds)
        if self._ends:
            yield Move("wait until an authorization is due", self._wait_for_ends)
        if self.world.holds < self.world.bounds.holds:
            yield Move("wait for as long as orders are held", self._wait)

    def _moves_of(self, number: int, order: Order) -> Iterator[Move]:
        view = OrderView.of(order)
        payments = self.world.payments_of(order.id)
        refunds = self.world.refunds_of(order.id)
        if len(payments) < self.world.bounds.payments[number]:
            pay = self.world.shop.authorize if self.world.bounds.is_manual else self.world.shop.pay
            yield Move(f"pay {number}", partial(pay, view, "tok_pending"))
        yield Move(f"cancel {number}", partial(self.world.shop.cancel, view))
        if self.world.bounds.cancels:
            yield Move(f"cancel one of {number}", partial(self.world.shop.cancel, view, 1))
        yield from self._moves_of_details(number, view)
        if self.world.bounds.fulfills:
            yield Move(f"ship one of {number}", partial(self.world.shop.fulfil, view, 1))
            yield Move(
                f"ship one unit above the limit of {number}", partial(self.world.shop.fulfil, view, UNITS + 1)
            )
        yield from self._moves_of_returns(number, view)
        if len(refunds) < self.world.bounds.refunds:
            yield Move(f"refund one of {number}", partial(self._refund, view, "ok"))
            yield Move(f"refund one of {number}, answer lost", partial(self._refund, view, "lost"))
            yield Move(f"refund all of {number}", partial(self.world.shop.refund, view, view.total.amount))
        for each in payments:
            yield from self._moves_at_provider(number, PaymentView.of(each))
        for each in payments:
            yield from self._provider_moves(number, PaymentView.of(each))
        for refund in refunds:
            yield from self._refund_reports(number, RefundView.of(refund), payments)

    def _moves_of_details(self, number: int, order: OrderView) -> Iterator[Move]:
        if self.world.bounds.claims:
            claim = self.world.shop.claim_guest_orders
            yield Move(f"claim {number}", partial(claim, self.world.customers[number].id, actor=SOMEBODY))
        if self.world.bounds.changes:
            for note in ("Ring once", None):
                changing = self.world.shop.commands.change_order(order, note=note)
                yield Move(f"change the note of {number}", partial(self.world.shop.change_order, changing))

    def _moves_of_returns(self, number: int, order: OrderView) -> Iterator[Move]:
        returns = [ReturnView.of(each) for each in self.world.returns_of(order.id)]
        if len(returns) < self.world.bounds.returns:
            yield Move(f"send one of {number} back", partial(self.world.shop.send_back, order, 1))
            yield Move(f"send all of {number} back", partial(self.world.shop.send_back, order, UNITS))
        for each in returns:
            yield Move(f"approve return of {number}", partial(self.world.shop.approve, each))
            yield Move(
                f"approve return of {number} for less", partial(self.world.shop.approve, each, PRICE // 2)
            )
            yield Move(f"refuse return of {number}", partial(self.world.shop.refuse, each))
            yield Move(f"receive return of {number}", partial(self.world.shop.receive, each))
            yield Move(
                f"receive broken return of {number}", partial(self.world.shop.receive, each, restock=False)
            )

    def _provider_moves(self, number: int, payment: PaymentView) -> Iterator[Move]:
        answer = self.world.shop.gateway.payments.get(payment.id)
        name = f"payment of {number}"
        yield from self._operations(name, payment)
        if answer is None:
            return
        for outcome in self._decisions(answer.outcome):
            yield Move(f"decide {name}: {outcome}", partial(self._decide, payment.id, outcome))
        yield from self._reports(number, name, payment, answer)

    def _reports(
        self, number: int, name: str, payment: PaymentView, answer: ProviderAnswer
    ) -> Iterator[Move]:
        if answer.outcome in _EVENT_KINDS:
            yield Move(
                f"report {name}: {answer.outcome}",
                partial(
                    self.world.shop.report_provider_event,
                    _EVENT_KINDS[answer.outcome],
                    payment,
                    authorized_until=answer.authorized_until,
                ),
            )
        elif answer.outcome is Outcome.PENDING:
            pass
        elif answer.outcome is Outcome.DECLINED:
            yield Move(
                f"report failed {name}",
                partial(self.world.shop.report_provider_event, ProviderEventKind.FAILED, payment),
            )
        else:
            yield Move(
                f"report {name}",
                partial(self.world.shop.report_provider_event, ProviderEventKind.CAPTURED, payment),
            )
            if self.world.bounds.charges_too_little:
                yield Move(f"report too little for {name}", partial(self._report_too_little, payment))
            if payment.id in self.world.charged_twice:
                yield Move(
                    f"report second charge for {name}",
                    partial(
                        self.world.shop.report_provider_event,
                        ProviderEventKind.CAPTURED,
                        payment,
                        reference="ch_again",
                    ),
                )
            elif self.world.bounds.charges_twice and not self.world.charged_twice:
                yield Move(f"charge twice for {name}", partial(self._charge_twice, payment.id))

    def _moves_at_provider(self, number: int, payment: PaymentView) -> Iterator[Move]:
        """Yield moves that concern captured money: disputes, and refunds made at the provider."""
        answer = self.world.shop.gateway.payments.get(payment.id)
        if answer is None or answer.outcome is not Outcome.SUCCEEDED:
            return
        for kind in _DISPUTES if self.world.bounds.is_disputed else ():
            yield Move(
                f"{kind} of payment of {number}",
                partial(self.world.shop.report_provider_event, kind, payment),
            )
        made = sum(
            refund.origin is RefundOrigin.PROVIDER for refund in self.world.database.tables.refunds.values()
        )
        if made < self.world.bounds.provider_refunds:
            for units in (1, UNITS):
                amount = Money(units * PRICE, payment.amount.currency)
                yield Move(
                    f"refund {units} of {number} at the provider",
                    partial(self.world.shop.report_refund_at_provider, payment, amount),
                )

    def _operations(self, name: str, payment: PaymentView) -> Iterator[Move]:
        if self.world.bounds.is_manual:
            yield Move(f"capture {name}", partial(self.world.shop.capture, payment))
            yield Move(f"capture half of {name}", partial(self.world.shop.capture, payment, PRICE // 2))
        if self.world.bounds.is_manual or self.world.bounds.requires_action:
            yield Move(f"void {name}", partial(self.world.shop.void, payment))

    def _decisions(self, outcome: Outcome) -> list[Outcome]:
        """Return the payment provider's possible decisions about a payment in this state."""
        success = Outcome.AUTHORIZED if self.world.bounds.is_manual else Outcome.SUCCEEDED
        decisions = {
            Outcome.PENDING: [success, Outcome.DECLINED],
            Outcome.REQUIRES_ACTION: [success, Outcome.DECLINED],
            Outcome.AUTHORIZED: [Outcome.VOIDED],
        }.get(outcome, [])
        if outcome is Outcome.PENDING and self.world.bounds.requires_action:
            decisions.append(Outcome.REQUIRES_ACTION)
        return decisions

    def _refund_reports(self, number: int, refund: RefundView, payments: list[Payment]) -> Iterator[Move]:
        answer = self.world.shop.gateway.refunds.get(refund.id)
        [payment] = [PaymentView.of(each) for each in payments if each.id == refund.payment_id]
        kinds = []
        if answer is not None and answer.outcome is Outcome.SUCCEEDED:
            kinds.append(ProviderEventKind.REFUNDED)
        if answer is not None and (self._may_refunds_fail or refund.status is RefundStatus.FAILED):
            kinds.append(ProviderEventKind.REFUND_FAILED)
        for kind in kinds:
            yield Move(
                f"report refund to {number}: {kind}",
                partial(self.world.shop.report_provider_event, kind, payment, refund=refund),
            )

    async def _place(self, customer: UserView, units: int) -> None:
        try:
            if self.world.bounds.claims:
                guest = Guest(email=_address_of(customer))
                placing = self.world.shop.commands.place_order(
                    (self.world.product, units), customer=guest, placed_by=customer.id
                )
                await self.world.shop.place_order(placing)
            else:
                await self.world.shop.order(self.world.product, units, customer=customer)
        except OutOfStock:
            self.world.somebody_was_refused = True
            raise

    async def _refund(self, order: OrderView, answer: str) -> None:
        self.world.shop.gateway.next_refunds = [answer]
        try:
            await self.world.shop.refund(order, [1])
        finally:
            self.world.shop.gateway.next_refunds.clear()

    @property
    def _may_refunds_fail(self) -> bool:
        refunds = self.world.database.tables.refunds.values()
        return sum(refund.status is RefundStatus.FAILED for refund in refunds) < self.world.bounds.failures

    @property
    def _resting(self) -> list[datetime]:
        """Return the timestamps at which failed refunds are due again."""
        now = self.world.shop.clock.now()
        asked = [
            refund.inquire_at
            for refund in self.world.database.tables.refunds.values()
            if not refund.inquiries
        ]
        return [at for at in asked if at is not None and at >= now + HOLD]

    async def _wait_for_refunds(self) -> None:
        self.world.shop.clock.set(max(self._resting))

    async def _settle(self, answer: str) -> None:
        self.world.shop.gateway.next_refunds = [answer] * len(self.world.database.tables.refunds)
        await self.world.shop.settle()
        self.world.shop.gateway.next_refunds.clear()

    @property
    def _ends(self) -> list[datetime]:
        """Return the timestamps at which authorizations are due for their next check."""
        now = self.world.shop.clock.now()
        payments = self.world.database.tables.payments.values()
        return [
            payment.inquire_at
            for payment in payments
            if payment.status is PaymentStatus.AUTHORIZED and payment.inquire_at and payment.inquire_at > now
        ]

    async def _wait_for_ends(self) -> None:
        self.world.shop.clock.set(min(self._ends))

    async def _decide(self, payment_id: UUID, outcome: Outcome) -> None:
        self.world.shop.gateway.decide(payment_id, outcome)

    async def _report_too_little(self, payment: PaymentView) -> None:
        await self.world.shop.report_provider_event(
            ProviderEventKind.CAPTURED,
            payment,
            amount=payment.amount - Money(PRICE // 2, payment.amount.currency),
        )

    async def _charge_twice(self, payment_id: UUID) -> None:
        self.world.charged_twice |= {payment_id}

    async def _wait(self) -> None:
        self.world.holds += 1
        self.world.shop.clock.advance(HOLD)


def _address_of(customer: UserView) -> EmailAddress:
    assert customer.email is not None
    return sought_email_address(customer.email)


def _is_of(order: Order, customer: UserView) -> bool:
    if order.guest is not None:
        return order.guest.email == _address_of(customer)
    return order.customer_id == customer.id
