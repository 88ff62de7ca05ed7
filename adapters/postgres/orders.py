from collections.abc import Collection, Mapping, Sequence
from itertools import chain

from sqlalchemy import and_, bindparam, select, update

from adapters.postgres.arrays import GivenRows, columns_of
from adapters.postgres.mappers.orders import change_values, line_values, order_from, order_values
from adapters.postgres.outbox import Outbox
from adapters.postgres.rows import OrderHistoryRow, OrderLineRow, OrderRow
from adapters.postgres.selections import orders_with_lines
from adapters.postgres.transaction import Transaction
from application.orders.ports import OrderRepository
from domain.orders.order import Order
from domain.shared.ids import OrderId, UserId

_ORDERS = GivenRows("given_orders", columns_of(OrderRow))
_LINES = GivenRows("given_lines", columns_of(OrderLineRow))
_HISTORY = GivenRows("given_history", columns_of(OrderHistoryRow))
_KEY = ("customer_id", "idempotency_key")
_KEY_COLUMNS = [column for column in columns_of(OrderRow) if column.name in _KEY]
_KEYS = GivenRows("given_keys", _KEY_COLUMNS)
_CHANGING = ("status", "paid_amount", "refunded_amount", "updated_at", "version")

_ADD = _HISTORY.insert_into(OrderHistoryRow).add_cte(
    _ORDERS.insert_into(OrderRow).cte("added"), _LINES.insert_into(OrderLineRow).cte("added_lines")
)
_LOCK = select(OrderRow.id).where(OrderRow.id == bindparam("id")).with_for_update()
_GET = orders_with_lines(select(*columns_of(OrderRow)).where(OrderRow.id == bindparam("id")))
_FIND = orders_with_lines(
    select(*columns_of(OrderRow)).join(
        _KEYS.table, and_(*(column == _KEYS.c[column.name] for column in _KEY_COLUMNS))
    )
)
_UPDATE = (
    update(OrderRow)
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
    .where(OrderRow.id == bindparam("order_id"), OrderRow.version == bindparam("read_version"))
)
_UPDATE_LINES = (
    update(OrderLineRow)
    .values(fulfilled=_LINES.c.fulfilled, refunded=_LINES.c.refunded)
    .where(OrderLineRow.order_id == _LINES.c.order_id, OrderLineRow.id == _LINES.c.id)
)
_ADD_HISTORY = _HISTORY.insert_into(OrderHistoryRow)


class PostgresOrderRepository(OrderRepository):
    def __init__(self, transaction: Transaction, outbox: Outbox) -> None:
        self._transaction = transaction
        self._outbox = outbox

    async def add(self, orders: Sequence[Order]) -> None:
        if orders:
            await self._transaction.execute(
                _ADD,
                _ORDERS.parameters(map(order_values, orders))
                | _LINES.parameters(chain.from_iterable(map(_lines, orders)))
                | _HISTORY.parameters(chain.from_iterable(map(self._happened, orders))),
            )

    async def get(self, order_id: OrderId) -> Order | None:
        # Locked first and read by a second statement, whose snapshot has what the lock was waited for.
        await self._transaction.execute(_LOCK, {"id": order_id})
        row = (await self._transaction.execute(_GET, {"id": order_id})).one_or_none()
        return order_from(row) if row else None

    async def find_by_keys(self, keys: Collection[tuple[UserId, str]]) -> Mapping[tuple[UserId, str], Order]:
        given = _KEYS.parameters(dict(zip(_KEY, key, strict=True)) for key in keys)
        orders = map(order_from, await self._transaction.execute(_FIND, given))
        return {(order.customer_id, order.idempotency_key): order for order in orders}

    async def save(self, order: Order) -> None:
        values = order_values(order)
        changes = {f"new_{name}": values[name] for name in _CHANGING}
        read = {"order_id": order.id, "read_version": order.version - len(order.changes)}
        await self._transaction.write(_UPDATE, changes | read, rows=1)
        await self._transaction.write(_UPDATE_LINES, _LINES.parameters(_lines(order)), rows=len(order.lines))
        await self._transaction.execute(_ADD_HISTORY, _HISTORY.parameters(self._happened(order)))

    def _happened(self, order: Order) -> list[dict[str, object]]:
        """Take from the order what has happened to it: events for the outbox, rows for the history."""
        self._outbox.record(order.take_events())
        first = order.version - len(order.changes) + 1
        rows = [
            change_values(order.id, version, change) for version, change in enumerate(order.changes, first)
        ]
        order.changes.clear()
        return rows


def _lines(order: Order) -> list[dict[str, object]]:
    return [line_values(order.id, position, line) for position, line in enumerate(order.lines)]
