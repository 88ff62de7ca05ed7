from collections.abc import Sequence
from datetime import datetime

from adapters.memory.copying import copied
from adapters.memory.database import reach
from adapters.memory.locks import Row
from adapters.memory.orders import order_row
from adapters.memory.transaction import Transaction
from application.payments.ports import RefundRepository
from domain.payments.method import PaymentMethod
from domain.payments.refund import Refund
from domain.shared.ids import OrderId, RefundId


class MemoryRefundRepository(RefundRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, refunds: Sequence[Refund]) -> None:
        await reach()
        for refund in refunds:
            self._transaction.ensure_locked(order_row(refund.order_id))
            self._write(refund)

    async def save(self, refunds: Sequence[Refund]) -> None:
        await reach()
        await self._transaction.lock(_row(refund.id) for refund in refunds)
        for refund in refunds:
            self._write(refund)

    async def of_order(self, order_id: OrderId) -> Sequence[Refund]:
        await reach()
        refunds = self._transaction.tables.refunds.values()
        of_order = [refund for refund in refunds if refund.order_id == order_id]
        return [
            copied(refund) for refund in sorted(of_order, key=lambda refund: (refund.requested_at, refund.id))
        ]

    async def find(self, refund_id: RefundId) -> Refund | None:
        await reach()
        return copied(self._transaction.tables.refunds.get(refund_id))

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Refund | None:
        await reach()
        for refund in self._transaction.tables.refunds.values():
            if refund.method is method and refund.reference == reference:
                return copied(refund)
        return None

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Refund]:
        await reach()
        taken: list[RefundId] = []
        for refund_id in self._due(now):
            if len(taken) < limit and await self._transaction.try_lock(_row(refund_id)):
                taken.append(refund_id)
        still = set(self._due(now))
        return [copied(self._transaction.tables.refunds[id_]) for id_ in taken if id_ in still]

    def _due(self, now: datetime) -> list[RefundId]:
        due = [
            (refund.inquire_at, refund.id)
            for refund in self._transaction.tables.refunds.values()
            if refund.inquire_at is not None and refund.inquire_at <= now
        ]
        return [refund_id for _, refund_id in sorted(due)]

    def _write(self, refund: Refund) -> None:
        self._transaction.tables.refunds[refund.id] = copied(refund)


def _row(refund_id: RefundId) -> Row:
    return "refunds", refund_id.hex
