"""A shop that is small enough to explore all its reachable states.

Two customers order more than the two units in stock. Each possible next step of people, the provider and time
is a `Move`. A move executes the service's own use cases on the store in memory.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from adapters.memory.core.database import MemoryDatabase
from adapters.memory.core.tables import Tables
from application.catalog.views import ProductView
from application.orders.views import OrderView, ReturnView
from application.payments.provider_ports import Outcome, ProviderAnswer, ProviderEventKind
from application.payments.views import PaymentView, RefundView
from application.users.views import UserView
from domain.orders.authorizing import may_be_renewed
from domain.orders.guest import Guest
from domain.orders.lifecycle import InvalidTransition
from domain.orders.order import Order
from domain.orders.order_return import InvalidReturnTransition, OrderReturn
from domain.orders.order_state import OrderDisputed
from domain.orders.paying import PaymentInProgress
from domain.orders.placing import OutOfStock
from domain.orders.refunding import RefundExceedsPaid
from domain.payments.payment import RENEWED_FOR, Payment, PaymentStatus
from domain.payments.refund import Refund, RefundOrigin, RefundStatus
from domain.shared.errors import ValidationFailed
from domain.shared.ids import OrderId
from domain.shared.money import Money
from domain.users.email_address import EmailAddress
from entrypoints.email_addresses import sought_email_address
from tests.kit.actors import SOMEBODY
from tests.kit.shop import HOLD, Shop
from tests.kit.store import memory_store

AUTHORIZATION = timedelta(days=7)
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
UNITS = 2
PRICE = 1000
REFUSALS = (
    InvalidReturnTransition,
    InvalidTransition,
    OrderDisputed,
    OutOfStock,
    PaymentInProgress,
    RefundExceedsPaid,
    ValidationFailed,
)
"""The errors that a use case may raise. Any other exception is a defect."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of the exploration: units per customer, payments per order, and so on.

    `failures` is the maximum number of failures of a refund. `returns` is the maximum number of returns.
    `provider_refunds` is the maximum number of refunds made at the provider. If `cancels` is set, single
    units can be canceled. If `changes` is set, notes can be changed. If `claims` is set, orders are placed
    for guests, and their accounts can claim these orders. If `is_manual` is set, payments are authorized
    first. If `renews` is set, the provider renews authorizations. If `requires_action` is set, the bank can
    require authentication. If `is_disputed` is set, a payment can be disputed.
    """

    units: tuple[int, ...] = (2, 1)
    payments: tuple[int, ...] = (1, 1)
    refunds: int = 0
    failures: int = 1
    holds: int = 1
    fulfills: bool = False
    cancels: bool = False
    claims: bool = False
    changes: bool = False
    returns: int = 0
    charges_twice: bool = False
    charges_too_little: bool = False
    is_manual: bool = False
    renews: bool = False
    requires_action: bool = False
    is_disputed: bool = False
    provider_refunds: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    name: str
    run: Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of the shop and the provider. The values in it are immutable, so a change replaces a value."""

    tables: Tables
    payments: dict[UUID, ProviderAnswer]
    refunds: dict[UUID, ProviderAnswer]
    charged_twice: frozenset[UUID]
    now: datetime
    holds: int


