"""The network of a client, by which throttles and rate limits count."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_network
from typing import Annotated

from fastapi import Depends, Request

from entrypoints.bootstrap.root import Container
from entrypoints.from_container import from_container
from entrypoints.proxies import TrustedProxies, parse_address

IPV6_PREFIX = 64
"""The smallest IPv6 prefix of a subscriber (RFC 6177), who can use every address in it."""


async def get_network(
    request: Request, proxies: Annotated[TrustedProxies, from_container(Container.security.trusted_proxies)]
) -> str:
    """Return the client's network, as a dependency."""
    return network_of_client(request, proxies)


def network_of_client(request: Request, proxies: TrustedProxies) -> str:
    """Return the client's network: an IPv4 address by itself, an IPv6 address with those that share its prefix."""
    peer = request.client.host if request.client else ""
    return network_of(proxies.client_of(peer, request.headers))


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return the network of an address. A peer without an IP address, as with a Unix socket, is its own network."""
    parsed = parse_address(address)
    if parsed is None:
        return "local"
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return f"{parsed}/32"


Network = Annotated[str, Depends(get_network)]
