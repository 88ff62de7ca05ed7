"""PostgreSQL: the engine, the unit of work, and every adapter that uses the database."""

from dependency_injector import containers, providers

from adapters.postgres.audit.audit_log import PostgresAuditRecords
from adapters.postgres.audit.queries import PostgresAuditQueries
from adapters.postgres.catalog.ledger import PostgresStockLedger
from adapters.postgres.catalog.queries import PostgresProductQueries, PostgresStockQueries
from adapters.postgres.catalog.search_index import PostgresProductSearchIndex
from adapters.postgres.checks.findings import PostgresFindingRecords
from adapters.postgres.checks.invariant_checks import PostgresInvariantChecks
from adapters.postgres.clients.queries import PostgresClientQueries
from adapters.postgres.core.engine import (
    PUBLIC_READ_TIMEOUT,
    STATEMENT_TIMEOUT,
    create_checking_engine,
    create_engine,
)
from adapters.postgres.core.health import PostgresHealth
from adapters.postgres.core.old_records import PostgresOldRecords
from adapters.postgres.core.replica import create_reader
from adapters.postgres.core.unit_of_work import PostgresUnitOfWorkFactory
from adapters.postgres.core.write_monitor import WriteMonitor
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
from adapters.postgres.signing.stored_secrets import PostgresStoredSecrets
from adapters.postgres.throttling.attempts import PostgresAttemptRecords
from adapters.postgres.users.queries import PostgresUserQueries
from adapters.postgres.webhooks.delivery_queue import PostgresDeliveryQueue
from adapters.postgres.webhooks.queries import PostgresWebhookQueries
from adapters.tracing.tracing import Tracing
from application.shared.ports import Clock, IdFactory
from entrypoints.bootstrap.security import Security
from entrypoints.metrics.metrics import Metrics
from entrypoints.settings import Settings


class Database(containers.DynamicContainer):
    def __init__(
        self,
        *,
        settings: providers.Provider[Settings],
        clock: providers.Provider[Clock],
        ids: providers.Provider[IdFactory],
        tracing: providers.Provider[Tracing],
        security: Security,
        metrics: providers.Provider[Metrics],
    ) -> None:
        super().__init__()
        self.engine = providers.Singleton(
            create_engine,
            url=settings.provided.database_url,
            pool_size=settings.provided.database_pool_size,
            pooled=settings.provided.is_database_pooled,
            clock=clock,
            on_checkout=metrics.provided.pools.observe_main,
        )
        self.public_read_engine = providers.Singleton(
            create_engine,
            url=settings.provided.database_url,
            pool_size=settings.provided.public_read_pool_size,
            statement_timeout=PUBLIC_READ_TIMEOUT,
            pooled=settings.provided.is_database_pooled,
            clock=clock,
            on_checkout=metrics.provided.pools.observe_public_reads,
        )
        self.catalog_reader = providers.Singleton(
            create_reader,
            primary=self.public_read_engine,
            replica_url=settings.provided.database_read_url,
            pool_size=settings.provided.public_read_pool_size,
            statement_timeout=PUBLIC_READ_TIMEOUT,
            pooled=settings.provided.is_database_pooled,
        )
        self.list_reader = providers.Singleton(
            create_reader,
            primary=self.engine,
            replica_url=settings.provided.database_read_url,
            pool_size=settings.provided.database_pool_size,
            statement_timeout=STATEMENT_TIMEOUT,
            pooled=settings.provided.is_database_pooled,
        )
        self.write_monitor = providers.Singleton(WriteMonitor)
        self.unit_of_work = providers.Singleton(
            PostgresUnitOfWorkFactory,
            engine=self.engine,
            ids=ids,
            secret_box=security.secret_box,
            writes=self.write_monitor,
            current_trace=tracing.provided.current_trace,
        )
        self.health = providers.Singleton(PostgresHealth, engine=self.engine, writes=self.write_monitor)

        self.user_queries = providers.Singleton(PostgresUserQueries, engine=self.engine)
        self.session_queries = providers.Singleton(PostgresSessionQueries, engine=self.engine)
        self.client_queries = providers.Singleton(PostgresClientQueries, engine=self.engine)
        self.product_queries = providers.Singleton(PostgresProductQueries, reader=self.catalog_reader)
        self.product_search_index = providers.Singleton(PostgresProductSearchIndex, engine=self.engine)
        self.stock_queries = providers.Singleton(PostgresStockQueries, engine=self.engine)
        self.order_queries = providers.Singleton(
            PostgresOrderQueries, engine=self.engine, lists=self.list_reader
        )
        self.payment_queries = providers.Singleton(PostgresPaymentQueries, engine=self.engine)
        self.webhook_queries = providers.Singleton(PostgresWebhookQueries, engine=self.engine)
        self.outbox_queries = providers.Singleton(PostgresOutboxQueries, engine=self.engine)
        self.audit_queries = providers.Singleton(PostgresAuditQueries, reader=self.list_reader)

        self.event_feed = providers.Singleton(PostgresEventFeed, engine=self.engine)
        self.relay_progress = providers.Singleton(PostgresRelayProgress, engine=self.engine)
        self.delivery_queue = providers.Singleton(
            PostgresDeliveryQueue, engine=self.engine, ids=ids, secret_box=security.secret_box
        )
        self.expired_orders = providers.Singleton(PostgresExpiredOrders, engine=self.engine)
        self.stock_ledger = providers.Singleton(PostgresStockLedger, engine=self.engine)
        self.old_records = providers.Singleton(PostgresOldRecords, engine=self.engine)
        self.audit_records = providers.Singleton(PostgresAuditRecords, engine=self.engine)
        self.attempt_records = providers.Singleton(PostgresAttemptRecords, engine=self.engine)
        self.idempotency_records = providers.Singleton(PostgresIdempotencyRecordStore, engine=self.engine)
        self.backlogs = providers.Singleton(PostgresBacklogs, engine=self.engine)
        self.finding_records = providers.Singleton(PostgresFindingRecords, engine=self.engine)
        self.signing_key_store = providers.Singleton(
            PostgresSigningKeys, engine=self.engine, secret_box=security.secret_box
        )
        self.secrets = providers.Singleton(
            PostgresSecrets, engine=self.engine, secret_box=security.secret_box
        )
        self.stored_secrets = providers.Singleton(
            PostgresStoredSecrets, engine=self.engine, secret_box=security.secret_box
        )
        self.sandbox_store = providers.Singleton(PostgresSandboxStore, engine=self.engine)

        self.checking_engine = providers.Singleton(
            create_checking_engine,
            url=settings.provided.database_url,
            pooled=settings.provided.is_database_pooled,
        )
        self.invariant_checks = providers.Singleton(PostgresInvariantChecks, engine=self.checking_engine)
