from dataclasses import dataclass, replace

from application.orders.place_order_batch import PlaceOrderCommand, RowId, RowsLocked
from application.orders.ports import OrderExists, OrderQueries
from application.orders.views import OrderView
from application.shared.batching import Batcher
from application.shared.idempotency import IdempotentResult
from application.shared.lanes import Lanes

OrderLanes = Lanes[RowId, PlaceOrderCommand, IdempotentResult[OrderView]]


@dataclass(frozen=True, slots=True)
class PlacementQueue:
    """Queues orders for batches.

    There is one common queue, and a lane for each row that another transaction has locked. Each queue is first
    in, first out. An order that is added to a lane directly can overtake an earlier order that still waits in
    the common queue.
    """

    batcher: Batcher[PlaceOrderCommand, IdempotentResult[OrderView]]
    lanes: OrderLanes
    orders: OrderQueries

    async def place(self, command: PlaceOrderCommand) -> IdempotentResult[OrderView]:
        """Return the order after its batch is committed, or an earlier order with the same idempotency key."""
        try:
            return await self._submit(command)
        except OrderExists:
            order = await self.orders.get_by_key(*command.order_key)
            if order is None:
                # The existing order was pruned after the batch found it. Pruning has stored an idempotency
                # record, which the next batch finds.
                return await self._submit(command)
            return replace(order.replay(command.key), is_current_state=True)

    async def _submit(self, command: PlaceOrderCommand) -> IdempotentResult[OrderView]:
        """Queue the order, and return the result.

        If another transaction has locked rows of the order, the order waits in the lane of one of these rows.
        Otherwise the order waits in the common queue.
        """
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
