from dataclasses import dataclass
from datetime import timedelta

from application.shared.clock import Clock
from application.unit_of_work import UnitOfWorkFactory

SET_ASIDE_KEPT = timedelta(days=7)
"""For operators who look for the reason. Nobody waits for these messages any more."""


@dataclass(frozen=True, slots=True)
class PruneMail:
    """Delete mail requests that were set aside long ago."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self) -> None:
        """Raise Overloaded, DatabaseUnavailable."""
        async with self.unit_of_work() as work:
            await work.mail.prune_set_aside(until=self.clock.now() - SET_ASIDE_KEPT)
            await work.commit()
