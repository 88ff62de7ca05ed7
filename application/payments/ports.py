"""Ports of payments."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from application.payments.provider_ports import ProviderEvent
from application.payments.views import PaymentView, RefundView
from application.shared.page import Page, Position
from domain.payments.payment import Payment, PaymentMethod
from domain.payments.refund import Refund
from domain.shared.ids import OrderId, PaymentId, RefundId


class PaymentRepository(Protocol):
    """Payments in a unit of work.

    Before adding or saving a payment, lock its order. A payment that `due_inquiries` returned can be saved
    without a lock on its order, because the payment itself is locked.
    """

    async def add(self, payments: Sequence[Payment]) -> None: ...

    async def save(self, payments: Sequence[Payment]) -> None: ...

    async def of_order(self, order_id: OrderId) -> Sequence[Payment]:
        """Return the payments of an order, oldest first.

        They do not change while the order is locked.
        """
        ...

    async def find(self, payment_id: PaymentId) -> Payment | None:
        """Return a payment without a lock. The returned payment must not be saved."""
        ...

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Payment | None:
        """Return the payment with this provider reference, without a lock."""
        ...

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Payment]:
        """Lock and return payments with a due inquiry.

        Payments that another transaction has locked are skipped.
        """
        ...


class RefundRepository(Protocol):
    """Refunds in a unit of work.

    Before adding or saving a refund, lock its order. A refund that `due_inquiries` returned can be saved
    without a lock on its order, because the refund itself is locked.
    """

    async def add(self, refunds: Sequence[Refund]) -> None: ...

    async def save(self, refunds: Sequence[Refund]) -> None: ...

    async def of_order(self, order_id: OrderId) -> Sequence[Refund]:
        """Return the refunds of an order, oldest first.

        They do not change while the order is locked.
        """
        ...

    async def find(self, refund_id: RefundId) -> Refund | None:
        """Return a refund without a lock. The returned refund must not be saved."""
        ...

    async def find_by_reference(self, method: PaymentMethod, reference: str) -> Refund | None:
        """Return the refund with this provider reference, without a lock."""
        ...

    async def due_inquiries(self, now: datetime, *, limit: int) -> Sequence[Refund]:
        """Lock and return refunds with a due inquiry.

        Refunds that another transaction has locked are skipped.
        """
        ...


class ProviderEventRecords(Protocol):
    async def record_once(self, event: ProviderEvent, *, now: datetime) -> bool:
        """Record the event. Return False if it was already recorded.

        An event is identified by its provider and its id. If another unit of work is recording the same event,
        the call waits for that unit of work.
        """
        ...


class PaymentQueries(Protocol):
    """Reads of payments and refunds, outside of a unit of work."""

    async def payment(self, order_id: OrderId, payment_id: PaymentId) -> PaymentView | None: ...

    async def payments(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[PaymentView]:
        """Return the payments of an order, oldest first."""
        ...

    async def refund(self, order_id: OrderId, refund_id: RefundId) -> RefundView | None: ...

    async def unsettled(self) -> Mapping[PaymentMethod, int]:
        """Return, for each provider, the number of payments and refunds with a scheduled inquiry."""
        ...

    async def refunds(self, order_id: OrderId, *, after: Position | None, limit: int) -> Page[RefundView]:
        """Return the refunds of an order, oldest first."""
        ...
