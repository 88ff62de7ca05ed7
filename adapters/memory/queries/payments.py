from collections import Counter
from collections.abc import Mapping

from adapters.memory.database import MemoryDatabase, reach
from adapters.memory.queries.keyset import page
from application.payments.ports import PaymentQueries
from application.payments.views import PaymentView, RefundView
from application.shared.page import Page, Position
from domain.payments.method import PaymentMethod
from domain.payments.payment import Payment
from domain.payments.refund import Refund
from domain.shared.ids import OrderId, PaymentId, RefundId


class MemoryPaymentQueries(PaymentQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def payment(self, order_id: OrderId, payment_id: PaymentId) -> PaymentView | None:
        await reach()
        payment = self._database.tables.payments.get(payment_id)
        return PaymentView.of(payment) if payment and payment.order_id == order_id else None

    async def payments(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[PaymentView]:
        await reach()
        return page(
            (each for each in self._database.tables.payments.values() if each.order_id == order_id),
            position=lambda payment: (payment.requested_at, payment.id),
            show=PaymentView.of,
            descending=False,
            after=after,
            limit=limit,
        )

    async def refund(self, order_id: OrderId, refund_id: RefundId) -> RefundView | None:
        await reach()
        refund = self._database.tables.refunds.get(refund_id)
        return RefundView.of(refund) if refund and refund.order_id == order_id else None

    async def unsettled(self) -> Mapping[PaymentMethod, int]:
        await reach()
        tables = self._database.tables
        due: tuple[Payment | Refund, ...] = (*tables.payments.values(), *tables.refunds.values())
        return Counter(each.method for each in due if each.inquire_at is not None)

    async def refunds(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[RefundView]:
        await reach()
        return page(
            (each for each in self._database.tables.refunds.values() if each.order_id == order_id),
            position=lambda refund: (refund.requested_at, refund.id),
            show=RefundView.of,
            descending=False,
            after=after,
            limit=limit,
        )
