from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Executable, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.core.result_row import typed_rows
from adapters.postgres.core.rows import PaymentRow, ProviderEventRow, RefundRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows, columns_of
from adapters.postgres.payments.mapping import (
    PAYMENT_COLUMNS,
    payment_from,
    payment_values,
    provider_event_values,
    refund_from,
    refund_values,
)
from application.payments.ports import PaymentRepository, ProviderEventRecords, RefundRepository
from application.payments.provider_ports import ProviderEvent
from domain.payments.payment import Payment, PaymentMethod
from domain.payments.refund import Refund
from domain.shared.ids import OrderId, PaymentId, RefundId

_PAYMENTS = UnnestedRows("given_payments", PAYMENT_COLUMNS)
_PAYMENT_CHANGES = (
    "status",
    "captured",
    "returned",
    "reference",
    "failure",
    "origin",
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

_SELECT_PAYMENTS = select(*PAYMENT_COLUMNS)
_ADD_PAYMENTS = _PAYMENTS.insert_into(PaymentRow)
_SAVE_PAYMENTS = (
    update(PaymentRow)
    .values({name: _PAYMENTS.c[name] for name in _PAYMENT_CHANGES})
    .where(PaymentRow.id == _PAYMENTS.c.id)
)
_PAYMENTS_OF_ORDER = _SELECT_PAYMENTS.where(PaymentRow.order_id == bindparam("order_id")).order_by(
    PaymentRow.requested_at, PaymentRow.id
)
_FIND_PAYMENT = _SELECT_PAYMENTS.where(PaymentRow.id == bindparam("id"))
_FIND_PAYMENT_BY_REFERENCE = _SELECT_PAYMENTS.where(
    PaymentRow.method == bindparam("method"), PaymentRow.reference == bindparam("reference")
)
_DUE_PAYMENTS = (
    _SELECT_PAYMENTS.where(PaymentRow.inquire_at <= bindparam("now"))
    .order_by(PaymentRow.inquire_at, PaymentRow.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)

_REFUNDS = UnnestedRows("given_refunds", columns_of(RefundRow))
_REFUND_CHANGES = ("status", "amount", "reference", "failure", "decided_at", "inquire_at", "inquiries")

_SELECT_REFUNDS = select(*columns_of(RefundRow))
_ADD_REFUNDS = _REFUNDS.insert_into(RefundRow)
_SAVE_REFUNDS = (
    update(RefundRow)
    .values({name: _REFUNDS.c[name] for name in _REFUND_CHANGES})
    .where(RefundRow.id == _REFUNDS.c.id)
)
_REFUNDS_OF_ORDER = _SELECT_REFUNDS.where(RefundRow.order_id == bindparam("order_id")).order_by(
    RefundRow.requested_at, RefundRow.id
)
_FIND_REFUND = _SELECT_REFUNDS.where(RefundRow.id == bindparam("id"))
_FIND_REFUND_BY_REFERENCE = _SELECT_REFUNDS.where(
    RefundRow.method == bindparam("method"), RefundRow.reference == bindparam("reference")
)
_DUE_REFUNDS = (
    _SELECT_REFUNDS.where(RefundRow.inquire_at <= bindparam("now"))
    .order_by(RefundRow.inquire_at, RefundRow.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)

_ADD_PROVIDER_EVENT = insert(ProviderEventRow).on_conflict_do_nothing()


class PostgresPaymentRepository(PaymentRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, payments: Sequence[Payment]) -> None:
        if payments:
            await self._transaction.execute(
                _ADD_PAYMENTS, _PAYMENTS.parameters(map(payment_values, payments))
            )

    async def save(self, payments: Sequence[Payment]) -> None:
        if payments:
            await self._transaction.write(
                _SAVE_PAYMENTS, _PAYMENTS.parameters(map(payment_values, payments)), rows=len(payments)
            )

    async def of_order(self, order_id: OrderId) -> Sequence[Payment]:
        return await self._read(_PAYMENTS_OF_ORDER, {"order_id": order_id})

    async def find(self, payment_id: PaymentId) -> Payment | None:
        return next(iter(await self._read(_FIND_PAYMENT, {"id": payment_id})), None)

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Payment | None:
        parameters = {"method": method, "reference": reference}
        return next(iter(await self._read(_FIND_PAYMENT_BY_REFERENCE, parameters)), None)

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Payment]:
        return await self._read(_DUE_PAYMENTS, {"now": now, "limit": limit})

    async def _read(self, statement: Executable, parameters: Mapping[str, object]) -> Sequence[Payment]:
        result = await self._transaction.execute(statement, parameters)
        return [payment_from(row) for row in typed_rows(PaymentRow, result.all())]


class PostgresRefundRepository(RefundRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, refunds: Sequence[Refund]) -> None:
        if refunds:
            await self._transaction.execute(_ADD_REFUNDS, _REFUNDS.parameters(map(refund_values, refunds)))

    async def save(self, refunds: Sequence[Refund]) -> None:
        if refunds:
            await self._transaction.write(
                _SAVE_REFUNDS, _REFUNDS.parameters(map(refund_values, refunds)), rows=len(refunds)
            )

    async def of_order(self, order_id: OrderId) -> Sequence[Refund]:
        return await self._read(_REFUNDS_OF_ORDER, {"order_id": order_id})

    async def find(self, refund_id: RefundId) -> Refund | None:
        return next(iter(await self._read(_FIND_REFUND, {"id": refund_id})), None)

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Refund | None:
        parameters = {"method": method, "reference": reference}
        return next(iter(await self._read(_FIND_REFUND_BY_REFERENCE, parameters)), None)

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Refund]:
        return await self._read(_DUE_REFUNDS, {"now": now, "limit": limit})

    async def _read(self, statement: Executable, parameters: Mapping[str, object]) -> Sequence[Refund]:
        result = await self._transaction.execute(statement, parameters)
        return [refund_from(row) for row in typed_rows(RefundRow, result.all())]


class PostgresProviderEventRecords(ProviderEventRecords):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def record_once(self, event: ProviderEvent, *, now: datetime) -> bool:
        added = await self._transaction.execute(_ADD_PROVIDER_EVENT, provider_event_values(event, now))
        return added.rowcount == 1
