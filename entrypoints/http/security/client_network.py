"""The network of a client. Attempts and requests without a token are counted per network."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_network
from typing import Annotated

from fastapi import Depends, Request

from entrypoints.bootstrap.root import GRAPH
from entrypoints.from_container import FromContainer
from entrypoints.http.routing.dependency_options import immediate
from entrypoints.proxies import TrustedProxies, parse_address

IPV6_PREFIX = 64
"""The prefix length of the smallest IPv6 network of a subscriber (RFC 6177).

All IP addresses of such a network count as one client.
"""


trusted_proxies = FromContainer.of(GRAPH.security.trusted_proxies)


@immediate
def get_network(request: Request, proxies: Annotated[TrustedProxies, Depends(trusted_proxies)]) -> str:
    """Return the client's network, as a dependency."""
    return network_of_client(request, proxies)


def network_of_client(request: Request, proxies: TrustedProxies) -> str:
    """Return the client's network: a single IPv4 address, or the prefix of an IPv6 address."""
    peer = request.client.host if request.client else ""
    return network_of(proxies.client_of(peer, request.headers))


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return the network of an IP address.

    For other text, such as the name of a Unix socket, the result is `local`.
    """
    parsed = parse_address(address)
    if parsed is None:
        return "local"
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return f"{parsed}/32"


Network = Annotated[str, Depends(get_network)]
