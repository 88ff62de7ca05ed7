from dataclasses import dataclass, replace

from application.orders.place_order_batch import PlaceOrderCommand, RowId, RowsLocked, order_key
from application.orders.ports import OrderExists, OrderQueries
from application.orders.release_expired_holds import Demand, demand_of
from application.orders.views import OrderView
from application.shared.batching import Batcher
from application.shared.idempotency import IdempotentResult
from application.shared.lanes import Lanes
from domain.orders.placing import OutOfStock

OrderLanes = Lanes[RowId, PlaceOrderCommand, IdempotentResult[OrderView]]


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Place an order: every line is reserved from available stock, or none.

    Prices and names are copied into the order, and the stock is held until the order expires. If stock is short only
    because of expired holds, these are released and the order is tried again. A key never places a second order.
    An order whose customer or product is locked by another transaction waits in a lane of its own.
    """

    batcher: Batcher[PlaceOrderCommand, IdempotentResult[OrderView]]
    lanes: OrderLanes
    hold_releases: Batcher[Demand, bool]
    orders: OrderQueries

    async def __call__(self, command: PlaceOrderCommand) -> IdempotentResult[OrderView]:
        """Raise ProductUnavailable, OutOfStock, PriceChanged or ValidationFailed.

        Also InvalidToken, AccountDisabled, TooManyUnpaidOrders, TooManyUnitsHeld, EmailNotVerified, IdempotencyKeyReused,
        IdempotencyInFlight, Overloaded and DatabaseUnavailable.
        """
        try:
            return await self._place(command)
        except OutOfStock:
            if not await self.hold_releases.submit(demand_of(command.request)):
                raise
        return await self._place(command)

    async def _place(self, command: PlaceOrderCommand) -> IdempotentResult[OrderView]:
        try:
            return await self._submit(command)
        except OrderExists:
            order = await self.orders.get_by_key(*order_key(command))
            if order is None:
                raise
            return IdempotentResult(order, replayed=True, is_current_state=True)

    async def _submit(self, command: PlaceOrderCommand) -> IdempotentResult[OrderView]:
        """Place the order with all others, or, if some of its rows are locked, in the lane of one of these rows."""
        if not (waits_for := self.lanes.open_for(command.rows)):
            try:
                return await self.batcher.submit(command)
            except RowsLocked as found:
                waits_for = found.rows
        try:
            return await self._submit_to_lane(command, waits_for)
        except RowsLocked:
            return await self._submit_to_lane(command, command.rows)

    async def _submit_to_lane(
        self, command: PlaceOrderCommand, waits_for: frozenset[RowId]
    ) -> IdempotentResult[OrderView]:
        return await self.lanes.submit(min(waits_for), replace(command, waits_for=waits_for))
