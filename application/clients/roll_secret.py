from dataclasses import dataclass

from application.clients.named import client_named
from application.clients.views import NewSecretView
from application.shared.clock import Clock
from application.shared.ids import IdFactory
from application.shared.randomness import Randomness
from application.unit_of_work import UnitOfWorkFactory
from domain.clients.secret import SECRET_BYTES, ClientSecret, text_of
from domain.shared.ids import SecretId


@dataclass(frozen=True, slots=True)
class RollSecret:
    """Give a service client a second secret, which is shown once. Both are valid until one is retired."""

    unit_of_work: UnitOfWorkFactory
    clock: Clock
    ids: IdFactory
    randomness: Randomness

    async def __call__(self, name: str) -> NewSecretView:
        """Raise NotFound, TooManySecrets, ClientDisabled."""
        secret = self.randomness.token_bytes(SECRET_BYTES)
        async with self.unit_of_work() as work:
            client = await client_named(name, work)
            client.roll(ClientSecret.issue(SecretId(self.ids.new()), secret, now=self.clock.now()))
            await work.clients.save(client)
            await work.commit()
        return NewSecretView(client_id=client.id, secret=text_of(secret))
