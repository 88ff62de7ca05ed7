from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.data_loader import DataLoader
from adapters.postgres.core.keyset import page_of, shown
from adapters.postgres.core.reader import AutocommitReader, Reader
from adapters.postgres.core.result_row import ResultRow, typed_rows
from adapters.postgres.core.rows import (
    FulfillmentRow,
    OrderHistoryRow,
    OrderLineRow,
    OrderRow,
    ReturnRow,
    UserRow,
)
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.orders.mapping import (
    ORDERS,
    PLACED_BY,
    fulfillment_view_from,
    order_from,
    orders_with_lines,
    result_from,
)
from adapters.postgres.orders.return_repository import return_from
from adapters.postgres.orders.rows import PAYMENT_STATUS
from application.orders.access import OrderAccess
from application.orders.ports import OrderFilter, OrderQueries
from application.orders.views import FulfillmentView, OrderView, ReturnView, StatusChangeView
from application.shared.idempotency import StoredResult
from application.shared.page import Page, Position
from domain.orders.lifecycle import Action, OrderStatus, Party
from domain.orders.statuses import FulfillmentStatus
from domain.shared.ids import CallerId, FulfillmentId, OrderId, ReturnId, UserId

_GET = orders_with_lines(ORDERS.where(OrderRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))
_GET_BY_KEY = orders_with_lines(
    ORDERS.where(bindparam("placed_by") == PLACED_BY, OrderRow.idempotency_key == bindparam("key"))
)
_TOKEN_VERSION = select(OrderRow.order_token_version).where(
    OrderRow.id == bindparam("id"), OrderRow.guest_email.is_not(None)
)
_PAYMENT_STATUS: ColumnElement[str] = literal_column(PAYMENT_STATUS)
_PLACED = (OrderRow.placed_at, OrderRow.id)
_HISTORY = select(*columns_of(OrderHistoryRow)).where(OrderHistoryRow.order_id == bindparam("of_order"))
_FULFILLMENTS = select(*columns_of(FulfillmentRow)).where(FulfillmentRow.order_id == bindparam("of_order"))
_FULFILLMENT = _FULFILLMENTS.where(FulfillmentRow.id == bindparam("fulfillment"))
_CREATED = (FulfillmentRow.created_at, FulfillmentRow.id)
_CHANGED = (OrderHistoryRow.version,)
_RETURNS = select(*columns_of(ReturnRow)).where(ReturnRow.order_id == bindparam("of_order"))
_RETURN = _RETURNS.where(ReturnRow.id == bindparam("of_return"))
_REQUESTED = (ReturnRow.requested_at, ReturnRow.id)


