"""Jobs that delete records after their retention period."""

from dependency_injector import containers, providers

from application.audit.prune_audit_log import PruneAuditLog
from application.mail.prune_mail import PruneMail
from application.shared.clock import Clock
from application.shared.prune_idempotency_records import PruneIdempotencyRecords
from application.throttling.prune_attempts import PruneAttempts
from application.users.prune_sign_ups import PruneSignUps
from entrypoints.settings import Settings


class Retention(containers.DeclarativeContainer):
    settings: providers.Dependency[Settings] = providers.Dependency(instance_of=Settings)
    clock: providers.Dependency[Clock] = providers.Dependency()
    database = providers.DependenciesContainer()

    prune_idempotency_records = providers.Singleton(
        PruneIdempotencyRecords,
        records=database.idempotency_records,
        clock=clock,
        kept_for=settings.provided.idempotency_retention,
    )
    prune_sign_ups = providers.Singleton(PruneSignUps, unit_of_work=database.unit_of_work, clock=clock)
    prune_mail = providers.Singleton(PruneMail, unit_of_work=database.unit_of_work, clock=clock)
    prune_attempts = providers.Singleton(PruneAttempts, records=database.attempt_records, clock=clock)
    prune_audit_log = providers.Singleton(
        PruneAuditLog,
        records=database.audit_records,
        clock=clock,
        kept=settings.provided.audit_log_retention,
    )
