"""What the use cases of service clients need from outside."""

from collections.abc import Sequence
from typing import Protocol

from application.clients.views import ClientView
from domain.clients.client import ServiceClient
from domain.shared.errors import DomainError
from domain.shared.ids import ClientId, SecretId


class ClientNameTaken(DomainError):
    """Another client has this name."""

    code = "client_name_taken"

    def __init__(self) -> None:
        super().__init__("There is a client of this name.")


class ClientRepository(Protocol):
    """Service clients, inside a unit of work."""

    async def add(self, client: ServiceClient) -> None:
        """Keep a new client. Raises ClientNameTaken."""
        ...

    async def peek(self, client_id: ClientId) -> ServiceClient | None:
        """Return the client without a lock, to look at and not to save."""
        ...

    async def get(self, client_id: ClientId) -> ServiceClient | None:
        """Return the client, locked until the unit of work ends. Raises Overloaded."""
        ...

    async def find_by_name(self, name: str) -> ServiceClient | None:
        """Return the client, locked until the unit of work ends. Raises Overloaded."""
        ...

    async def save(self, client: ServiceClient) -> None:
        """Keep the changes made to a locked client and its secrets."""
        ...


class ClientQueries(Protocol):
    """Reads of service clients, outside of any unit of work."""

    async def has_secret(self, client_id: ClientId, secret_id: SecretId) -> bool:
        """Tell whether a secret is one of the client's and valid, in one statement."""
        ...

    async def all(self) -> Sequence[ClientView]:
        """Return every client, by name; there are a few."""
        ...
