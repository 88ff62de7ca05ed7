from dataclasses import dataclass, fields

from adapters.memory.audit import MemoryAuditLog
from adapters.memory.catalog import (
    MemoryProductQueries,
    MemoryProductSearchIndex,
    MemoryStockLedger,
    MemoryStockQueries,
)
from adapters.memory.checks import MemoryFindingRecords
from adapters.memory.clients import MemoryClientQueries
from adapters.memory.core.database import MemoryDatabase
from adapters.memory.core.unit_of_work import MemoryUnitOfWorkFactory
from adapters.memory.events import MemoryEventFeed, MemoryOutboxQueries, MemoryRelayProgress
from adapters.memory.expired_orders import MemoryExpiredOrders
from adapters.memory.idempotency import MemoryIdempotencyRecordStore
from adapters.memory.monitoring import MemoryBacklogs
from adapters.memory.order_queries import MemoryOrderQueries
from adapters.memory.payments import MemoryPaymentQueries
from adapters.memory.retention import MemoryOldRecords
from adapters.memory.sandbox import MemorySandboxStore
from adapters.memory.sessions import MemorySessionQueries
from adapters.memory.signing import MemorySecrets, MemorySigningKeys
from adapters.memory.throttling import MemoryAttemptRecords
from adapters.memory.users import MemoryUserQueries
from adapters.memory.webhooks import MemoryDeliveryQueue, MemoryWebhookQueries
from adapters.payments.sandbox.store import SandboxStore
from adapters.system import UuidV7Factory
from application.audit.ports import AuditQueries, AuditRecords
from application.catalog.ports import ProductQueries, ProductSearchIndex, StockLedger, StockQueries
from application.checks.ports import FindingRecords
from application.clients.ports import ClientQueries
from application.events.ports import EventFeed, OutboxQueries, RelayProgress
from application.monitoring.ports import Backlogs
from application.orders.ports import ExpiredOrders, OrderQueries
from application.payments.ports import PaymentQueries
from application.retention.ports import OldRecords
from application.sessions.ports import SessionQueries
from application.shared.idempotency import IdempotencyRecordStore
from application.shared.secrets import Secrets
from application.signing.ports import SigningKeyStore
from application.throttling.ports import AttemptRecords
from application.unit_of_work import UnitOfWorkFactory
from application.users.ports import UserQueries
from application.webhooks.ports import DeliveryQueue, WebhookQueries
from tests.kit.ports import TRACE

_PROVIDERS = {
    "users": "user_queries",
    "sessions": "session_queries",
    "clients": "client_queries",
    "products": "product_queries",
    "stocks": "stock_queries",
    "orders": "order_queries",
    "payments": "payment_queries",
    "outbox": "outbox_queries",
    "webhooks": "webhook_queries",
    "audit": "audit_queries",
    "signing_keys": "signing_key_store",
    "replays": "idempotency_records",
    "findings": "finding_records",
    "attempts": "attempt_records",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """All ports of one database.

    `unit_of_work_with_short_timeout` waits for locks only for a short time.
    """

    unit_of_work: UnitOfWorkFactory
    unit_of_work_with_short_timeout: UnitOfWorkFactory
    users: UserQueries
    sessions: SessionQueries
    clients: ClientQueries
    products: ProductQueries
    product_search_index: ProductSearchIndex
    stocks: StockQueries
    orders: OrderQueries
    payments: PaymentQueries
    outbox: OutboxQueries
    event_feed: EventFeed
    relay_progress: RelayProgress
    webhooks: WebhookQueries
    delivery_queue: DeliveryQueue
    signing_keys: SigningKeyStore
    secrets: Secrets
    replays: IdempotencyRecordStore
    findings: FindingRecords
    backlogs: Backlogs
    sandbox_store: SandboxStore
    attempts: AttemptRecords
    expired_orders: ExpiredOrders
    stock_ledger: StockLedger
    old_records: OldRecords
    audit: AuditQueries
    audit_records: AuditRecords

    def providers(self) -> dict[str, object]:
        """Return the ports, by the names of their providers in the dependency container `database`."""
        return {
            _PROVIDERS.get(port.name, port.name): getattr(self, port.name)
            for port in fields(self)
            if port.name != "unit_of_work_with_short_timeout"
        }


def memory_store(database: MemoryDatabase | None = None) -> Store:
    database = database or MemoryDatabase()
    ids = UuidV7Factory()
    audit_log = MemoryAuditLog(database)
    sandbox_store = MemorySandboxStore()
    relay_progress = MemoryRelayProgress()
    return Store(
        unit_of_work=MemoryUnitOfWorkFactory(database, ids, lock_timeout=10, current_trace=TRACE.get),
        unit_of_work_with_short_timeout=MemoryUnitOfWorkFactory(database, ids, lock_timeout=0.01),
        users=MemoryUserQueries(database),
        sessions=MemorySessionQueries(database),
        clients=MemoryClientQueries(database),
        products=MemoryProductQueries(database),
        product_search_index=MemoryProductSearchIndex(),
        stocks=MemoryStockQueries(database),
        orders=MemoryOrderQueries(database),
        payments=MemoryPaymentQueries(database),
        outbox=MemoryOutboxQueries(database),
        event_feed=MemoryEventFeed(database),
        relay_progress=relay_progress,
        webhooks=MemoryWebhookQueries(database),
        delivery_queue=MemoryDeliveryQueue(database, ids),
        signing_keys=MemorySigningKeys(database),
        secrets=MemorySecrets(database),
        replays=MemoryIdempotencyRecordStore(database),
        findings=MemoryFindingRecords(database),
        backlogs=MemoryBacklogs(database, relay_progress),
        sandbox_store=sandbox_store,
        attempts=MemoryAttemptRecords(database),
        expired_orders=MemoryExpiredOrders(database),
        stock_ledger=MemoryStockLedger(database),
        old_records=MemoryOldRecords(database, sandbox_store),
        audit=audit_log,
        audit_records=audit_log,
    )
