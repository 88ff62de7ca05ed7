from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from adapters.memory.database import reach
from application.events.ports import RelayLease, RelayProgress
from domain.shared.ids import EventId


@dataclass(slots=True)
class _Progress:
    after: EventId | None = None
    token: UUID | None = None
    leased_until: datetime | None = None


class MemoryRelayProgress(RelayProgress):
    def __init__(self) -> None:
        self._progress: dict[str, _Progress] = {}

    async def lease(
        self, publisher: str, *, token: UUID, now: datetime, until: datetime
    ) -> RelayLease | None:
        await reach()
        progress = self._progress.setdefault(publisher, _Progress())
        if progress.leased_until is not None and progress.leased_until > now:
            return None
        progress.token, progress.leased_until = token, until
        return RelayLease(publisher, token, progress.after)

    async def end(self, lease: RelayLease, *, after: EventId | None) -> bool:
        await reach()
        progress = self._progress[lease.publisher]
        if progress.token != lease.token:
            return False
        self._progress[lease.publisher] = _Progress(after)
        return True
