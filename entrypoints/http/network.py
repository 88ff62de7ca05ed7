"""Where a request comes from, as throttles and rate limits count."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request

IPV6_PREFIX = 64
"""What one subscriber has at the least (RFC 6177): the addresses within are his to choose."""


async def get_network(request: Request) -> str:
    """Return the client's network: an IPv4 address by itself, an IPv6 address with those that share its prefix."""
    return network_of(request.client.host if request.client else "")


def network_of(address: str) -> str:
    """Return the network of an address; what is no IP address, as with a Unix socket, is a network of its own."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "local"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ip_network((parsed, IPV6_PREFIX), strict=False))
        parsed = parsed.ipv4_mapped
    return f"{parsed}/32"


Network = Annotated[str, Depends(get_network)]
