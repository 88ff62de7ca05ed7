from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from adapters.memory.core.copying import copied
from adapters.memory.core.database import MemoryDatabase, Row, yield_control
from adapters.memory.core.keyset import page
from adapters.memory.core.transaction import IntegrityError, Transaction
from adapters.memory.orders import order_row
from application.payments.ports import (
    PaymentQueries,
    PaymentRepository,
    ProviderEventRecords,
    RefundRepository,
)
from application.payments.provider_ports import ProviderEvent
from application.payments.views import PaymentView, RefundView
from application.shared.page import Page, Position
from domain.payments.payment import Payment, PaymentMethod
from domain.payments.refund import Refund
from domain.shared.ids import OrderId, PaymentId, RefundId


class MemoryPaymentRepository(PaymentRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, payments: Sequence[Payment]) -> None:
        await yield_control()
        for payment in payments:
            self._transaction.ensure_locked(order_row(payment.order_id))
            self._write(payment)

    async def save(self, payments: Sequence[Payment]) -> None:
        await yield_control()
        await self._transaction.lock(_payment_row(payment.id) for payment in payments)
        for payment in payments:
            self._write(payment)

    async def of_order(self, order_id: OrderId) -> Sequence[Payment]:
        await yield_control()
        payments = self._transaction.tables.payments.values()
        of_order = [payment for payment in payments if payment.order_id == order_id]
        return [
            copied(payment)
            for payment in sorted(of_order, key=lambda payment: (payment.requested_at, payment.id))
        ]

    async def find(self, payment_id: PaymentId) -> Payment | None:
        await yield_control()
        return copied(self._transaction.tables.payments.get(payment_id))

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Payment | None:
        await yield_control()
        for payment in self._transaction.tables.payments.values():
            if payment.method is method and payment.reference == reference:
                return copied(payment)
        return None

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Payment]:
        await yield_control()
        taken: list[PaymentId] = []
        for payment_id in self._due(now):
            if len(taken) < limit and await self._transaction.try_lock(_payment_row(payment_id)):
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
        """Reject a second undecided payment of an order, as the unique index in PostgreSQL does."""
        if payment.is_undecided and any(
            other.is_undecided and other.order_id == payment.order_id and other.id != payment.id
            for other in self._transaction.tables.payments.values()
        ):
            self._transaction.fail(IntegrityError("two undecided payments of one order"))


def _payment_row(payment_id: PaymentId) -> Row:
    return "payments", payment_id.hex


class MemoryRefundRepository(RefundRepository):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, refunds: Sequence[Refund]) -> None:
        await yield_control()
        for refund in refunds:
            self._transaction.ensure_locked(order_row(refund.order_id))
            self._write(refund)

    async def save(self, refunds: Sequence[Refund]) -> None:
        await yield_control()
        await self._transaction.lock(_refund_row(refund.id) for refund in refunds)
        for refund in refunds:
            self._write(refund)

    async def of_order(self, order_id: OrderId) -> Sequence[Refund]:
        await yield_control()
        refunds = self._transaction.tables.refunds.values()
        of_order = [refund for refund in refunds if refund.order_id == order_id]
        return [
            copied(refund) for refund in sorted(of_order, key=lambda refund: (refund.requested_at, refund.id))
        ]

    async def find(self, refund_id: RefundId) -> Refund | None:
        await yield_control()
        return copied(self._transaction.tables.refunds.get(refund_id))

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Refund | None:
        await yield_control()
        for refund in self._transaction.tables.refunds.values():
            if refund.method is method and refund.reference == reference:
                return copied(refund)
        return None

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Refund]:
        await yield_control()
        taken: list[RefundId] = []
        for refund_id in self._due(now):
            if len(taken) < limit and await self._transaction.try_lock(_refund_row(refund_id)):
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


def _refund_row(refund_id: RefundId) -> Row:
    return "refunds", refund_id.hex


class MemoryProviderEventRecords(ProviderEventRecords):
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def record_once(self, event: ProviderEvent, *, now: datetime) -> bool:
        await yield_control()
        key = event.provider, event.event_id
        await self._transaction.lock([("provider_events", *key)])
        if key in self._transaction.tables.provider_events:
            return False
        self._transaction.tables.provider_events[key] = event
        self._transaction.tables.provider_events_received_at[key] = now
        return True


class MemoryPaymentQueries(PaymentQueries):
    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def payment(self, order_id: OrderId, payment_id: PaymentId) -> PaymentView | None:
        await yield_control()
        payment = self._database.tables.payments.get(payment_id)
        return PaymentView.of(payment) if payment and payment.order_id == order_id else None

    async def payments(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[PaymentView]:
        await yield_control()
        return page(
            (each for each in self._database.tables.payments.values() if each.order_id == order_id),
            position=lambda payment: (payment.requested_at, payment.id),
            show=PaymentView.of,
            descending=False,
            after=after,
            limit=limit,
        )

    async def refund(self, order_id: OrderId, refund_id: RefundId) -> RefundView | None:
        await yield_control()
        refund = self._database.tables.refunds.get(refund_id)
        return RefundView.of(refund) if refund and refund.order_id == order_id else None

    async def unsettled(self) -> Mapping[PaymentMethod, int]:
        await yield_control()
        tables = self._database.tables
        due: tuple[Payment | Refund, ...] = (*tables.payments.values(), *tables.refunds.values())
        return Counter(each.method for each in due if each.inquire_at is not None)

    async def refunds(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[RefundView]:
        await yield_control()
        return page(
            (each for each in self._database.tables.refunds.values() if each.order_id == order_id),
            position=lambda refund: (refund.requested_at, refund.id),
            show=RefundView.of,
            descending=False,
            after=after,
            limit=limit,
        )
