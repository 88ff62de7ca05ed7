"""The audit entries of one unit of work."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from application.audit.audited import audited_event, audited_movement
from application.audit.entry import AuditAction, AuditEntry, Details
from application.shared.ports import IdFactory
from domain.catalog.stock import Movement
from domain.shared.actor import Actor
from domain.shared.events import Event
from domain.shared.ids import AuditEntryId


class AuditTrail:
    """Collects audit entries. The commit of the unit of work writes the entries.

    When an aggregate or a stock movement is saved, the trail records its audited changes. Use cases record all other
    actions.

    `actor` is the actor that performs the changes of the unit of work.
    """

    def __init__(self, actor: Actor | None, ids: IdFactory) -> None:
        self._actor = actor
        self._ids = ids
        self._entries: list[AuditEntry] = []

    def record(
        self, action: AuditAction, object_id: UUID | str | None, *, at: datetime, **details: str | int
    ) -> None:
        """Record an action. Raises RuntimeError in a unit of work without an actor."""
        self._record(action, object_id, at, details, self._actor)

    def follow_events(self, events: Iterable[Event]) -> None:
        """Record an entry for each audited event.

        Raises RuntimeError in a unit of work without an actor.
        """
        for event in events:
            audited = audited_event(event, self._actor)
            if audited is not None:
                details = audited.details_of(event)
                self._record(audited.action, event.aggregate_id, event.occurred_at, details, self._actor)

    def follow_movements(self, movements: Iterable[Movement]) -> None:
        """Record an entry for each audited stock movement, with the actor of the movement."""
        for movement in movements:
            action = audited_movement(movement)
            if action is not None:
                details = {
                    "reason": movement.reason.value,
                    "on_hand_delta": movement.on_hand_delta,
                    "on_hand": movement.on_hand,
                }
                self._record(action, movement.product_id, movement.at, details, movement.actor)

    def take(self) -> list[AuditEntry]:
        """Return the collected entries, and remove them from the trail."""
        taken, self._entries = self._entries, []
        return taken

    def _record(
        self,
        action: AuditAction,
        object_id: UUID | str | None,
        at: datetime,
        details: Details,
        actor: Actor | None,
    ) -> None:
        if actor is None:
            raise RuntimeError(f"Nobody is named who has done this: {action}.")
        self._entries.append(
            AuditEntry(
                id=AuditEntryId(self._ids.new()),
                at=at,
                actor=actor,
                action=action,
                object_id=None if object_id is None else str(object_id),
                details=details,
            )
        )
