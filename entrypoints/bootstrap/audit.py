from dependency_injector import containers, providers

from application.audit.queries import ListAuditEntries
from entrypoints.bootstrap.database import Database


class Audit(containers.DynamicContainer):
    def __init__(
        self,
        *,
        database: Database,
    ) -> None:
        super().__init__()
        self.list_audit_entries = providers.Singleton(ListAuditEntries, entries=database.audit_queries)
