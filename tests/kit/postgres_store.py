from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from adapters.postgres.attempts import PostgresAttemptRecords
from adapters.postgres.audit_log import PostgresAuditRecords
from adapters.postgres.delivery_queue import PostgresDeliveryQueue
from adapters.postgres.engine import create_engine, create_sessions
from adapters.postgres.event_feed import PostgresEventFeed
from adapters.postgres.findings import PostgresFindingRecords
from adapters.postgres.idempotency import PostgresReplayRecords
from adapters.postgres.queries.audit import PostgresAuditQueries
from adapters.postgres.queries.clients import PostgresClientQueries
from adapters.postgres.queries.orders import PostgresOrderQueries
from adapters.postgres.queries.outbox import PostgresOutboxQueries
from adapters.postgres.queries.payments import PostgresPaymentQueries
from adapters.postgres.queries.products import PostgresProductQueries
from adapters.postgres.queries.sessions import PostgresSessionQueries
from adapters.postgres.queries.stocks import PostgresStockQueries
from adapters.postgres.queries.users import PostgresUserQueries
from adapters.postgres.queries.webhooks import PostgresWebhookQueries
from adapters.postgres.relay_progress import PostgresRelayProgress
from adapters.postgres.sandbox import PostgresSandboxBooks
from adapters.postgres.secrets import PostgresSecrets
from adapters.postgres.signing_keys import PostgresSigningKeys
from adapters.postgres.unit_of_work import PostgresUnitOfWorkFactory
from application.shared.ids import IdFactory
from tests.kit.ids import SequentialIds
from tests.kit.store import Store


@asynccontextmanager
async def postgres_store(url: str, ids: IdFactory | None = None) -> AsyncIterator[Store]:
    """Open a store. Two of them on one database need ids of which no two are the same."""
    engine = patient_engine(url)
    impatient = create_engine(url)
    _wait_for_locks(impatient, "10ms")
    ids = ids or SequentialIds()
    try:
        yield Store(
            unit_of_work=PostgresUnitOfWorkFactory(create_sessions(engine), ids),
            impatient=PostgresUnitOfWorkFactory(create_sessions(impatient), ids),
            users=PostgresUserQueries(engine),
            sessions=PostgresSessionQueries(engine),
            clients=PostgresClientQueries(engine),
            products=PostgresProductQueries(engine),
            stocks=PostgresStockQueries(engine),
            orders=PostgresOrderQueries(engine),
            payments=PostgresPaymentQueries(engine),
            outbox=PostgresOutboxQueries(engine),
            event_feed=PostgresEventFeed(engine),
            relay_progress=PostgresRelayProgress(engine),
            webhooks=PostgresWebhookQueries(engine),
            delivery_queue=PostgresDeliveryQueue(engine, ids),
            signing_keys=PostgresSigningKeys(engine),
            secrets=PostgresSecrets(engine),
            replays=PostgresReplayRecords(engine),
            findings=PostgresFindingRecords(engine),
            sandbox_books=PostgresSandboxBooks(engine),
            attempts=PostgresAttemptRecords(engine),
            audit=PostgresAuditQueries(engine),
            audit_records=PostgresAuditRecords(engine),
        )
    finally:
        await engine.dispose()
        await impatient.dispose()


def patient_engine(url: str) -> AsyncEngine:
    """Return an engine as the service has it, but that waits for a minute wherever the service gives up in seconds."""
    engine = create_engine(url, checkout_timeout=60)
    _wait_for_locks(engine, "60s")
    return engine


def _wait_for_locks(engine: AsyncEngine, limit: str) -> None:
    """Set for how long the engine's connections wait: a test should neither hang nor depend on the machine's speed."""

    def set_limit(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        statements = f"SET lock_timeout = '{limit}'; SET statement_timeout = '60s'"
        connection.run_async(lambda driver: driver.execute(statements))

    event.listen(engine.sync_engine, "connect", set_limit)
