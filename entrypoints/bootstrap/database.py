"""PostgreSQL: the engine, the unit of work, and every port that the database serves."""

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
from application.shared.clock import Clock
from application.shared.ids import IdFactory
from entrypoints.metrics.metrics import Metrics
from entrypoints.settings import Settings


class Database(containers.DeclarativeContainer):
    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    clock: providers.Dependency[Clock] = providers.Dependency()
    ids: providers.Dependency[IdFactory] = providers.Dependency()
    tracing: providers.Dependency[Tracing] = providers.Dependency()
    security = providers.DependenciesContainer()
    metrics: providers.Dependency[Metrics] = providers.Dependency()

    engine = providers.Singleton(
        create_engine,
        url=settings.provided.database_url,
        pool_size=settings.provided.database_pool_size,
        pooled=settings.provided.is_database_pooled,
        clock=clock,
        on_checkout=metrics.provided.pools.observe_main,
    )
    public_read_engine = providers.Singleton(
        create_engine,
        url=settings.provided.database_url,
        pool_size=settings.provided.public_read_pool_size,
        statement_timeout=PUBLIC_READ_TIMEOUT,
        pooled=settings.provided.is_database_pooled,
        clock=clock,
        on_checkout=metrics.provided.pools.observe_public_reads,
    )
    catalog_reader = providers.Singleton(
        create_reader,
        primary=public_read_engine,
        replica_url=settings.provided.database_read_url,
        pool_size=settings.provided.public_read_pool_size,
        statement_timeout=PUBLIC_READ_TIMEOUT,
        pooled=settings.provided.is_database_pooled,
    )
    list_reader = providers.Singleton(
        create_reader,
        primary=engine,
        replica_url=settings.provided.database_read_url,
        pool_size=settings.provided.database_pool_size,
        statement_timeout=STATEMENT_TIMEOUT,
        pooled=settings.provided.is_database_pooled,
    )
    write_monitor = providers.Singleton(WriteMonitor)
    unit_of_work = providers.Singleton(
        PostgresUnitOfWorkFactory,
        engine=engine,
        ids=ids,
        secret_box=security.secret_box,
        writes=write_monitor,
        current_trace=tracing.provided.current_trace,
    )
    health = providers.Singleton(PostgresHealth, engine=engine, writes=write_monitor)

    user_queries = providers.Singleton(PostgresUserQueries, engine=engine)
    session_queries = providers.Singleton(PostgresSessionQueries, engine=engine)
    client_queries = providers.Singleton(PostgresClientQueries, engine=engine)
    product_queries = providers.Singleton(PostgresProductQueries, reader=catalog_reader)
    product_search_index = providers.Singleton(PostgresProductSearchIndex, engine=engine)
    stock_queries = providers.Singleton(PostgresStockQueries, engine=engine)
    order_queries = providers.Singleton(PostgresOrderQueries, engine=engine, lists=list_reader)
    payment_queries = providers.Singleton(PostgresPaymentQueries, engine=engine)
    webhook_queries = providers.Singleton(PostgresWebhookQueries, engine=engine)
    outbox_queries = providers.Singleton(PostgresOutboxQueries, engine=engine)
    audit_queries = providers.Singleton(PostgresAuditQueries, reader=list_reader)

    event_feed = providers.Singleton(PostgresEventFeed, engine=engine)
    relay_progress = providers.Singleton(PostgresRelayProgress, engine=engine)
    delivery_queue = providers.Singleton(
        PostgresDeliveryQueue, engine=engine, ids=ids, secret_box=security.secret_box
    )
    expired_orders = providers.Singleton(PostgresExpiredOrders, engine=engine)
    stock_ledger = providers.Singleton(PostgresStockLedger, engine=engine)
    old_records = providers.Singleton(PostgresOldRecords, engine=engine)
    audit_records = providers.Singleton(PostgresAuditRecords, engine=engine)
    attempt_records = providers.Singleton(PostgresAttemptRecords, engine=engine)
    idempotency_records = providers.Singleton(PostgresIdempotencyRecordStore, engine=engine)
    backlogs = providers.Singleton(PostgresBacklogs, engine=engine)
    finding_records = providers.Singleton(PostgresFindingRecords, engine=engine)
    signing_key_store = providers.Singleton(
        PostgresSigningKeys, engine=engine, secret_box=security.secret_box
    )
    secrets = providers.Singleton(PostgresSecrets, engine=engine, secret_box=security.secret_box)
    stored_secrets = providers.Singleton(PostgresStoredSecrets, engine=engine, secret_box=security.secret_box)
    sandbox_store = providers.Singleton(PostgresSandboxStore, engine=engine)

    checking_engine = providers.Singleton(
        create_checking_engine,
        url=settings.provided.database_url,
        pooled=settings.provided.is_database_pooled,
    )
    invariant_checks = providers.Singleton(PostgresInvariantChecks, engine=checking_engine)
