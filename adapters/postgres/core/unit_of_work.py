"""The unit of work on PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.postgres.audit.audit_log import write_audit_log
from adapters.postgres.catalog.repository import PostgresProductRepository, PostgresStockRepository
from adapters.postgres.clients.repository import PostgresClientRepository
from adapters.postgres.core.cancellation import run_to_completion
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.write_monitor import WriteMonitor
from adapters.postgres.events.outbox import Outbox
from adapters.postgres.idempotency.records import PostgresIdempotencyRecords
from adapters.postgres.mail.mail_requests import PostgresMailRequests
from adapters.postgres.orders.repository import PostgresFulfillmentRepository, PostgresOrderRepository
from adapters.postgres.orders.return_repository import PostgresReturnRepository
from adapters.postgres.payments.repository import (
    PostgresPaymentRepository,
    PostgresProviderEventRecords,
    PostgresRefundRepository,
)
from adapters.postgres.sessions.repository import PostgresSessionRepository
from adapters.postgres.throttling.attempts import PostgresAttemptTallies
from adapters.postgres.users.email_changes import PostgresEmailChanges
from adapters.postgres.users.one_time_tokens import PostgresOneTimeTokens
from adapters.postgres.users.personal_data import PostgresPersonalData
from adapters.postgres.users.repository import PostgresUserRepository
from adapters.postgres.users.sign_ups import PostgresSignUps
from adapters.postgres.webhooks.repository import PostgresWebhookRepository
from application.audit.trail import AuditTrail
from application.shared.ports import CurrentTrace, IdFactory, no_trace
from application.shared.secrets import SecretBox
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.shared.actor import Actor


class PostgresUnitOfWork(UnitOfWork):
    def __init__(
        self,
        transaction: Transaction,
        ids: IdFactory,
        secret_box: SecretBox,
        actor: Actor | None,
        current_trace: CurrentTrace,
    ) -> None:
        self._transaction = transaction
        audit = AuditTrail(actor, ids)
        traces: dict[UUID, str] = {}
        self._outbox = outbox = Outbox(transaction, ids, traces, current_trace)
        self._idempotency = PostgresIdempotencyRecords(transaction)
        super().__init__(
            audit=audit,
            users=PostgresUserRepository(transaction, outbox),
            one_time_tokens=PostgresOneTimeTokens(transaction),
            sign_ups=PostgresSignUps(transaction),
            email_changes=PostgresEmailChanges(transaction),
            personal_data=PostgresPersonalData(transaction),
            mail=PostgresMailRequests(transaction),
            sessions=PostgresSessionRepository(transaction),
            clients=PostgresClientRepository(transaction),
            products=PostgresProductRepository(transaction, outbox),
            stocks=PostgresStockRepository(transaction, outbox, audit),
            orders=PostgresOrderRepository(transaction, outbox),
            fulfillments=PostgresFulfillmentRepository(transaction),
            returns=PostgresReturnRepository(transaction),
            payments=PostgresPaymentRepository(transaction),
            refunds=PostgresRefundRepository(transaction),
            provider_events=PostgresProviderEventRecords(transaction),
            attempts=PostgresAttemptTallies(transaction),
            webhooks=PostgresWebhookRepository(transaction, outbox, secret_box),
            idempotency=self._idempotency,
            traces=traces,
        )

    async def flush(self) -> None:
        self.audit.follow_events(self._outbox.events)
        await self._outbox.write()
        await write_audit_log(self._transaction, self.audit.take())
        await self._transaction.flush()

    async def commit(self) -> None:
        await run_to_completion(self._commit())

    async def _commit(self) -> None:
        await self._idempotency.free_claimed()
        await self.flush()
        await self._transaction.commit()


@dataclass(frozen=True, slots=True)
class PostgresUnitOfWorkFactory(UnitOfWorkFactory):
    """A factory of units of work, each of which has its own connection.

    If a caller is canceled during a statement, SQLAlchemy closes the connection. This ends the statement, and the
    pool has to open another connection. If the caller is canceled at any other time, the connection stays open.
    """

    engine: AsyncEngine
    ids: IdFactory
    secret_box: SecretBox
    writes: WriteMonitor = field(default_factory=WriteMonitor)
    current_trace: CurrentTrace = no_trace

    @asynccontextmanager
    async def __call__(self, actor: Actor | None = None) -> AsyncIterator[PostgresUnitOfWork]:
        transaction = Transaction(self.engine, self.writes, is_recorded=self.current_trace() is not None)
        try:
            await transaction.open()
            yield PostgresUnitOfWork(transaction, self.ids, self.secret_box, actor, self.current_trace)
        finally:
            await transaction.close()
