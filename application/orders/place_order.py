from dataclasses import dataclass

from application.orders.place_order_batch import PlaceOrderCommand
from application.orders.placement_queue import PlacementQueue
from application.orders.release_expired_holds import Demand, demand_of
from application.orders.views import OrderView
from application.shared.batching import Batcher
from application.shared.idempotency import IdempotentResult
from domain.orders.placing import OutOfStock


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Place an order: reserve the stock of every line or of none.

    Prices and names are copied into the order, and the stock is held until the order expires. If expired holds
    cause a shortage of stock, the service releases these holds and tries to place the order again. A retry with
    the same idempotency key never places a second order.

    If another transaction has locked the customer or a product of the order, the order waits for the lock.
    Orders of other customers and products do not wait.
    """

    queue: PlacementQueue
    hold_releases: Batcher[Demand, bool]

    async def __call__(self, command: PlaceOrderCommand) -> IdempotentResult[OrderView]:
        """Return the order.

        Raises ProductUnavailable, OutOfStock, PriceChanged, ValidationFailed, OrderHasExpired, InvalidToken,
        AccountDisabled, TooManyUnpaidOrders, TooManyUnitsHeld, EmailNotVerified, IdempotencyKeyReused,
        IdempotencyInFlight, Overloaded, DatabaseUnavailable.
        """
        try:
            return await self.queue.place(command)
        except OutOfStock:
            if not await self.hold_releases.submit(demand_of(command.request)):
                raise
        return await self.queue.place(command)
