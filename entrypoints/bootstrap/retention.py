"""The kinds of records that are pruned, each with its retention."""

from datetime import timedelta

from dependency_injector import containers, providers

from application.retention.ports import RecordKind
from application.retention.prune import ORDER_BATCH_SIZE, Prune, PruneMail, PruneOldRecords, PruneSignUps
from application.shared.clock import Clock
from entrypoints.settings import Settings


class Retention(containers.DeclarativeContainer):
    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    clock: providers.Dependency[Clock] = providers.Dependency()
    database = providers.DependenciesContainer()

    prune_idempotency_records = providers.Singleton(
        Prune,
        records=database.idempotency_records,
        clock=clock,
        retention=settings.provided.idempotency_retention,
    )
    prune_expired_orders = providers.Singleton(
        Prune,
        records=database.expired_orders,
        clock=clock,
        retention=settings.provided.expired_order_retention,
        batch_size=ORDER_BATCH_SIZE,
    )
    prune_audit_log = providers.Singleton(
        Prune, records=database.audit_records, clock=clock, retention=settings.provided.audit_log_retention
    )
    prune_attempts = providers.Singleton(
        Prune, records=database.attempt_records, clock=clock, retention=timedelta(0)
    )
    prune_events = providers.Singleton(
        Prune, records=database.event_feed, clock=clock, retention=settings.provided.event_retention
    )
    archive_ledger = providers.Singleton(
        Prune, records=database.stock_ledger, clock=clock, retention=settings.provided.ledger_retention
    )
    prune_old_records = providers.Singleton(
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
    prune_sign_ups = providers.Singleton(PruneSignUps, unit_of_work=database.unit_of_work, clock=clock)
    prune_mail = providers.Singleton(PruneMail, unit_of_work=database.unit_of_work, clock=clock)
