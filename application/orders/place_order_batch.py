from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from application.orders.ports import PlacementContext
from application.orders.views import OrderView
from application.shared.clock import Clock
from application.shared.idempotency import IdempotencyKey, IdempotentResult, Scope, StoredResult
from application.shared.ids import IdFactory
from application.signing.ports import InvalidToken
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.hold_limits import HoldLimits
from domain.orders.order import Order
from domain.orders.placing import OrderRequest, ProductsWithStock, place
from domain.shared.actor import Actor
from domain.shared.errors import DomainError
from domain.shared.ids import ProductId, UserId
from domain.users.user import AccountDisabled, UserStatus

RowId = UserId | ProductId
"""The id of a customer, or of a product with its stock: what an order locks."""


@dataclass(frozen=True, slots=True)
class PlaceOrderCommand:
    """`waits_for` are rows that other transactions were found to have locked; the batch waits for their locks."""

    request: OrderRequest
    key: IdempotencyKey
    actor: Actor
    waits_for: frozenset[RowId] = frozenset()

    @property
    def rows(self) -> frozenset[RowId]:
        """The rows that the order locks."""
        return frozenset((self.request.customer_id, *(line.product_id for line in self.request.lines)))


class RowsLocked(Exception):
    """An order could not be decided, because another transaction has locked some of its rows."""

    def __init__(self, rows: frozenset[RowId]) -> None:
        super().__init__(f"{len(rows)} rows are locked.")
        self.rows = rows


NO_LIMITS = HoldLimits()


@dataclass(frozen=True, slots=True)
class PlaceOrderBatch:
    """Place several orders in one transaction.

    The keys are claimed, and all customers and the stock of all products are locked once. Each order is then accepted
    or refused on its own, in memory, in the order of the commands. All accepted orders are written together.

    Rows that another transaction has locked are not waited for, so that they delay their own orders only: the outcome
    of these is RowsLocked, unless `waits_for` names the rows. Those are locked before anything else, so that this
    transaction never waits while it holds other rows.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory
    hold: timedelta
    limits: HoldLimits = NO_LIMITS

    async def __call__(
        self, commands: Sequence[PlaceOrderCommand]
    ) -> Sequence[IdempotentResult[OrderView] | Exception]:
        """Raise OrderExists, IdempotencyInFlight, Overloaded, DatabaseUnavailable for the batch as a whole."""
        async with self.unit_of_work() as work:
            if waits_for := frozenset[RowId]().union(*(command.waits_for for command in commands)):
                customers, products = _rows_of([command.request for command in commands])
                await work.orders.await_locks(customers & waits_for, products & waits_for)
            stored = dict(await work.idempotency.claim([c.key for c in commands], OrderView))
            context = await self._lock(work, commands, stored)
            placed: list[Order] = []
            results: dict[IdempotencyKey, OrderView] = {}
            outcomes: list[IdempotentResult[OrderView] | Exception] = []
            for command in commands:
                try:
                    if earlier := stored.get(command.key.scope):
                        outcomes.append(earlier.replay(command.key))
                        continue
                    if locked := command.rows & context.locked_elsewhere:
                        outcomes.append(RowsLocked(locked))
                        continue
                    order = self._place(command, context)
                except DomainError as refusal:
                    outcomes.append(refusal)
                    continue
                placed.append(order)
                results[command.key] = view = OrderView.of(order)
                stored[command.key.scope] = StoredResult(command.key.fingerprint, view)
                outcomes.append(IdempotentResult(view))
            refused = [
                command
                for command, outcome in zip(commands, outcomes, strict=True)
                if isinstance(outcome, DomainError) and command.key.scope not in stored
            ]
            earlier_orders = await self._placed_before(work, refused)
            if placed:
                await work.orders.add(placed)
                await work.stocks.save(context.products_with_stock.stocks.values())
                await work.idempotency.store(results)
            if stored:
                await work.commit()
        return [
            earlier_orders.get(command.key.scope, outcome)
            for command, outcome in zip(commands, outcomes, strict=True)
        ]

    async def _lock(
        self,
        work: UnitOfWork,
        commands: Sequence[PlaceOrderCommand],
        stored: Mapping[Scope, StoredResult[OrderView]],
    ) -> PlacementContext:
        requests = [command.request for command in commands if command.key.scope not in stored]
        if not requests:
            return PlacementContext(ProductsWithStock({}, {}), {})
        holds_at = self.clock.now() if self.limits.counts_holds else None
        return await work.orders.lock_for_placing(*_rows_of(requests), holds_at=holds_at)

    async def _placed_before(
        self, work: UnitOfWork, refused: Sequence[PlaceOrderCommand]
    ) -> Mapping[Scope, IdempotentResult[OrderView]]:
        """Return existing orders of rejected commands whose idempotency records were pruned.

        Such a retry can be rejected for a later state of the shop, for example if its own order took the last unit.
        """
        if not refused:
            return {}
        orders = await work.orders.find_by_keys({order_key(command) for command in refused})
        return {
            command.key.scope: IdempotentResult(OrderView.of(order), replayed=True, is_current_state=True)
            for command in refused
            if (order := orders.get(order_key(command)))
        }

    def _place(self, command: PlaceOrderCommand, context: PlacementContext) -> Order:
        """Raise InvalidToken for a closed account and AccountDisabled for a disabled one: tokens outlive both."""
        customer = context.holds.get(command.request.customer_id)
        if customer is None or customer.status is UserStatus.CLOSED:
            raise InvalidToken
        if customer.status is not UserStatus.ACTIVE:
            raise AccountDisabled
        now = self.clock.now()
        return place(
            command.request,
            context.products_with_stock,
            customer,
            self.limits,
            idempotency_key=command.key.key,
            new_id=self.ids.new,
            now=now,
            expires_at=now + self.hold,
            actor=command.actor,
        )


def _rows_of(requests: Sequence[OrderRequest]) -> tuple[set[UserId], set[ProductId]]:
    """Return the customers and the products of some orders."""
    customers = {request.customer_id for request in requests}
    return customers, {line.product_id for request in requests for line in request.lines}


def order_key(command: PlaceOrderCommand) -> tuple[UserId, str]:
    """Return the customer and key of an order, which are permanently unique."""
    return command.request.customer_id, command.key.key
