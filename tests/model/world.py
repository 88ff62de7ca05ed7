"""A shop that is small enough to explore all its reachable states.

Two customers order more than the two units in stock. Each possible next step of people, the provider and time
is a `Move`. A move executes the service's own use cases on the store in memory.
"""

from collections.abc import Hashable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from uuid import UUID

from adapters.memory.core.database import MemoryDatabase
from adapters.memory.core.tables import Tables
from application.catalog.views import ProductView
from application.payments.provider_ports import Outcome, ProviderAnswer
from application.users.views import UserView
from domain.orders.authorizing import may_be_renewed
from domain.orders.order import Order
from domain.orders.order_return import OrderReturn
from domain.payments.payment import RENEWED_FOR, Payment
from domain.payments.refund import Refund
from domain.shared.ids import OrderId
from tests.kit.shop import HOLD, Shop
from tests.kit.store import memory_store

AUTHORIZATION = timedelta(days=7)
UNITS = 2
PRICE = 1000


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of the exploration: units per customer, payments per order, and so on.

    `failures` is the maximum number of failures of a refund. `returns` is the maximum number of returns.
    `provider_refunds` is the maximum number of refunds made at the provider. If `cancels` is set, single units can be
    canceled. If `changes` is set, notes can be changed. If `claims` is set, orders are placed for guests, and
    accounts can claim these orders. If `is_manual` is set, payments are authorized first. If `renews` is set, the
    provider renews authorizations. If `requires_action` is set, the bank can require authentication. If `is_disputed`
    is set, a payment can be disputed.
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
class Snapshot:
    """The state of the shop and of the payment provider.

    All values in the state are immutable, so a change replaces a value.
    """

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
        """Restore a state. Earlier events are not restored, because they have already been checked."""
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
        """Return a key that identifies this state.

        Ids of payments and refunds are left out, so that different moves can lead to the same key.
        """
        stock = self.database.tables.stocks[self.product.id]
        return stock.on_hand, stock.reserved, self.holds, tuple(map(self._order_key, self.orders))

    def _is_renewed(self, payment: Payment) -> bool:
        """Return whether the authorization ends later than without a renewal."""
        end, first = payment.authorized_until, self.shop.gateway.authorized_until
        return end is not None and first is not None and end > first + HOLD * self.bounds.holds

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


def _copied(tables: Tables) -> Tables:
    return Tables(*(dict(getattr(tables, table.name)) for table in fields(tables)))


def _is_to_be_asked(asked: Payment | Refund, now: datetime) -> bool | None:
    return None if asked.inquire_at is None else asked.inquire_at <= now


def _outcome(answer: ProviderAnswer | None) -> Outcome | None:
    return None if answer is None else answer.outcome
