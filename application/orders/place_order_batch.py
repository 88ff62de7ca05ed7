from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from application.orders.ports import OrderHasExpired, PlacementContext
from application.orders.views import OrderView
from application.shared.idempotency import (
    IdempotencyKey,
    IdempotencyKeyReused,
    IdempotencyRecordExists,
    IdempotentResult,
    Scope,
    StoredResult,
)
from application.shared.ports import Clock, IdFactory
from application.signing.ports import InvalidToken
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.hold_limits import CustomerHolds, HoldLimits
from domain.orders.lifecycle import OrderStatus
from domain.orders.order import Order
from domain.orders.order_state import OrderKey, key_of
from domain.orders.placing import OrderRequest, place
from domain.shared.actor import Actor
from domain.shared.errors import DomainError, ValidationFailed, Violation
from domain.shared.ids import ProductId, UserId
from domain.users.user import AccountDisabled, UserStatus

RowId = UserId | ProductId
"""The id of a row that an order locks: a customer, or a product with its stock."""


@dataclass(frozen=True, slots=True)
class PlaceOrderCommand:
    """The command to place an order.

    `waits_for` are rows that other transactions have locked. The batch waits until these locks are released.

    `traceparent` is the trace context of the request that contained the command. Each command has its own trace
    context, because a batch contains commands of several requests.
    """

    request: OrderRequest
    key: IdempotencyKey
    actor: Actor
    waits_for: frozenset[RowId] = frozenset()
    traceparent: str | None = None

    @property
    def rows(self) -> frozenset[RowId]:
        """The rows that the order locks."""
        customer = () if self.request.customer_id is None else (self.request.customer_id,)
        return frozenset((*customer, *(line.product_id for line in self.request.lines)))

    @property
    def order_key(self) -> OrderKey:
        return key_of(self.request.placed_by or self.request.customer_id, self.key.key)


class RowsLocked(Exception):
    """Another transaction has locked rows that the order needs.

    The order was neither accepted nor rejected.
    """

    def __init__(self, rows: frozenset[RowId]) -> None:
        super().__init__(f"{len(rows)} rows are locked.")
        self.rows = rows


Outcome = IdempotentResult[OrderView] | Exception
StoredResults = dict[Scope, StoredResult[OrderView]]

NO_LIMITS = HoldLimits()


