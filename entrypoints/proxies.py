"""Which address a request comes from, where proxies stand before the service."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal

from starlette.datastructures import Headers

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network
ProxyHeader = Literal["x-forwarded-for", "forwarded"]

_WITH_PORT = re.compile(r"(?P<v4>[0-9.]+)(:\d+)?|\[(?P<v6>[0-9A-Fa-f:.]+)\](:\d+)?")
_PAIR = (
    r'\s*(?P<name>[\w!#$%&\'*+.^`|~-]+)=(?P<value>[\w!#$%&\'*+.^`|~-]+|"(?:[^"\\]|\\.)*")\s*(?P<end>[;,]|$)'
)
_FORWARDED_PAIR = re.compile(_PAIR, re.ASCII)
"""One pair of RFC 7239, section 4, and what follows it."""


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Proxies whose word is taken for where a request comes from, in the one header that they write.

    Anybody can send such a header. So it is read from its end, which the nearest proxy has written, and only for as
    long as the one who says it is a proxy of these networks. What a client has put before that is never looked at. Where a
    proxy does not name an address, it is itself taken for the client: its clients share what is counted.
    """

    networks: Sequence[IPNetwork]
    header: ProxyHeader

    def client_of(self, peer: str, headers: Headers) -> str:
        """Return the address of the client behind the connection of `peer`."""
        if not self.networks or not self._is_proxy(nearest := parse_address(peer)):
            return peer
        said = _hops_of_forwarded if self.header == "forwarded" else _hops_of_x_forwarded_for
        for hop in reversed(list(said(headers.getlist(self.header)))):
            if hop is None:
                break
            nearest = hop
            if not self._is_proxy(hop):
                break
        return str(nearest)

    def _is_proxy(self, address: IPAddress | None) -> bool:
        return address is not None and any(address in network for network in self.networks)


def parse_address(text: str) -> IPAddress | None:
    """Return an IP address, that of IPv4 where it is written as one of IPv6, or None for anything else."""
    with suppress(ValueError):
        address = ip_address(text.partition("%")[0])
        return getattr(address, "ipv4_mapped", None) or address
    return None


def _hops_of_x_forwarded_for(lines: Sequence[str]) -> Iterator[IPAddress | None]:
    for line in lines:
        for hop in line.split(","):
            yield _node(hop.strip())


def _hops_of_forwarded(lines: Sequence[str]) -> Iterator[IPAddress | None]:
    """Yield the `for` of each element; None for one that has none, and at the end of a line that cannot be read."""
    for line in lines:
        position, hop = 0, None
        while pair := _FORWARDED_PAIR.match(line, position):
            position = pair.end()
            if pair["name"].lower() == "for":
                hop = _node(pair["value"].strip('"'))
            if pair["end"] != ";":
                yield hop
                hop = None
            if not pair["end"]:
                break
        else:
            yield None


def _node(text: str) -> IPAddress | None:
    """Read an address with or without a port; `unknown` and made-up names (RFC 7239, section 6) are none."""
    found = _WITH_PORT.fullmatch(text)
    return parse_address((found["v4"] or found["v6"]) if found else text)
