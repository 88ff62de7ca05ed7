from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry

from adapters.postgres.audit.audit_log import PostgresAuditRecords
from adapters.postgres.audit.queries import PostgresAuditQueries
from adapters.postgres.catalog.ledger import PostgresStockLedger
from adapters.postgres.catalog.queries import PostgresProductQueries, PostgresStockQueries
from adapters.postgres.catalog.search_index import PostgresProductSearchIndex
from adapters.postgres.checks.findings import PostgresFindingRecords
from adapters.postgres.clients.queries import PostgresClientQueries
from adapters.postgres.core.engine import create_engine
from adapters.postgres.core.old_records import PostgresOldRecords
from adapters.postgres.core.reader import AutocommitReader
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.postgres.events.event_feed import PostgresEventFeed
from adapters.postgres.events.queries import PostgresOutboxQueries
from adapters.postgres.events.relay_progress import PostgresRelayProgress
from adapters.postgres.idempotency.records import PostgresIdempotencyRecordStore
from adapters.postgres.monitoring.backlogs import PostgresBacklogs
from adapters.postgres.orders.expired_orders import PostgresExpiredOrders
from adapters.postgres.orders.queries import PostgresOrderQueries
from adapters.postgres.payments.queries import PostgresPaymentQueries
from adapters.postgres.payments.sandbox_store import PostgresSandboxStore
from adapters.postgres.sessions.queries import PostgresSessionQueries
from adapters.postgres.signing.secrets import PostgresSecrets
from adapters.postgres.signing.signing_keys import PostgresSigningKeys
from adapters.postgres.throttling.attempts import PostgresAttemptRecords
from adapters.postgres.users.queries import PostgresUserQueries
from adapters.postgres.webhooks.delivery_queue import PostgresDeliveryQueue
from adapters.postgres.webhooks.queries import PostgresWebhookQueries
from adapters.security.secret_box import AesGcmSecretBox
from application.shared.ports import IdFactory
from tests.kit.ports import TRACE, SequentialIds
from tests.kit.store import Store

SECRETS_KEY = b"k" * 32
SECRET_BOX = AesGcmSecretBox([SECRETS_KEY])


@dataclass(frozen=True, slots=True)
class StoreEngines:
    """The engines of a store. The engines have different lock timeouts."""

    long_timeout: AsyncEngine
    short_timeout: AsyncEngine


@asynccontextmanager
async def postgres_store(url: str, ids: IdFactory | None = None) -> AsyncIterator[Store]:
    """Open a store.

    If two stores use one database, each store needs an id factory that creates different ids.
    """
    async with store_engines(url) as engines:
        yield store_over(engines, ids)


@asynccontextmanager
async def store_engines(url: str) -> AsyncIterator[StoreEngines]:
    """Create the engines of a store. Close all connections at the end of the context."""
    engines = StoreEngines(engine_with_long_timeouts(url), create_engine(url))
    _wait_for_locks(engines.short_timeout, "10ms")
    try:
        yield engines
    finally:
        await engines.long_timeout.dispose()
        await engines.short_timeout.dispose()


def store_over(engines: StoreEngines, ids: IdFactory | None = None) -> Store:
    engine, ids = engines.long_timeout, ids or SequentialIds()
    return Store(
        unit_of_work=PostgresUnitOfWorkFactory(engine, ids, SECRET_BOX, current_trace=TRACE.get),
        unit_of_work_with_short_timeout=PostgresUnitOfWorkFactory(engines.short_timeout, ids, SECRET_BOX),
        users=PostgresUserQueries(engine),
        sessions=PostgresSessionQueries(engine),
        clients=PostgresClientQueries(engine),
        products=PostgresProductQueries(AutocommitReader(engine)),
        product_search_index=PostgresProductSearchIndex(engine),
        stocks=PostgresStockQueries(engine),
        orders=PostgresOrderQueries(engine),
        payments=PostgresPaymentQueries(engine),
        outbox=PostgresOutboxQueries(engine),
        event_feed=PostgresEventFeed(engine),
        relay_progress=PostgresRelayProgress(engine),
        webhooks=PostgresWebhookQueries(engine),
        delivery_queue=PostgresDeliveryQueue(engine, ids, SECRET_BOX),
        signing_keys=PostgresSigningKeys(engine, SECRET_BOX),
        secrets=PostgresSecrets(engine, SECRET_BOX),
        replays=PostgresIdempotencyRecordStore(engine),
        findings=PostgresFindingRecords(engine),
        backlogs=PostgresBacklogs(engine),
        sandbox_store=PostgresSandboxStore(engine),
        attempts=PostgresAttemptRecords(engine),
        stock_ledger=PostgresStockLedger(engine),
        old_records=PostgresOldRecords(engine),
        expired_orders=PostgresExpiredOrders(engine),
        audit=PostgresAuditQueries(AutocommitReader(engine)),
        audit_records=PostgresAuditRecords(engine),
    )


def engine_with_long_timeouts(url: str) -> AsyncEngine:
    """Return an engine like the engine of the service, but with timeouts of a minute."""
    engine = create_engine(url, checkout_timeout=60)
    _wait_for_locks(engine, "60s")
    return engine


def _wait_for_locks(engine: AsyncEngine, limit: str) -> None:
    """Set the lock timeout of the engine's connections to `limit`, and the statement timeout to a minute.

    With these timeouts, a blocked test fails instead of hanging. A minute is enough for each statement even on a slow
    machine.
    """

    def set_limit(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        statements = f"SET lock_timeout = '{limit}'; SET statement_timeout = '60s'"
        connection.run_async(lambda driver: driver.execute(statements))

    event.listen(engine.sync_engine, "connect", set_limit)