@dataclass(slots=True)
class World:
    bounds: Bounds
    database: MemoryDatabase
    shop: Shop
    product: ProductView
    customers: tuple[UserView, ...]
    charged_twice: frozenset[UUID] = frozenset()
    holds: int = 0
    somebody_was_refused: bool = False

    @classmethod
    async def create(cls, bounds: Bounds) -> "World":
        database = MemoryDatabase()
        shop = Shop(memory_store(database))
        product = await shop.product(stock=UNITS, price=PRICE)
        shop.gateway.authorized_until = shop.clock.now() + AUTHORIZATION
        shop.gateway.renewal = RENEWED_FOR if bounds.renews else None
        customers = tuple([await shop.customer() for _ in bounds.units])
        for user in database.tables.users.values():
            user.email_verified = True
        return cls(bounds, database, shop, product, customers)

    def snapshot(self) -> Snapshot:
        return Snapshot(
            tables=_copied(self.database.tables),
            payments=dict(self.shop.gateway.payments),
            refunds=dict(self.shop.gateway.refunds),
            charged_twice=self.charged_twice,
            now=self.shop.clock.now(),
            holds=self.holds,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a state, without the events that led to it.

        These events were checked when they were recorded.
        """
        self.database.tables = _copied(snapshot.tables)
        self.database.tables.changes.clear()
        self.database.tables.movements.clear()
        self.database.tables.idempotency.clear()
        self.database.tables.idempotency_stored_at.clear()
        self.database.tables.provider_events.clear()
        self.database.outbox.clear()
        self.shop.gateway.payments = dict(snapshot.payments)
        self.shop.gateway.refunds = dict(snapshot.refunds)
        self.charged_twice = snapshot.charged_twice
        self.shop.clock.set(snapshot.now)
        self.holds = snapshot.holds
        self.somebody_was_refused = False

    @property
    def orders(self) -> list[Order]:
        return sorted(self.database.tables.orders.values(), key=lambda order: str(order.customer_id))

    def payments_of(self, order_id: OrderId) -> list[Payment]:
        payments = self.database.tables.payments.values()
        return sorted((each for each in payments if each.order_id == order_id), key=lambda each: each.id)

    def refunds_of(self, order_id: OrderId) -> list[Refund]:
        refunds = self.database.tables.refunds.values()
        return sorted((each for each in refunds if each.order_id == order_id), key=lambda each: each.id)

    def returns_of(self, order_id: OrderId) -> list[OrderReturn]:
        returns = self.database.tables.returns.values()
        return sorted((each for each in returns if each.order_id == order_id), key=lambda each: each.id)

    def key(self) -> Hashable:
        """Return a key that identifies this state. The key does not depend on ids or on earlier moves."""
        stock = self.database.tables.stocks[self.product.id]
        return stock.on_hand, stock.reserved, self.holds, tuple(map(self._order_key, self.orders))

    def moves(self) -> Iterator[Move]:
        """Yield all possible moves, including those that will be rejected."""
        for number, customer in enumerate(self.customers):
            order = next((each for each in self.orders if _is_of(each, customer)), None)
            if order is None:
                yield Move(f"place {number}", partial(self._place, customer, self.bounds.units[number]))
            else:
                yield from self._moves_of(number, order)
        yield Move("sweep", self.shop.expire)
        yield Move("settle", partial(self._settle, "ok"))
        if self._may_refunds_fail:
            yield Move("settle, refunds declined", partial(self._settle, "declined"))
        if self._resting:
            yield Move("wait until refunds are retried", self._wait_for_refunds)
        if self._ends:
            yield Move("wait until an authorization is due", self._wait_for_ends)
        if self.holds < self.bounds.holds:
            yield Move("wait for as long as orders are held", self._wait)

    def _moves_of(self, number: int, order: Order) -> Iterator[Move]:
        view = OrderView.of(order)
        payments = self.payments_of(order.id)
        refunds = self.refunds_of(order.id)
        if len(payments) < self.bounds.payments[number]:
            pay = self.shop.authorize if self.bounds.is_manual else self.shop.pay
            yield Move(f"pay {number}", partial(pay, view, "tok_pending"))
        yield Move(f"cancel {number}", partial(self.shop.cancel, view))
        if self.bounds.cancels:
            yield Move(f"cancel one of {number}", partial(self.shop.cancel, view, 1))
        yield from self._moves_of_details(number, view)
        if self.bounds.fulfills:
            yield Move(f"ship one of {number}", partial(self.shop.fulfil, view, 1))
            yield Move(
                f"ship one unit above the limit of {number}", partial(self.shop.fulfil, view, UNITS + 1)
            )
        yield from self._moves_of_returns(number, view)
        if len(refunds) < self.bounds.refunds:
            yield Move(f"refund one of {number}", partial(self._refund, view, "ok"))
            yield Move(f"refund one of {number}, answer lost", partial(self._refund, view, "lost"))
            yield Move(f"refund all of {number}", partial(self.shop.refund, view, view.total.amount))
        for each in payments:
            yield from self._moves_at_provider(number, PaymentView.of(each))
        for each in payments:
            yield from self._provider_moves(number, PaymentView.of(each))
        for refund in refunds:
            yield from self._refund_reports(number, RefundView.of(refund), payments)

    def _moves_of_details(self, number: int, order: OrderView) -> Iterator[Move]:
        if self.bounds.claims:
            claim = self.shop.claim_guest_orders
            yield Move(f"claim {number}", partial(claim, self.customers[number].id, actor=SOMEBODY))
        if self.bounds.changes:
            for note in ("Ring once", None):
                changing = self.shop.commands.change_order(order, note=note)
                yield Move(f"change the note of {number}", partial(self.shop.change_order, changing))

    def _moves_of_returns(self, number: int, order: OrderView) -> Iterator[Move]:
        returns = [ReturnView.of(each) for each in self.returns_of(order.id)]
        if len(returns) < self.bounds.returns:
            yield Move(f"send one of {number} back", partial(self.shop.send_back, order, 1))
            yield Move(f"send all of {number} back", partial(self.shop.send_back, order, UNITS))
        for each in returns:
            yield Move(f"approve return of {number}", partial(self.shop.approve, each))
            yield Move(f"approve return of {number} for less", partial(self.shop.approve, each, PRICE // 2))
            yield Move(f"refuse return of {number}", partial(self.shop.refuse, each))
            yield Move(f"receive return of {number}", partial(self.shop.receive, each))
            yield Move(f"receive broken return of {number}", partial(self.shop.receive, each, restock=False))

    def _provider_moves(self, number: int, payment: PaymentView) -> Iterator[Move]:
        answer = self.shop.gateway.payments.get(payment.id)
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
                    self.shop.report_provider_event,
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
                partial(self.shop.report_provider_event, ProviderEventKind.FAILED, payment),
            )
        else:
            yield Move(
                f"report {name}",
                partial(self.shop.report_provider_event, ProviderEventKind.CAPTURED, payment),
            )
            if self.bounds.charges_too_little:
                yield Move(f"report too little for {name}", partial(self._report_too_little, payment))
            if payment.id in self.charged_twice:
                yield Move(
                    f"report second charge for {name}",
                    partial(
                        self.shop.report_provider_event,
                        ProviderEventKind.CAPTURED,
                        payment,
                        reference="ch_again",
                    ),
                )
            elif self.bounds.charges_twice and not self.charged_twice:
                yield Move(f"charge twice for {name}", partial(self._charge_twice, payment.id))

    def _moves_at_provider(self, number: int, payment: PaymentView) -> Iterator[Move]:
        """Yield moves that concern captured money: disputes, and refunds made at the provider."""
        answer = self.shop.gateway.payments.get(payment.id)
        if answer is None or answer.outcome is not Outcome.SUCCEEDED:
            return
        for kind in _DISPUTES if self.bounds.is_disputed else ():
            yield Move(
                f"{kind} of payment of {number}", partial(self.shop.report_provider_event, kind, payment)
            )
        made = sum(refund.origin is RefundOrigin.PROVIDER for refund in self.database.tables.refunds.values())
        if made < self.bounds.provider_refunds:
            for units in (1, UNITS):
                amount = Money(units * PRICE, payment.amount.currency)
                yield Move(
                    f"refund {units} of {number} at the provider",
                    partial(self.shop.report_refund_at_provider, payment, amount),
                )

    def _operations(self, name: str, payment: PaymentView) -> Iterator[Move]:
        if self.bounds.is_manual:
            yield Move(f"capture {name}", partial(self.shop.capture, payment))
            yield Move(f"capture half of {name}", partial(self.shop.capture, payment, PRICE // 2))
        if self.bounds.is_manual or self.bounds.requires_action:
            yield Move(f"void {name}", partial(self.shop.void, payment))

    def _decisions(self, outcome: Outcome) -> list[Outcome]:
        """Return the provider's possible decisions about a payment in this state."""
        success = Outcome.AUTHORIZED if self.bounds.is_manual else Outcome.SUCCEEDED
        decisions = {
            Outcome.PENDING: [success, Outcome.DECLINED],
            Outcome.REQUIRES_ACTION: [success, Outcome.DECLINED],
            Outcome.AUTHORIZED: [Outcome.VOIDED],
        }.get(outcome, [])
        if outcome is Outcome.PENDING and self.bounds.requires_action:
            decisions.append(Outcome.REQUIRES_ACTION)
        return decisions

    def _refund_reports(self, number: int, refund: RefundView, payments: list[Payment]) -> Iterator[Move]:
        answer = self.shop.gateway.refunds.get(refund.id)
        [payment] = [PaymentView.of(each) for each in payments if each.id == refund.payment_id]
        kinds = []
        if answer is not None and answer.outcome is Outcome.SUCCEEDED:
            kinds.append(ProviderEventKind.REFUNDED)
        if answer is not None and (self._may_refunds_fail or refund.status is RefundStatus.FAILED):
            kinds.append(ProviderEventKind.REFUND_FAILED)
        for kind in kinds:
            yield Move(
                f"report refund to {number}: {kind}",
                partial(self.shop.report_provider_event, kind, payment, refund=refund),
            )

    async def _place(self, customer: UserView, units: int) -> None:
        try:
            if self.bounds.claims:
                guest = Guest(email=_address_of(customer))
                placing = self.shop.commands.place_order(
                    (self.product, units), customer=guest, placed_by=customer.id
                )
                await self.shop.place_order(placing)
            else:
                await self.shop.order(self.product, units, customer=customer)
        except OutOfStock:
            self.somebody_was_refused = True
            raise

    async def _refund(self, order: OrderView, answer: str) -> None:
        self.shop.gateway.next_refunds = [answer]
        try:
            await self.shop.refund(order, [1])
        finally:
            self.shop.gateway.next_refunds.clear()

    @property
    def _may_refunds_fail(self) -> bool:
        refunds = self.database.tables.refunds.values()
        return sum(refund.status is RefundStatus.FAILED for refund in refunds) < self.bounds.failures

    @property
    def _resting(self) -> list[datetime]:
        """Return the timestamps at which failed refunds are due again."""
        now = self.shop.clock.now()
        asked = [
            refund.inquire_at for refund in self.database.tables.refunds.values() if not refund.inquiries
        ]
        return [at for at in asked if at is not None and at >= now + HOLD]

    async def _wait_for_refunds(self) -> None:
        self.shop.clock.set(max(self._resting))

    async def _settle(self, answer: str) -> None:
        self.shop.gateway.next_refunds = [answer] * len(self.database.tables.refunds)
        await self.shop.settle()
        self.shop.gateway.next_refunds.clear()

    @property
    def _ends(self) -> list[datetime]:
        """Return the timestamps at which authorizations are checked next."""
        now = self.shop.clock.now()
        payments = self.database.tables.payments.values()
        return [
            payment.inquire_at
            for payment in payments
            if payment.status is PaymentStatus.AUTHORIZED and payment.inquire_at and payment.inquire_at > now
        ]

    async def _wait_for_ends(self) -> None:
        self.shop.clock.set(min(self._ends))

    async def _decide(self, payment_id: UUID, outcome: Outcome) -> None:
        self.shop.gateway.decide(payment_id, outcome)

    async def _report_too_little(self, payment: PaymentView) -> None:
        await self.shop.report_provider_event(
            ProviderEventKind.CAPTURED,
            payment,
            amount=payment.amount - Money(PRICE // 2, payment.amount.currency),
        )

    async def _charge_twice(self, payment_id: UUID) -> None:
        self.charged_twice |= {payment_id}

    def _is_renewed(self, payment: Payment) -> bool:
        """Return whether the authorization ends later than without a renewal."""
        end, first = payment.authorized_until, self.shop.gateway.authorized_until
        return end is not None and first is not None and end > first + HOLD * self.bounds.holds

    async def _wait(self) -> None:
        self.holds += 1
        self.shop.clock.advance(HOLD)

    def _order_key(self, order: Order) -> Hashable:
        now = self.shop.clock.now()
        payments = self.payments_of(order.id)
        numbers = {payment.id: number for number, payment in enumerate(payments)}
        return (
            order.customer_id,
            order.status,
            order.is_due(now),
            order.authorized_amount,
            order.is_hold_extended,
            order.open_disputes,
            order.note,
            order.guest,
            order.paid_total.amount,
            order.refunded_total.amount,
            order.pending_refund_total.amount,
            tuple((line.fulfilled, line.cancelled, line.returned, line.refunded) for line in order.lines),
            tuple((each.status, each.lines, each.refund_amount) for each in self.returns_of(order.id)),
            tuple(
                (
                    payment.status,
                    payment.captured.amount,
                    payment.returned.amount,
                    payment.requested,
                    payment.dispute,
                    payment.is_ending_announced,
                    self._is_renewed(payment),
                    may_be_renewed(payment, now=now),
                    payment.action_until is not None and payment.action_until <= now,
                    _is_to_be_asked(payment, now),
                    _outcome(self.shop.gateway.payments.get(payment.id)),
                    payment.id in self.charged_twice,
                )
                for payment in payments
            ),
            tuple(
                sorted(
                    (
                        refund.status,
                        refund.amount.amount,
                        numbers[refund.payment_id],
                        refund.reference is None,
                        refund.origin,
                        len(refund.lines),
                        str(_is_to_be_asked(refund, now)),
                        str(_outcome(self.shop.gateway.refunds.get(refund.id))),
                    )
                    for refund in self.refunds_of(order.id)
                )
            ),
        )


def _address_of(customer: UserView) -> EmailAddress:
    assert customer.email is not None
    return sought_email_address(customer.email)


def _is_of(order: Order, customer: UserView) -> bool:
    if order.guest is not None:
        return order.guest.email == _address_of(customer)
    return order.customer_id == customer.id


def _copied(tables: Tables) -> Tables:
    return Tables(*(dict(getattr(tables, table.name)) for table in fields(tables)))


def _is_to_be_asked(asked: Payment | Refund, now: datetime) -> bool | None:
    return None if asked.inquire_at is None else asked.inquire_at <= now


def _outcome(answer: ProviderAnswer | None) -> Outcome | None:
    return None if answer is None else answer.outcome
