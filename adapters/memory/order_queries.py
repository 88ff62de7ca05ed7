from collections.abc import Sequence

from adapters.memory.core.database import MemoryDatabase, yield_control
from adapters.memory.core.keyset import page
from adapters.memory.core.tables import Tables
from adapters.memory.orders import stored_result, token_version_of
from application.orders.access import OrderAccess
from application.orders.ports import (
    OrderFilter,
    OrderQueries,
)
from application.orders.views import FulfillmentView, OrderView, ReturnView, StatusChangeView
from application.shared.idempotency import (
    StoredResult,
)
from application.shared.page import Page, Position
from domain.orders.order import Order
from domain.orders.order_state import StatusChange
from domain.shared.ids import CallerId, FulfillmentId, OrderId, ReturnId


class MemoryOrderQueries(OrderQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, order_id: OrderId, *, access: OrderAccess) -> OrderView | None:
        await yield_control()
        order = self._database.tables.orders.get(order_id)
        return OrderView.of(order) if order and access.permits(order.customer_id) else None

    async def token_version(self, order_id: OrderId) -> int | None:
        await yield_control()
        return token_version_of(self._database.tables, order_id)

    async def get_by_key(self, placed_by: CallerId, idempotency_key: str) -> StoredResult[OrderView] | None:
        await yield_control()
        tables = self._database.tables
        order_id = tables.order_ids.get((placed_by, idempotency_key))
        return stored_result(tables, order_id) if order_id else None

    async def list(
        self,
        criteria: OrderFilter,
        *,
        access: OrderAccess,
        descending: bool,
        after: Position | None,
        limit: int,
    ) -> Page[OrderView]:
        await yield_control()
        return page(
            self._found(criteria, access),
            position=lambda order: (order.placed_at, order.id),
            show=OrderView.of,
            descending=descending,
            after=after,
            limit=limit,
        )

    async def count(self, criteria: OrderFilter, *, access: OrderAccess) -> int:
        await yield_control()
        return len(self._found(criteria, access))

    def _found(self, criteria: OrderFilter, access: OrderAccess) -> Sequence[Order]:
        return [
            order
            for order in self._database.tables.orders.values()
            if access.permits(order.customer_id) and _meets(self._database.tables, order, criteria)
        ]

    async def history(
        self, order_id: OrderId, *, after: Position | None, limit: int
    ) -> Page[StatusChangeView]:
        await yield_control()
        changes = [
            (version, change)
            for (id_, version), change in self._database.tables.changes.items()
            if id_ == order_id
        ]
        return page(
            changes,
            position=lambda numbered: (numbered[0],),
            show=lambda numbered: _change_view(numbered[1]),
            descending=False,
            after=after,
            limit=limit,
        )

    async def fulfillment(self, order_id: OrderId, fulfillment_id: FulfillmentId) -> FulfillmentView | None:
        await yield_control()
        fulfillment = self._database.tables.fulfillments.get(fulfillment_id)
        return FulfillmentView.of(fulfillment) if fulfillment and fulfillment.order_id == order_id else None

    async def fulfillments(
        self, order_id: OrderId, *, after: Position | None, limit: int
    ) -> Page[FulfillmentView]:
        await yield_control()
        return page(
            (each for each in self._database.tables.fulfillments.values() if each.order_id == order_id),
            position=lambda fulfillment: (fulfillment.created_at, fulfillment.id),
            show=FulfillmentView.of,
            descending=False,
            after=after,
            limit=limit,
        )

    async def order_return(self, order_id: OrderId, return_id: ReturnId) -> ReturnView | None:
        await yield_control()
        returned = self._database.tables.returns.get(return_id)
        return ReturnView.of(returned) if returned and returned.order_id == order_id else None

    async def returns(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[ReturnView]:
        await yield_control()
        return page(
            (each for each in self._database.tables.returns.values() if each.order_id == order_id),
            position=lambda returned: (returned.requested_at, returned.id),
            show=ReturnView.of,
            descending=False,
            after=after,
            limit=limit,
        )


def _meets(tables: Tables, order: Order, criteria: OrderFilter) -> bool:
    view = OrderView.of(order)
    customer = None if order.customer_id is None else tables.users[order.customer_id]
    emails = {account.email for account in (customer, order.guest) if account}
    return (
        criteria.status in {None, order.status}
        and criteria.number in {None, order.number}
        and criteria.payment_status in {None, view.payment_status}
        and criteria.fulfillment_status in {None, view.fulfillment_status}
        and criteria.customer_id in {None, order.customer_id}
        and (criteria.email is None or criteria.email in emails)
        and (criteria.product_id is None or criteria.product_id in order.product_ids)
        and (criteria.updated_after is None or criteria.updated_after <= order.updated_at)
        and (criteria.created_after is None or criteria.created_after <= order.placed_at)
        and (criteria.created_before is None or order.placed_at < criteria.created_before)
    )


def _change_view(change: StatusChange) -> StatusChangeView:
    return StatusChangeView(
        action=change.action,
        source=change.source,
        target=change.target,
        reason=change.reason,
        actor_id=change.actor.id,
        request_id=change.actor.request_id,
        at=change.at,
    )
