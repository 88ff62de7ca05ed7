from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn
from uuid import UUID

from adapters.payments.sandbox.gateway import SandboxGateway
from adapters.payments.sandbox.store import (
    Change,
    Decide,
    SandboxCharge,
    SandboxMessage,
    SandboxStore,
)
from application.shared.errors import DatabaseUnavailable
from domain.shared.ids import PaymentId, RefundId
from tests.contract.payment_providers import Provider
from tests.kit.ports import FixedClock, SequentialIds
from tests.kit.store import Store

LATE_BY = timedelta(minutes=15)


def sandbox_provider(store: Store) -> Provider:
    clock, ids = FixedClock(), SequentialIds()
    return Provider(
        gateway=SandboxGateway(store.sandbox_store, clock, ids, late_by=LATE_BY),
        away=SandboxGateway(UnavailableStore(), clock, ids, late_by=LATE_BY),
        clock=clock,
        good="tok_ok",
        declined="tok_declined",
        decline_code="card_declined",
    )


class UnavailableStore(SandboxStore):
    """A store whose database is unavailable."""

    async def charge(
        self, payment_id: PaymentId, charges: Sequence[SandboxCharge], messages: Sequence[SandboxMessage]
    ) -> NoReturn:
        raise DatabaseUnavailable

    async def charges_of(self, payment_id: PaymentId) -> NoReturn:
        raise DatabaseUnavailable

    async def change_charge(self, payment_id: PaymentId, change: Change, *, now: datetime) -> NoReturn:
        raise DatabaseUnavailable

    async def refund(self, refund_id: RefundId, charge_reference: str, decide: Decide) -> NoReturn:
        raise DatabaseUnavailable

    async def find_refund(self, refund_id: RefundId) -> NoReturn:
        raise DatabaseUnavailable

    async def take_due_messages(self, now: datetime, *, again_at: datetime, limit: int) -> NoReturn:
        raise DatabaseUnavailable

    async def postpone(self, message_id: UUID, until: datetime) -> NoReturn:
        raise DatabaseUnavailable

    async def forget(self, message_id: UUID) -> NoReturn:
        raise DatabaseUnavailable
