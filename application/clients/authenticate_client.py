from dataclasses import dataclass, field, replace
from typing import NoReturn
from uuid import UUID

from application.audit.entry import AuditAction
from application.shared.ports import Clock
from application.throttling.throttle import Throttle
from application.unit_of_work import UnitOfWork, UnitOfWorkFactory
from domain.clients.client import ServiceClient
from domain.clients.secret import ClientSecret, hash_of
from domain.shared.actor import Actor
from domain.shared.errors import DomainError
from domain.shared.ids import ClientId
from domain.users.attempts import Attempt, AttemptKind


class InvalidClient(DomainError):
    """The client is unknown, or the secret is wrong (RFC 6749, section 5.2)."""

    code = "invalid_client"

    def __init__(self) -> None:
        super().__init__("The client's id or its secret is wrong.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """A client's id, secret and network.

    `actor` has no id, because the client is not authenticated yet.
    """

    client_id: str
    secret: str = field(repr=False)
    network: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class AuthenticateClient:
    """Authenticate a service client by one of its secrets.

    Attempts with a wrong secret are throttled per client id and per network. Attempts with the right secret are
    never throttled, so that an attacker cannot block a client with wrong secrets. A secret has 256 random bits and
    cannot be guessed.

    A request with an unknown client id executes the same SQL statements as a request with a wrong secret.
    """

    unit_of_work: UnitOfWorkFactory
    throttle: Throttle
    clock: Clock

    async def __call__(self, credentials: ClientCredentials) -> tuple[ServiceClient, ClientSecret]:
        """Return the client and its secret, and record the use of the secret.

        Raises InvalidClient, TooManyAttempts, Overloaded.
        """
        client_id, shown = _id_in(credentials.client_id), hash_of(credentials.secret)
        async with self.unit_of_work(credentials.actor) as work:
            found = await work.clients.peek(client_id)
            if found is None or found.secret_with(shown) is None:
                await self._refuse(credentials, found, work)
        async with self.unit_of_work(replace(credentials.actor, id=client_id)) as work:
            # Another request may have retired the secret after the first check. During this second check, the
            # client's row is locked.
            client = await work.clients.get(client_id)
            secret = client.secret_with(shown) if client else None
            if client is None or secret is None:
                raise InvalidClient
            secret.last_used_at = self.clock.now()
            await work.clients.save(client)
            work.audit.record(
                AuditAction.CLIENT_LOGGED_IN, client.id, at=secret.last_used_at, secret_id=str(secret.id)
            )
            await work.commit()
        return client, secret

    async def _refuse(
        self, credentials: ClientCredentials, client: ServiceClient | None, work: UnitOfWork
    ) -> NoReturn:
        """Count the failed attempt, commit, and raise InvalidClient.

        Raises TooManyAttempts if the attempt is throttled.
        """
        attempt = Attempt(AttemptKind.CLIENT_SECRET, credentials.client_id, credentials.network)
        await self.throttle.admit(work, attempt)
        work.audit.record(
            AuditAction.CLIENT_LOG_IN_REFUSED, client.id if client else None, at=self.clock.now()
        )
        await work.commit()
        raise InvalidClient


_NO_CLIENT = ClientId(UUID(int=0))


def _id_in(text: str) -> ClientId:
    """Return the client id in the text. For an invalid text, return an id that no client has.

    Only one spelling of each id is valid (RFC 6749, section 2.2). If several spellings were valid, an attacker
    could avoid throttling with another spelling of the same id.
    """
    try:
        client_id = UUID(text)
    except ValueError:
        return _NO_CLIENT
    return ClientId(client_id) if str(client_id) == text else _NO_CLIENT
