from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.clients.client_lookup import find_client
from application.clients.views import NewSecretView
from application.shared.ports import Clock, IdFactory, Randomness
from application.unit_of_work import UnitOfWorkFactory
from domain.clients.secret import SECRET_BYTES, ClientSecret, text_of
from domain.shared.actor import Actor
from domain.shared.ids import SecretId


@dataclass(frozen=True, slots=True)
class RollSecret:
    """Give a service client a second secret, which is shown only once.

    Both secrets of the client are valid until one secret is retired.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory
    randomness: Randomness

    async def __call__(self, name: str, *, actor: Actor) -> NewSecretView:
        """Return the client's id with its new secret.

        Raises NotFound, TooManySecrets, ClientDisabled.
        """
        now, secret = self.clock.now(), self.randomness.token_bytes(SECRET_BYTES)
        issued = ClientSecret.issue(SecretId(self.ids.new()), secret, now=now)
        async with self.unit_of_work(actor) as work:
            client = await find_client(name, work)
            client.roll(issued)
            await work.clients.save(client)
            work.audit.record(AuditAction.CLIENT_SECRET_ROLLED, client.id, at=now, secret_id=str(issued.id))
            await work.commit()
        return NewSecretView(client_id=client.id, secret=text_of(secret))
