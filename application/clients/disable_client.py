from dataclasses import dataclass

from application.clients.named import client_named
from application.shared.clock import Clock
from application.unit_of_work import UnitOfWorkFactory


@dataclass(frozen=True, slots=True)
class DisableClient:
    """Let a client in no more, for good, and retire its secrets. Its name stays, for histories to make sense."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, name: str) -> None:
        """Raise NotFound."""
        async with self.unit_of_work() as work:
            client = await client_named(name, work)
            client.disable(now=self.clock.now())
            await work.clients.save(client)
            await work.commit()
