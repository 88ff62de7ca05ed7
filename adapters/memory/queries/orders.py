from adapters.memory.database import MemoryDatabase, reach
from adapters.memory.queries.keyset import page
from application.orders.access import OrderAccess
from application.orders.ports import OrderFilter, OrderQueries
from application.orders.views import FulfillmentView, OrderView, StatusChangeView
from application.shared.page import Page, Position
from domain.orders.order import Order, StatusChange
from domain.shared.ids import FulfillmentId, OrderId, UserId


class MemoryOrderQueries(OrderQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, order_id: OrderId, *, access: OrderAccess) -> OrderView | None:
        await reach()
        order = self._database.tables.orders.get(order_id)
        return OrderView.of(order) if order and access.permits(order.customer_id) else None

    async def get_by_key(self, customer_id: UserId, idempotency_key: str) -> OrderView | None:
        await reach()
        tables = self._database.tables
        order_id = tables.order_ids.get((customer_id, idempotency_key))
        return OrderView.of(tables.orders[order_id]) if order_id else None

    async def list(
        self,
        criteria: OrderFilter,
        *,
        access: OrderAccess,
        descending: bool,
        after: Position | None,
        limit: int,
    ) -> Page[OrderView]:
        await reach()
        return page(
            (
                order
                for order in self._database.tables.orders.values()
                if access.permits(order.customer_id) and _meets(order, criteria)
            ),
            position=lambda order: (order.placed_at, order.id),
            show=OrderView.of,
            descending=descending,
            after=after,
            limit=limit,
        )

    async def history(
        self, order_id: OrderId, *, after: Position | None, limit: int
    ) -> Page[StatusChangeView]:
        await reach()
        changes = [
            (version, change)
            for (id_, version), change in self._database.tables.changes.items()
            if id_ == order_id
        ]
        return page(
            changes,
            position=lambda numbered: (numbered[0],),
            show=lambda numbered: _view(numbered[1]),
            descending=False,
            after=after,
            limit=limit,
        )

    async def fulfillment(self, order_id: OrderId, fulfillment_id: FulfillmentId) -> FulfillmentView | None:
        await reach()
        fulfillment = self._database.tables.fulfillments.get(fulfillment_id)
        return FulfillmentView.of(fulfillment) if fulfillment and fulfillment.order_id == order_id else None

    async def fulfillments(
        self, order_id: OrderId, *, after: Position | None, limit: int
    ) -> Page[FulfillmentView]:
        await reach()
        return page(
            (each for each in self._database.tables.fulfillments.values() if each.order_id == order_id),
            position=lambda fulfillment: (fulfillment.created_at, fulfillment.id),
            show=FulfillmentView.of,
            descending=False,
            after=after,
            limit=limit,
        )


def _meets(order: Order, criteria: OrderFilter) -> bool:
    return (
        criteria.status in {None, order.status}
        and criteria.customer_id in {None, order.customer_id}
        and (criteria.created_after is None or criteria.created_after <= order.placed_at)
        and (criteria.created_before is None or order.placed_at < criteria.created_before)
    )


def _view(change: StatusChange) -> StatusChangeView:
    return StatusChangeView(
        action=change.action,
        source=change.source,
        target=change.target,
        reason=change.reason,
        actor_id=change.actor.id,
        request_id=change.actor.request_id,
        at=change.at,
    )