class PostgresOrderQueries(OrderQueries):
    def __init__(self, engine: AsyncEngine, lists: Reader | None = None) -> None:
        self._reader = AutocommitReader(engine)
        self._lists = lists or self._reader
        self._read_orders = self._reader.prepare(_GET)
        self._gets = DataLoader(self._get)

    async def get(self, order_id: OrderId, *, access: OrderAccess) -> OrderView | None:
        order = await self._gets.get(order_id)
        return order if order is not None and access.permits(order.customer_id) else None

    async def _get(self, order_ids: Collection[OrderId]) -> Mapping[OrderId, OrderView]:
        views = map(_order_view, await self._read_orders({"ids": list(order_ids)}))
        return {view.id: view for view in views}

    async def token_version(self, order_id: OrderId) -> int | None:
        row = await self._reader.one_or_none(_TOKEN_VERSION, {"id": order_id})
        return None if row is None else int(row[0])

    async def get_by_key(self, placed_by: CallerId, idempotency_key: str) -> StoredResult[OrderView] | None:
        row = await self._reader.one_or_none(_GET_BY_KEY, {"placed_by": placed_by, "key": idempotency_key})
        return result_from(row) if row else None

    async def list(
        self,
        criteria: OrderFilter,
        *,
        access: OrderAccess,
        descending: bool,
        after: Position | None,
        limit: int,
    ) -> Page[OrderView]:
        chosen = page_of(
            ORDERS.where(*_conditions(criteria, access)),
            _PLACED,
            descending=descending,
            after=after,
            limit=limit,
        )
        statement = orders_with_lines(chosen, descending=descending)
        return shown(await self._lists.all(statement), _PLACED, limit=limit, show=_order_view)

    async def count(self, criteria: OrderFilter, *, access: OrderAccess) -> int:
        found = select(func.count()).select_from(OrderRow).where(*_conditions(criteria, access))
        [row] = await self._lists.all(found)
        return int(row[0])

    async def history(
        self, order_id: OrderId, *, after: Position | None, limit: int
    ) -> Page[StatusChangeView]:
        statement = page_of(_HISTORY, _CHANGED, descending=False, after=after, limit=limit)
        rows = typed_rows(OrderHistoryRow, await self._reader.all(statement, {"of_order": order_id}))
        return shown(rows, _CHANGED, limit=limit, show=_status_change_view)

    async def fulfillment(self, order_id: OrderId, fulfillment_id: FulfillmentId) -> FulfillmentView | None:
        rows = await self._reader.all(_FULFILLMENT, {"of_order": order_id, "fulfillment": fulfillment_id})
        return next(map(fulfillment_view_from, typed_rows(FulfillmentRow, rows)), None)

    async def fulfillments(
        self, order_id: OrderId, *, after: Position | None, limit: int
    ) -> Page[FulfillmentView]:
        statement = page_of(_FULFILLMENTS, _CREATED, descending=False, after=after, limit=limit)
        rows = typed_rows(FulfillmentRow, await self._reader.all(statement, {"of_order": order_id}))
        return shown(rows, _CREATED, limit=limit, show=fulfillment_view_from)

    async def order_return(self, order_id: OrderId, return_id: ReturnId) -> ReturnView | None:
        rows = await self._reader.all(_RETURN, {"of_order": order_id, "of_return": return_id})
        return next(map(_return_view, typed_rows(ReturnRow, rows)), None)

    async def returns(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[ReturnView]:
        statement = page_of(_RETURNS, _REQUESTED, descending=False, after=after, limit=limit)
        rows = typed_rows(ReturnRow, await self._reader.all(statement, {"of_order": order_id}))
        return shown(rows, _REQUESTED, limit=limit, show=_return_view)


def _conditions(criteria: OrderFilter, access: OrderAccess) -> Iterator[ColumnElement[bool]]:
    if access.party is not Party.STAFF:
        yield OrderRow.customer_id == access.customer_id
    yield from _found_elsewhere(criteria)
    for column, value in (
        (OrderRow.number, criteria.number),
        (OrderRow.status, criteria.status),
        (_PAYMENT_STATUS, criteria.payment_status),
        (OrderRow.customer_id, criteria.customer_id),
    ):
        if value is not None:
            yield column == value
    if criteria.updated_after is not None:
        yield OrderRow.updated_at >= criteria.updated_after
    if criteria.created_after is not None:
        yield OrderRow.placed_at >= criteria.created_after
    if criteria.created_before is not None:
        yield OrderRow.placed_at < criteria.created_before


def _found_elsewhere(criteria: OrderFilter) -> Iterator[ColumnElement[bool]]:
    """Yield the filter's conditions on tables other than `orders`."""
    if criteria.fulfillment_status is not None:
        yield _has_fulfillment_status(criteria.fulfillment_status)
    if criteria.email is not None:
        account = select(UserRow.id).where(UserRow.email == criteria.email.normalized)
        of_account = select(OrderRow.id).where(OrderRow.customer_id.in_(account))
        of_guest = select(OrderRow.id).where(OrderRow.guest_email == criteria.email.normalized)
        yield OrderRow.id.in_(of_account.union_all(of_guest))
    if criteria.product_id is not None:
        lines = select(OrderLineRow.order_id).where(OrderLineRow.product_id == criteria.product_id)
        yield OrderRow.id.in_(lines)


def _has_fulfillment_status(status: FulfillmentStatus) -> ColumnElement[bool]:
    """Return the condition for a fulfillment status.

    The condition reads only lines of confirmed orders.
    """
    is_partial = and_(
        OrderRow.status == OrderStatus.CONFIRMED,
        exists().where(OrderLineRow.order_id == OrderRow.id, OrderLineRow.fulfilled > 0),
    )
    match status:
        case FulfillmentStatus.FULFILLED:
            return OrderRow.status == OrderStatus.FULFILLED
        case FulfillmentStatus.PARTIAL:
            return is_partial
        case FulfillmentStatus.UNFULFILLED:
            return and_(OrderRow.status != OrderStatus.FULFILLED, not_(is_partial))


def _order_view(row: ResultRow) -> OrderView:
    return OrderView.of(order_from(row))


def _return_view(row: ReturnRow) -> ReturnView:
    return ReturnView.of(return_from(row))


def _status_change_view(row: OrderHistoryRow) -> StatusChangeView:
    return StatusChangeView(
        action=Action(row.action),
        source=OrderStatus(row.source) if row.source else None,
        target=OrderStatus(row.target),
        reason=row.reason,
        actor_id=None if row.actor_id is None else UserId(row.actor_id),
        request_id=row.request_id,
        at=row.occurred_at,
    )
