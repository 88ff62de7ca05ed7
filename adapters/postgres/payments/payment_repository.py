from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update

from adapters.postgres.core.rows import PaymentRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows
from adapters.postgres.payments.mapping import PAYMENT_COLUMNS, payment_from, payment_values
from application.payments.ports import PaymentRepository
from domain.payments.method import PaymentMethod
from domain.payments.payment import Payment
from domain.shared.ids import OrderId, PaymentId

_GIVEN = UnnestedRows("given_payments", PAYMENT_COLUMNS)
_CHANGING = (
    "status",
    "captured",
    "returned",
    "reference",
    "failure",
    "action_until",
    "authorized_until",
    "is_ending_announced",
    "decided_at",
    "requested",
    "requested_amount",
    "dispute",
    "inquire_at",
    "inquiries",
)

_ALL = select(*PAYMENT_COLUMNS)
_ADD = _GIVEN.insert_into(PaymentRow)
_SAVE = (
    update(PaymentRow)
    .values({name: _GIVEN.c[name] for name in _CHANGING})
    .where(PaymentRow.id == _GIVEN.c.id)
)
_OF_ORDER = _ALL.where(PaymentRow.order_id == bindparam("order_id")).order_by(
    PaymentRow.requested_at, PaymentRow.id
)
_FIND = _ALL.where(PaymentRow.id == bindparam("id"))
_FIND_BY_REFERENCE = _ALL.where(
    PaymentRow.method == bindparam("method"), PaymentRow.reference == bindparam("reference")
)
_DUE = (
    _ALL.where(PaymentRow.inquire_at <= bindparam("now"))
    .order_by(PaymentRow.inquire_at, PaymentRow.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)


class PostgresPaymentRepository(PaymentRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, payments: Sequence[Payment]) -> None:
        if payments:
            await self._transaction.execute(_ADD, _GIVEN.parameters(map(payment_values, payments)))

    async def save(self, payments: Sequence[Payment]) -> None:
        if payments:
            await self._transaction.write(
                _SAVE, _GIVEN.parameters(map(payment_values, payments)), rows=len(payments)
            )

    async def of_order(self, order_id: OrderId) -> Sequence[Payment]:
        rows = await self._transaction.execute(_OF_ORDER, {"order_id": order_id})
        return [payment_from(row) for row in rows]

    async def find(self, payment_id: PaymentId) -> Payment | None:
        row = (await self._transaction.execute(_FIND, {"id": payment_id})).one_or_none()
        return payment_from(row) if row else None

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Payment | None:
        rows = await self._transaction.execute(_FIND_BY_REFERENCE, {"method": method, "reference": reference})
        row = rows.one_or_none()
        return payment_from(row) if row else None

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Payment]:
        rows = await self._transaction.execute(_DUE, {"now": now, "limit": limit})
        return [payment_from(row) for row in rows]
