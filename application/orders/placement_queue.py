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

    There is one common queue, and a lane for each row that another transaction has locked. The common queue and
    each lane process their orders in the sequence of arrival. However, an order in a lane can be processed
    before an earlier order in the common queue.
    """

    batcher: Batcher[PlaceOrderCommand, IdempotentResult[OrderView]]
    lanes: OrderLanes
    orders: OrderQueries

    async def place(self, command: PlaceOrderCommand) -> IdempotentResult[OrderView]:
        """Place an order, and return it after its batch is committed.

        If the caller has already placed an order with the same idempotency key, return that order.
        """
        try:
            return await self._submit(command)
        except OrderExists:
            order = await self.orders.get_by_key(*command.order_key)
            if order is None:
                # After the batch found the existing order, the order was pruned. Pruning stores an idempotency
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
