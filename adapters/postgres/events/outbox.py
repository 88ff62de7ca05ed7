"""The outbox: events that are committed together with the changes that they describe."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from adapters.json_text import to_json
from adapters.postgres.core.rows import OutboxRow
from adapters.postgres.core.transaction import Transaction
from adapters.postgres.core.unnest import UnnestedRows, columns_of
from application.shared.ports import CurrentTrace, IdFactory
from domain.shared.events import Event

_ENVELOPE = frozenset({"aggregate_id", "aggregate_version", "occurred_at"})
"""The fields of an event that have their own columns and are not repeated in `data`."""
_EVENTS = UnnestedRows(
    "given_events",
    columns_of(OutboxRow, without={"position"}),
    repeated={"type", "aggregate_type", "aggregate_version", "occurred_at"},
)
_ADD = _EVENTS.added_to(OutboxRow)


class Outbox:
    """The events of one unit of work, which are written when the unit of work commits.

    `traces` has the trace contexts of some aggregates. The events of all other aggregates get the current trace
    context.
    """

    def __init__(
        self,
        transaction: Transaction,
        ids: IdFactory,
        traces: Mapping[UUID, str],
        current_trace: CurrentTrace,
    ) -> None:
        self._transaction = transaction
        self._ids = ids
        self._traces = traces
        self._current_trace = current_trace
        self.events: list[Event] = []

    def record(self, events: Iterable[Event]) -> None:
        """Add the events of an aggregate, in the sequence in which they were recorded."""
        self.events.extend(events)

    async def write(self) -> None:
        """Write all added events together with the other pending writes."""
        if self.events:
            await self._transaction.write_later(
                {_ADD: len(self.events)}, _EVENTS.parameters(map(self._values, self.events))
            )
            self.events.clear()

    def _values(self, event: Event) -> dict[str, object]:
        return {
            "id": self._ids.new(),
            "type": event.type,
            "aggregate_type": event.aggregate_type,
            "aggregate_id": event.aggregate_id,
            "aggregate_version": event.aggregate_version,
            "occurred_at": event.occurred_at,
            "data": to_json(event, without=_ENVELOPE),
            "traceparent": self._traces.get(event.aggregate_id) or self._current_trace(),
        }
