from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from adapters.postgres.core.result_row import typed_rows
from adapters.postgres.core.rows import ReturnRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import columns_of
from application.orders.ports import ReturnRepository
from domain.orders.order_return import OrderReturn, ReturnedLine, ReturnStatus
from domain.shared.ids import LineId, OrderId, RefundId, ReturnId
from domain.shared.money import Money

_ADD = insert(ReturnRow)
_SAVE = update(ReturnRow).where(ReturnRow.id == bindparam("of_return"))
_OF_ORDER = (
    select(*columns_of(ReturnRow))
    .where(ReturnRow.order_id == bindparam("of_order"))
    .order_by(ReturnRow.requested_at, ReturnRow.id)
)


class PostgresReturnRepository(ReturnRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, requested: OrderReturn) -> None:
        await self._transaction.execute(_ADD, _values(requested))

    async def save(self, changed: OrderReturn) -> None:
        await self._transaction.execute(_SAVE.values(_values(changed)), {"of_return": changed.id})

    async def of_order(self, order_id: OrderId) -> Sequence[OrderReturn]:
        rows = await self._transaction.execute(_OF_ORDER, {"of_order": order_id})
        return list(map(return_from, typed_rows(ReturnRow, rows.all())))


def return_from(row: ReturnRow) -> OrderReturn:
    return OrderReturn(
        id=ReturnId(row.id),
        order_id=OrderId(row.order_id),
        status=ReturnStatus(row.status),
        lines=tuple(
            ReturnedLine(LineId(UUID(line["line_id"])), line["quantity"], line["restock"])
            for line in row.lines
        ),
        reason=row.reason,
        decision_reason=row.decision_reason,
        refund_amount=None
        if row.refund_amount is None or row.currency is None
        else Money(row.refund_amount, row.currency),
        refund_id=None if row.refund_id is None else RefundId(row.refund_id),
        requested_at=row.requested_at,
        decided_at=row.decided_at,
        received_at=row.received_at,
    )


def _values(returned: OrderReturn) -> dict[str, object]:
    amount = returned.refund_amount
    return {
        "id": returned.id,
        "order_id": returned.order_id,
        "status": returned.status,
        "lines": [
            {"line_id": str(line.line_id), "quantity": line.quantity, "restock": line.restock}
            for line in returned.lines
        ],
        "reason": returned.reason,
        "decision_reason": returned.decision_reason,
        "currency": amount.currency if amount else None,
        "refund_amount": amount.amount if amount else None,
        "refund_id": returned.refund_id,
        "requested_at": returned.requested_at,
        "decided_at": returned.decided_at,
        "received_at": returned.received_at,
    }
