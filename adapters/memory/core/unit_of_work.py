from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from adapters.memory.catalog import MemoryProductRepository, MemoryStockRepository
from adapters.memory.clients import MemoryClientRepository
from adapters.memory.core.database import MemoryDatabase, yield_control
from adapters.memory.core.transaction import Transaction
from adapters.memory.idempotency import MemoryIdempotencyRecords
from adapters.memory.mail import MemoryMailRequests
from adapters.memory.orders import MemoryFulfillmentRepository, MemoryOrderRepository, MemoryReturnRepository
from adapters.memory.payments import (
    MemoryPaymentRepository,
    MemoryProviderEventRecords,
    MemoryRefundRepository,
)
from adapters.memory.personal_data import MemoryPersonalData
from adapters.memory.sessions import MemorySessionRepository
from adapters.memory.throttling import MemoryAttemptTallies
from adapters.memory.users import MemoryEmailChanges, MemoryOneTimeTokens, MemorySignUps, MemoryUserRepository
from adapters.memory.webhooks import MemoryWebhookRepository
from application.audit.trail import AuditTrail
from application.shared.ports import CurrentTrace, IdFactory, no_trace
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.shared.actor import Actor


class MemoryUnitOfWork(UnitOfWork):
    def __init__(
        self, transaction: Transaction, ids: IdFactory, actor: Actor | None, current_trace: CurrentTrace
    ) -> None:
        self._transaction = transaction
        self._current_trace = current_trace
        audit = AuditTrail(actor, ids)
        super().__init__(
            audit=audit,
            users=MemoryUserRepository(transaction),
            one_time_tokens=MemoryOneTimeTokens(transaction),
            sign_ups=MemorySignUps(transaction),
            email_changes=MemoryEmailChanges(transaction),
            personal_data=MemoryPersonalData(transaction),
            mail=MemoryMailRequests(transaction),
            sessions=MemorySessionRepository(transaction),
            clients=MemoryClientRepository(transaction),
            products=MemoryProductRepository(transaction),
            stocks=MemoryStockRepository(transaction, audit),
            orders=MemoryOrderRepository(transaction),
            fulfillments=MemoryFulfillmentRepository(transaction),
            returns=MemoryReturnRepository(transaction),
            payments=MemoryPaymentRepository(transaction),
            refunds=MemoryRefundRepository(transaction),
            provider_events=MemoryProviderEventRecords(transaction),
            attempts=MemoryAttemptTallies(transaction),
            webhooks=MemoryWebhookRepository(transaction),
            idempotency=MemoryIdempotencyRecords(transaction),
        )

    async def flush(self) -> None:
        """Do nothing, because the transaction collects events and audit entries until the commit."""

    async def commit(self) -> None:
        try:
            await yield_control()
        finally:  # The commit is completed even if the caller is canceled.
            self.audit.follow_events(self._transaction.events)
            for entry in self.audit.take():
                self._transaction.tables.audit_log[entry.id] = entry
            self._transaction.commit(self._trace_of)

    def _trace_of(self, aggregate_id: UUID) -> str | None:
        return self.traces.get(aggregate_id) or self._current_trace()


class MemoryUnitOfWorkFactory(UnitOfWorkFactory):
    """A factory of in-memory units of work.

    A unit of work waits up to `lock_timeout` seconds for a lock or a claimed key.
    """

    def __init__(
        self,
        database: MemoryDatabase,
        ids: IdFactory,
        *,
        lock_timeout: float = 2.0,
        current_trace: CurrentTrace = no_trace,
    ) -> None:
        self._database = database
        self._ids = ids
        self._lock_timeout = lock_timeout
        self._current_trace = current_trace

    @asynccontextmanager
    async def __call__(self, actor: Actor | None = None) -> AsyncIterator[MemoryUnitOfWork]:
        transaction = Transaction(self._database, lock_timeout=self._lock_timeout)
        try:
            yield MemoryUnitOfWork(transaction, self._ids, actor, self._current_trace)
        finally:
            transaction.roll_back()
