"""Lookup of a client by its name."""

from application.unit_of_work import UnitOfWork
from domain.clients.client import ServiceClient
from domain.shared.errors import NotFound


async def find_client(name: str, work: UnitOfWork) -> ServiceClient:
    """Lock the client with this name, and return the client. Raises NotFound."""
    client = await work.clients.find_by_name(name)
    if client is None:
        raise NotFound("There is no client of this name.")
    return client
