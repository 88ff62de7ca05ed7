from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.orders.expire_orders import expire_due
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.orders.placing import OrderRequest
from domain.orders.pricing import summed
from domain.shared.actor import Actor
from domain.shared.ids import ProductId

_ACTOR = Actor(None, "make_room")

Demand = Mapping[ProductId, int]
"""The number of units that an order needs, by product id."""


def demand_of(request: OrderRequest) -> Demand:
    return {product_id: units for product_id, (_, units) in summed(request.lines).items()}


@dataclass(frozen=True, slots=True)
class ReleaseExpiredHolds:
    """Expire due orders that hold units of the demanded products.

    A due order is an unpaid order whose hold has ended. If the worker is late, due orders still hold units.
    This use case expires these orders, so that no product is reported as out of stock because of expired holds.

    Returns for each demand whether the caller should try again to place the order that needs the units.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    limit: int = 100
    """The maximum number of orders that one transaction expires."""

    async def __call__(self, demands: Sequence[Demand]) -> Sequence[bool]:
        demanded: Counter[ProductId] = Counter()
        for demand in demands:
            demanded.update(demand)
        if await self._expire(demanded):
            return [True] * len(demands)
        # Another process may have expired the due orders before this call, so the stock may be available now.
        async with self.unit_of_work() as work:
            stocks = await work.stocks.get(demanded)
        return [all(stocks[id_].can_supply(units) for id_, units in demand.items()) for demand in demands]

    async def _expire(self, demanded: Counter[ProductId]) -> bool:
        """Expire due orders until they have released the demanded units.

        Returns whether an order was expired.
        """
        freed: Counter[ProductId] = Counter()
        while lacking := [product_id for product_id, units in demanded.items() if freed[product_id] < units]:
            async with self.unit_of_work() as work:
                now = self.clock.now()
                orders = await work.orders.due_holding(lacking, now, limit=self.limit)
                if not orders:
                    break
                await expire_due(work, orders, now=now, actor=_ACTOR)
                await work.commit()
            for line in (line for order in orders for line in order.lines):
                freed[line.product_id] += line.left_to_ship
        return bool(freed)
