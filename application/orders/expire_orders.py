from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.shared.ports import Clock
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.orders.holds import expire
from domain.orders.order import Order
from domain.shared.actor import Actor


async def expire_due(work: UnitOfWork, orders: Sequence[Order], *, now: datetime, actor: Actor) -> None:
    """Expire due orders and release their stock. The orders must be locked."""
    stocks = await work.stocks.lock({product_id for order in orders for product_id in order.product_ids})
    for order in orders:
        expire(order, stocks, now=now, actor=actor)
    await work.orders.save(orders)
    await work.stocks.save(stocks.values())


@dataclass(frozen=True, slots=True)
class ExpireOrders:
    """Expire orders that were not paid in time, so that their stock can be sold.

    Any number of workers can run at the same time: each worker skips the orders that another worker has
    locked.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, *, limit: int, actor: Actor) -> int:
        """Return the number of expired orders.

        If the number equals `limit`, more orders may be due to expire.
        """
        async with self.unit_of_work() as work:
            now = self.clock.now()
            orders = await work.orders.due(now, limit=limit)
            if orders:
                await expire_due(work, orders, now=now, actor=actor)
                await work.commit()
        return len(orders)
