from collections.abc import Sequence
from datetime import datetime

from adapters.memory.copying import copied
from adapters.memory.database import reach
from adapters.memory.locks import Row
from adapters.memory.orders import order_row
from adapters.memory.transaction import IntegrityError, Transaction
from application.payments.ports import PaymentRepository
from domain.payments.method import PaymentMethod
from domain.payments.payment import Payment
from domain.shared.ids import OrderId, PaymentId


class MemoryPaymentRepository(PaymentRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, payments: Sequence[Payment]) -> None:
        await reach()
        for payment in payments:
            self._transaction.ensure_locked(order_row(payment.order_id))
            self._write(payment)

    async def save(self, payments: Sequence[Payment]) -> None:
        await reach()
        await self._transaction.lock(_row(payment.id) for payment in payments)
        for payment in payments:
            self._write(payment)

    async def of_order(self, order_id: OrderId) -> Sequence[Payment]:
        await reach()
        payments = self._transaction.tables.payments.values()
        of_order = [payment for payment in payments if payment.order_id == order_id]
        return [
            copied(payment)
            for payment in sorted(of_order, key=lambda payment: (payment.requested_at, payment.id))
        ]

    async def find(self, payment_id: PaymentId) -> Payment | None:
        await reach()
        return copied(self._transaction.tables.payments.get(payment_id))

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Payment | None:
        await reach()
        for payment in self._transaction.tables.payments.values():
            if payment.method is method and payment.reference == reference:
                return copied(payment)
        return None

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Payment]:
        await reach()
        taken: list[PaymentId] = []
        for payment_id in self._due(now):
            if len(taken) < limit and await self._transaction.try_lock(_row(payment_id)):
                taken.append(payment_id)
        still = set(self._due(now))
        return [copied(self._transaction.tables.payments[id_]) for id_ in taken if id_ in still]

    def _due(self, now: datetime) -> list[PaymentId]:
        due = [
            (payment.inquire_at, payment.id)
            for payment in self._transaction.tables.payments.values()
            if payment.inquire_at is not None and payment.inquire_at <= now
        ]
        return [payment_id for _, payment_id in sorted(due)]

    def _write(self, payment: Payment) -> None:
        if not 0 <= payment.returned.amount <= payment.captured.amount:
            self._transaction.fail(IntegrityError("payment with more returned than was captured"))
        if any(
            other.reference == payment.reference and other.method is payment.method and other.id != payment.id
            for other in self._transaction.tables.payments.values()
            if payment.reference is not None
        ):
            self._transaction.fail(IntegrityError("two payments with one reference"))
        self._ensure_sole(payment)
        self._transaction.tables.payments[payment.id] = copied(payment)

    def _ensure_sole(self, payment: Payment) -> None:
        """Refuse a second undecided payment of an order, as the unique index does."""
        if payment.is_undecided and any(
            other.is_undecided and other.order_id == payment.order_id and other.id != payment.id
            for other in self._transaction.tables.payments.values()
        ):
            self._transaction.fail(IntegrityError("two undecided payments of one order"))


def _row(payment_id: PaymentId) -> Row:
    return "payments", payment_id.hex
