from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update

from adapters.postgres.core.rows import RefundRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows, columns_of
from adapters.postgres.payments.mapping import refund_from, refund_values
from application.payments.ports import RefundRepository
from domain.payments.method import PaymentMethod
from domain.payments.refund import Refund
from domain.shared.ids import OrderId, RefundId

_GIVEN = UnnestedRows("given_refunds", columns_of(RefundRow))
_CHANGING = ("status", "amount", "reference", "failure", "decided_at", "inquire_at", "inquiries")

_ALL = select(*columns_of(RefundRow))
_ADD = _GIVEN.insert_into(RefundRow)
_SAVE = (
    update(RefundRow).values({name: _GIVEN.c[name] for name in _CHANGING}).where(RefundRow.id == _GIVEN.c.id)
)
_OF_ORDER = _ALL.where(RefundRow.order_id == bindparam("order_id")).order_by(
    RefundRow.requested_at, RefundRow.id
)
_FIND = _ALL.where(RefundRow.id == bindparam("id"))
_FIND_BY_REFERENCE = _ALL.where(
    RefundRow.method == bindparam("method"), RefundRow.reference == bindparam("reference")
)
_DUE = (
    _ALL.where(RefundRow.inquire_at <= bindparam("now"))
    .order_by(RefundRow.inquire_at, RefundRow.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)


class PostgresRefundRepository(RefundRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, refunds: Sequence[Refund]) -> None:
        if refunds:
            await self._transaction.execute(_ADD, _GIVEN.parameters(map(refund_values, refunds)))

    async def save(self, refunds: Sequence[Refund]) -> None:
        if refunds:
            await self._transaction.write(
                _SAVE, _GIVEN.parameters(map(refund_values, refunds)), rows=len(refunds)
            )

    async def of_order(self, order_id: OrderId) -> Sequence[Refund]:
        rows = await self._transaction.execute(_OF_ORDER, {"order_id": order_id})
        return [refund_from(row) for row in rows]

    async def find(self, refund_id: RefundId) -> Refund | None:
        row = (await self._transaction.execute(_FIND, {"id": refund_id})).one_or_none()
        return refund_from(row) if row else None

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Refund | None:
        rows = await self._transaction.execute(_FIND_BY_REFERENCE, {"method": method, "reference": reference})
        row = rows.one_or_none()
        return refund_from(row) if row else None

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Refund]:
        rows = await self._transaction.execute(_DUE, {"now": now, "limit": limit})
        return [refund_from(row) for row in rows]
