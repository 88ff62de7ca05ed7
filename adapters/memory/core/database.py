"""One shop's data, shared by every adapter of this package."""

import asyncio

from adapters.memory.core.locks import RowLocks
from adapters.memory.core.tables import Tables
from application.checks.ports import Invariant, Tally
from application.events.views import PublishedEvent
from application.signing.ports import SigningKey
from domain.shared.events import Event


async def yield_control() -> None:
    """Yield to the event loop, as a query to a real database does: a fake that never suspends cannot race."""
    await asyncio.sleep(0)


class MemoryDatabase:
    """The committed tables and the row locks."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.outbox: list[Event] = []
        self.published: list[PublishedEvent] = []
        self.locks = RowLocks()
        self.signing_keys: list[SigningKey] = []
        self.secrets: dict[str, bytes] = {}
        self.tallies: dict[Invariant, Tally] = {}
