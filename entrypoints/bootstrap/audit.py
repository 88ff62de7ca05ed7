from dependency_injector import containers, providers

from application.audit.queries import ListAuditEntries


class Audit(containers.DeclarativeContainer):
    database = providers.DependenciesContainer()

    list_audit_entries = providers.Singleton(ListAuditEntries, entries=database.audit_queries)