@dataclass(frozen=True, slots=True)
class PlaceOrderBatch:
    """Place several orders in one transaction.

    The batch first locks all customers and the stock of all products, and then reads the idempotency keys. Each
    order is accepted or rejected individually, in memory, in the sequence of the commands. All accepted orders
    are written together, with their idempotency records.

    A concurrent duplicate of a request locks the same rows. The duplicate is therefore decided after the first
    request has ended, and gets the result of the first request.

    Two requests can use the same idempotency key for orders that lock different rows. Two batches can then
    accept both orders at the same time, and both insert a record for the key. The second insert violates the
    unique key of the idempotency records, and its batch runs again.

    If another transaction has locked a row, the batch does not wait for the row. The orders that need the row
    get the outcome RowsLocked. All other orders are decided.

    The rows in `waits_for` are an exception: the batch waits for them. The batch locks these rows before all
    other rows, so that it holds no other locks while it waits.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory
    hold: timedelta
    limits: HoldLimits = NO_LIMITS

    async def __call__(self, commands: Sequence[PlaceOrderCommand]) -> Sequence[Outcome]:
        """Return one outcome per command, in the sequence of the commands.

        Raises OrderExists, IdempotencyInFlight, Overloaded, DatabaseUnavailable. Each error means that the whole
        batch failed.
        """
        try:
            return await self._run(commands)
        except IdempotencyRecordExists:
            # After this batch read the keys, another transaction stored a record for one of the keys. The
            # second run finds this record.
            return await self._run(commands)

    async def _run(self, commands: Sequence[PlaceOrderCommand]) -> Sequence[Outcome]:
        async with self.unit_of_work() as work:
            await _await_locks(work, commands)
            context = await self._lock(work, commands)
            used = [command.key for command in commands if command.key.scope in context.used_keys]
            stored = dict(await work.idempotency.claim(used, OrderView))
            placed: dict[IdempotencyKey, Order] = {}
            now = self.clock.now()
            decided = [self._decide(command, context, stored, placed, now) for command in commands]
            outcomes = await _replay_pruned(work, commands, decided, stored)
            if placed:
                work.traces.update(_traces(commands, placed))
                # All batches insert the idempotency keys first, in the same sequence, so that batches never deadlock.
                await work.idempotency.store({key: stored[key.scope].result for key in placed})
                await work.orders.add(list(placed.values()), fingerprints=[key.fingerprint for key in placed])
                await work.stocks.save(context.products_with_stock.stocks.values())
            if stored:
                await work.commit()
        return outcomes

    async def _lock(self, work: UnitOfWork, commands: Sequence[PlaceOrderCommand]) -> PlacementContext:
        holds_at = self.clock.now() if self.limits.counts_holds else None
        return await work.orders.lock_for_placing(
            *_rows_of([command.request for command in commands]),
            keys=[command.key for command in commands],
            holds_at=holds_at,
        )

    def _decide(
        self,
        command: PlaceOrderCommand,
        context: PlacementContext,
        stored: StoredResults,
        placed: dict[IdempotencyKey, Order],
        now: datetime,
    ) -> Outcome:
        """Return the outcome of a command: a stored result, a new order or an error.

        A new order is also added to `stored` and `placed`.
        """
        try:
            if earlier := stored.get(command.key.scope):
                return _replay(earlier, command.key)
            if context.locked_elsewhere and (locked := command.rows & context.locked_elsewhere):
                return RowsLocked(locked)
            placed[command.key] = order = self._place(command, context, now)
        except DomainError as rejection:
            return rejection
        view = OrderView.of(order)
        stored[command.key.scope] = StoredResult(command.key.fingerprint, view)
        return IdempotentResult(view)

    def _place(self, command: PlaceOrderCommand, context: PlacementContext, now: datetime) -> Order:
        """Place one order in memory.

        If a customer orders with a closed account, InvalidToken is raised. If the account is disabled,
        AccountDisabled is raised. In both cases, the customer's access token can still be valid.

        If a caller orders for another user whose account is not active, ValidationFailed is raised.
        """
        return place(
            command.request,
            context.products_with_stock,
            _holds_of(command.request, context),
            self.limits,
            idempotency_key=command.key.key,
            new_id=self.ids.new,
            now=now,
            expires_at=now + self.hold,
            actor=command.actor,
        )


def _traces(
    commands: Sequence[PlaceOrderCommand], placed: Mapping[IdempotencyKey, Order]
) -> Iterator[tuple[UUID, str]]:
    """Yield the id of each placed order with the trace context of the request that placed the order."""
    for command in commands:
        if command.traceparent is not None and command.key in placed:
            yield placed[command.key].id, command.traceparent


def _holds_of(request: OrderRequest, context: PlacementContext) -> CustomerHolds | None:
    """Return the holds of the customer, or None for a guest.

    Raises the errors of `PlaceOrderBatch._place`.
    """
    if request.customer_id is None:
        return None
    customer = context.holds.get(request.customer_id)
    if customer is not None and customer.status is UserStatus.ACTIVE:
        return customer
    if request.placed_by is not None:
        raise _customer_unavailable()
    if customer is None or customer.status is UserStatus.CLOSED:
        raise InvalidToken
    raise AccountDisabled


def _customer_unavailable() -> ValidationFailed:
    detail = "There is no active account with this id."
    return ValidationFailed(detail, violations=[Violation(("customer_id",), "customer_unavailable", detail)])


async def _await_locks(work: UnitOfWork, commands: Sequence[PlaceOrderCommand]) -> None:
    if waits_for := frozenset[RowId]().union(*(command.waits_for for command in commands)):
        customers, products = _rows_of([command.request for command in commands])
        await work.orders.await_locks(customers & waits_for, products & waits_for)


def _replay(earlier: StoredResult[OrderView], key: IdempotencyKey) -> IdempotentResult[OrderView]:
    """Return the result of an earlier request.

    If the stored order is expired, the order was pruned after its expiry (see `ExpiredOrders`). In this case,
    OrderHasExpired is raised.

    Also raises IdempotencyKeyReused.
    """
    replay = earlier.replay(key)
    if replay.result.status is OrderStatus.EXPIRED:
        raise OrderHasExpired
    return replay


def _current(order: StoredResult[OrderView], key: IdempotencyKey) -> Outcome:
    """Return the current state of an order, for a retry of the request that placed the order."""
    try:
        return replace(order.replay(key), is_current_state=True)
    except IdempotencyKeyReused as rejection:
        return rejection


async def _replay_pruned(
    work: UnitOfWork,
    commands: Sequence[PlaceOrderCommand],
    outcomes: Sequence[Outcome],
    stored: StoredResults,
) -> Sequence[Outcome]:
    """Replace the rejection of a retry with the order that the first request placed.

    If the idempotency record was pruned, a retry is processed like a new request. The retry can then be
    rejected, for example because the first request took the last unit.
    """
    rejected = [
        command
        for command, outcome in zip(commands, outcomes, strict=True)
        if isinstance(outcome, DomainError) and command.key.scope not in stored
    ]
    if not rejected:
        return outcomes
    orders = await work.orders.find_by_keys({command.order_key for command in rejected})
    existing = {
        command.key.scope: _current(order, command.key)
        for command in rejected
        if (order := orders.get(command.order_key))
    }
    return [
        existing.get(command.key.scope, outcome) for command, outcome in zip(commands, outcomes, strict=True)
    ]


def _rows_of(requests: Sequence[OrderRequest]) -> tuple[set[UserId], set[ProductId]]:
    """Return the customers and the products of some orders."""
    customers = {request.customer_id for request in requests if request.customer_id is not None}
    return customers, {line.product_id for request in requests for line in request.lines}
