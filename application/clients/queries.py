"""Use cases that read clients."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.clients.ports import ClientQueries
from application.clients.views import ClientView


@dataclass(frozen=True, slots=True)
class ListClients:
    """List all service clients by name, with the last use of each secret."""

    clients: ClientQueries

    async def __call__(self) -> Sequence[ClientView]:
        return await self.clients.all()
