from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.clients.client_lookup import find_client
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.shared.actor import Actor


@dataclass(frozen=True, slots=True)
class DisableClient:
    """Permanently disable a client and retire its secrets.

    The name of the disabled client cannot be used for another client, because histories contain this name.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, name: str, *, actor: Actor) -> None:
        """Disable the client. Raises NotFound."""
        now = self.clock.now()
        async with self.unit_of_work(actor) as work:
            client = await find_client(name, work)
            client.disable(now=now)
            await work.clients.save(client)
            work.audit.record(AuditAction.CLIENT_DISABLED, client.id, at=now)
            await work.commit()
