from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.clients.client_lookup import find_client
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.shared.actor import Actor
from domain.shared.ids import SecretId


@dataclass(frozen=True, slots=True)
class RetireSecret:
    """Retire one of a client's secrets.

    From then on, access tokens that were issued for this secret are rejected. If the client has no other secret,
    the client needs a new secret to get tokens.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, name: str, secret_id: SecretId, *, actor: Actor) -> None:
        """Retire the secret. Raises NotFound."""
        async with self.unit_of_work(actor) as work:
            client = await find_client(name, work)
            client.retire(secret_id)
            await work.clients.save(client)
            work.audit.record(
                AuditAction.CLIENT_SECRET_RETIRED, client.id, at=self.clock.now(), secret_id=str(secret_id)
            )
            await work.commit()
