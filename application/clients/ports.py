"""Ports of service clients."""

from collections.abc import Sequence
from typing import Protocol

from application.clients.views import ClientView
from domain.clients.client import ServiceClient
from domain.shared.errors import DomainError
from domain.shared.ids import ClientId, SecretId
from domain.users.permissions import Scope


class ClientNameTaken(DomainError):
    """Another client has this name."""

    code = "client_name_taken"

    def __init__(self) -> None:
        super().__init__("There is a client of this name.")


class ClientRepository(Protocol):
    """Service clients in a unit of work."""

    async def add(self, client: ServiceClient) -> None:
        """Add a client. Raises ClientNameTaken."""
        ...

    async def peek(self, client_id: ClientId) -> ServiceClient | None:
        """Return the client without locking its row. The returned client must not be saved."""
        ...

    async def get(self, client_id: ClientId) -> ServiceClient | None:
        """Lock the client's row until the unit of work ends, and return the client. Raises Overloaded."""
        ...

    async def find_by_name(self, name: str) -> ServiceClient | None:
        """Lock the client's row until the unit of work ends, and return the client. Raises Overloaded."""
        ...

    async def save(self, client: ServiceClient) -> None:
        """Save a locked client and its secrets."""
        ...


class ClientQueries(Protocol):
    """Reads of service clients, outside of any unit of work."""

    async def scopes_of(self, client_id: ClientId, secret_id: SecretId) -> frozenset[Scope] | None:
        """Return the client's current scopes, read by one statement.

        Returns None if the client is disabled or the secret is not valid.
        """
        ...

    async def all(self) -> Sequence[ClientView]:
        """Return all clients, sorted by name. There are few clients, so the list has no pages."""
        ...
