from dataclasses import dataclass

from application.shared.clock import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.users.pending_sign_up import LIFETIME


@dataclass(frozen=True, slots=True)
class PruneSignUps:
    """Delete sign-ups that were not confirmed in time."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self) -> None:
        """Raise Overloaded, DatabaseUnavailable."""
        async with self.unit_of_work() as work:
            await work.sign_ups.prune(requested_until=self.clock.now() - LIFETIME)
            await work.commit()
