from collections.abc import Mapping

from sqlalchemy import bindparam, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.core.keyset import page_of, shown
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.result_row import typed_rows
from adapters.postgres.core.rows import PaymentRow, RefundRow
from adapters.postgres.core.unnest import columns_of
from adapters.postgres.payments.mapping import PAYMENT_COLUMNS, payment_from, refund_from
from application.payments.ports import PaymentQueries
from application.payments.views import PaymentView, RefundView
from application.shared.page import Page, Position
from domain.payments.payment import PaymentMethod
from domain.shared.ids import OrderId, PaymentId, RefundId

_PAYMENTS = select(*PAYMENT_COLUMNS).where(PaymentRow.order_id == bindparam("of_order"))
_REFUNDS = select(*columns_of(RefundRow)).where(RefundRow.order_id == bindparam("of_order"))
_PAYMENT = _PAYMENTS.where(PaymentRow.id == bindparam("payment"))
_REFUND = _REFUNDS.where(RefundRow.id == bindparam("refund"))
_PAYMENT_KEY = (PaymentRow.requested_at, PaymentRow.id)
_REFUND_KEY = (RefundRow.requested_at, RefundRow.id)


_DUE = union_all(
    select(PaymentRow.method).where(PaymentRow.inquire_at.is_not(None)),
    select(RefundRow.method).where(RefundRow.inquire_at.is_not(None)),
).subquery("due")
_UNSETTLED = select(_DUE.c.method, func.count().label("number")).group_by(_DUE.c.method)


class PostgresPaymentQueries(PaymentQueries):
    def __init__(self, engine: AsyncEngine) -> None:
        self._reader = AutocommitReader(engine)

    async def payment(self, order_id: OrderId, payment_id: PaymentId) -> PaymentView | None:
        rows = await self._reader.all(_PAYMENT, {"of_order": order_id, "payment": payment_id})
        return next(map(_payment_view, typed_rows(PaymentRow, rows)), None)

    async def payments(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[PaymentView]:
        statement = page_of(_PAYMENTS, _PAYMENT_KEY, descending=False, after=after, limit=limit)
        rows = typed_rows(PaymentRow, await self._reader.all(statement, {"of_order": order_id}))
        return shown(rows, _PAYMENT_KEY, limit=limit, show=_payment_view)

    async def refund(self, order_id: OrderId, refund_id: RefundId) -> RefundView | None:
        rows = await self._reader.all(_REFUND, {"of_order": order_id, "refund": refund_id})
        return next(map(_refund_view, typed_rows(RefundRow, rows)), None)

    async def refunds(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[RefundView]:
        statement = page_of(_REFUNDS, _REFUND_KEY, descending=False, after=after, limit=limit)
        rows = typed_rows(RefundRow, await self._reader.all(statement, {"of_order": order_id}))
        return shown(rows, _REFUND_KEY, limit=limit, show=_refund_view)

    async def unsettled(self) -> Mapping[PaymentMethod, int]:
        rows = await self._reader.all(_UNSETTLED)
        return {PaymentMethod(row.method): row.number for row in rows}


def _payment_view(row: PaymentRow) -> PaymentView:
    return PaymentView.of(payment_from(row))


def _refund_view(row: RefundRow) -> RefundView:
    return RefundView.of(refund_from(row))
