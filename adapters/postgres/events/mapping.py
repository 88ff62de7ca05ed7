from adapters.postgres.core.result_row import ResultRow
from application.events.views import PublishedEvent
from domain.shared.ids import EventId


def event_from(row: ResultRow) -> PublishedEvent:
    """Return the published event of a row. The column `data` contains JSON text."""
    return PublishedEvent(
        id=EventId(row.id),
        position=row.position,
        type=row.type,
        aggregate_type=row.aggregate_type,
        aggregate_id=row.aggregate_id,
        aggregate_version=row.aggregate_version,
        occurred_at=row.occurred_at,
        data=row.data,
        traceparent=row.traceparent,
    )
