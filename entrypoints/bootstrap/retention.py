"""The kinds of records that are pruned, each with its retention."""

from datetime import timedelta

from dependency_injector import containers, providers

from application.retention.ports import RecordKind
from application.retention.prune import ORDER_BATCH_SIZE, Prune, PruneMail, PruneOldRecords, PruneSignUps
from application.shared.ports import Clock
from entrypoints.bootstrap.database import Database
from entrypoints.settings import Settings


class Retention(containers.DynamicContainer):
    def __init__(
        self,
        *,
        settings: providers.Provider[Settings],
        clock: providers.Provider[Clock],
        database: Database,
    ) -> None:
        super().__init__()
        self.prune_idempotency_records = providers.Singleton(
            Prune,
            records=database.idempotency_records,
            clock=clock,
            retention=settings.provided.idempotency_retention,
        )
        self.prune_expired_orders = providers.Singleton(
            Prune,
            records=database.expired_orders,
            clock=clock,
            retention=settings.provided.expired_order_retention,
            batch_size=ORDER_BATCH_SIZE,
        )
        self.prune_audit_log = providers.Singleton(
            Prune,
            records=database.audit_records,
            clock=clock,
            retention=settings.provided.audit_log_retention,
        )
        self.prune_attempts = providers.Singleton(
            Prune, records=database.attempt_records, clock=clock, retention=timedelta(0)
        )
        self.prune_events = providers.Singleton(
            Prune, records=database.event_feed, clock=clock, retention=settings.provided.event_retention
        )
        self.archive_ledger = providers.Singleton(
            Prune, records=database.stock_ledger, clock=clock, retention=settings.provided.ledger_retention
        )
        self.prune_old_records = providers.Singleton(
            PruneOldRecords,
            records=database.old_records,
            clock=clock,
            retention=providers.Dict(
                {
                    RecordKind.SESSIONS: settings.provided.session_lifetime,
                    RecordKind.WEBHOOK_DELIVERIES: settings.provided.webhook_delivery_retention,
                    RecordKind.PROVIDER_EVENTS: settings.provided.provider_event_retention,
                    RecordKind.SANDBOX_CHARGES: settings.provided.sandbox_retention,
                    RecordKind.SANDBOX_REFUNDS: settings.provided.sandbox_retention,
                }
            ),
        )
        self.prune_sign_ups = providers.Singleton(
            PruneSignUps, unit_of_work=database.unit_of_work, clock=clock
        )
        self.prune_mail = providers.Singleton(PruneMail, unit_of_work=database.unit_of_work, clock=clock)
