from collections.abc import Collection
from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.clients.views import NewSecretView
from application.shared.ports import Clock, IdFactory, Randomness
from application.unit_of_work import UnitOfWorkFactory
from domain.clients.client import ServiceClient
from domain.clients.secret import SECRET_BYTES, ClientSecret, text_of
from domain.shared.actor import Actor
from domain.shared.ids import ClientId, SecretId
from domain.users.permissions import Scope


@dataclass(frozen=True, slots=True)
class CreateClient:
    """Create a service client with scopes. The secret is shown only once."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory
    randomness: Randomness

    async def __call__(self, name: str, scopes: Collection[Scope], *, actor: Actor) -> NewSecretView:
        """Return the client's id with its secret. Raises ValidationFailed, ClientNameTaken."""
        now, secret = self.clock.now(), self.randomness.token_bytes(SECRET_BYTES)
        client = ServiceClient.create(
            id=ClientId(self.ids.new()),
            name=name,
            scopes=scopes,
            secret=ClientSecret.issue(SecretId(self.ids.new()), secret, now=now),
            now=now,
        )
        async with self.unit_of_work(actor) as work:
            await work.clients.add(client)
            work.audit.record(AuditAction.CLIENT_CREATED, client.id, at=now, scopes=" ".join(sorted(scopes)))
            await work.commit()
        return NewSecretView(client_id=client.id, secret=text_of(secret))
