"""The network address of a client whose request came through reverse proxies."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
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
"""A pattern for one `name=value` pair (RFC 7239, section 4) and the separator after the pair."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class TrustedProxies:
    """Networks of reverse proxies, and the header in which these proxies pass the client's network address.

    Each proxy adds an entry to the end of the header: the address from which the proxy got the request. The entries
    are read from the end to the beginning. The first address outside `networks` is the client's address. Any client
    can send such a header, so the entries before that address are ignored.

    If a proxy passes no address, the proxy's own address is used as the client's address. All clients of this proxy
    then share one rate limit.
    """

    networks: Sequence[IPNetwork]
    header: ProxyHeader
    _has_warned: bool = field(default=False, init=False)

    def client_of(self, peer: str, headers: Headers) -> str:
        """Return the network address of the client for a connection from `peer`."""
        if not self.networks or not self._is_proxy(nearest := parse_address(peer)):
            self._warn_once(headers)
            return peer
        read_hops = _hops_of_forwarded if self.header == "forwarded" else _hops_of_x_forwarded_for
        for hop in read_hops(headers.getlist(self.header)):
            if hop is None:
                break
            nearest = hop
            if not self._is_proxy(hop):
                break
        return str(nearest)

    def _warn_once(self, headers: Headers) -> None:
        """Log, only once, that an untrusted peer sends a client's network address.

        The peer may be a proxy that is missing in the settings.
        """
        if not self._has_warned and self.header in headers:
            self._has_warned = True
            _log.warning(
                "The header %s of a sender outside STEELYARD_TRUSTED_PROXIES is ignored. If the sender is your reverse "
                "proxy, add its network there: until then all its clients share one rate limit.",
                self.header,
            )

    def trusts(self, peer: str) -> bool:
        """Return whether the peer of a connection is one of these proxies."""
        return bool(self.networks) and self._is_proxy(parse_address(peer))

    def _is_proxy(self, address: IPAddress | None) -> bool:
        return address is not None and any(address in network for network in self.networks)


def parse_address(text: str) -> IPAddress | None:
    """Return an IP address (IPv4-mapped IPv6 as IPv4), or None if the text is not an address."""
    with suppress(ValueError):
        address = ip_address(text.partition("%")[0])
        return getattr(address, "ipv4_mapped", None) or address
    return None


def _hops_of_x_forwarded_for(lines: Sequence[str]) -> Iterator[IPAddress | None]:
    """Yield the addresses of the hops, nearest hop first.

    The caller stops before entries that a client may have written.
    """
    for line in reversed(lines):
        for hop in reversed(line.split(",")):
            yield _node(hop.strip())


def _hops_of_forwarded(lines: Sequence[str]) -> Iterator[IPAddress | None]:
    """Yield the address of each element, nearest hop first. For an element without an address, yield None."""
    for node in reversed(list(_nodes_of_forwarded(lines))):
        yield None if node is None else _node(node)


def _nodes_of_forwarded(lines: Sequence[str]) -> Iterator[str | None]:
    """Yield the `for` value of each element.

    If an element has no such value, yield None. If the rest of a line is malformed, yield None once for this rest.
    """
    for line in lines:
        position = 0
        hop: str | None = None
        while pair := _FORWARDED_PAIR.match(line, position):
            position = pair.end()
            if pair["name"].lower() == "for":
                hop = pair["value"].strip('"')
            if pair["end"] != ";":
                yield hop
                hop = None
            if not pair["end"]:
                break
        else:
            yield None


def _node(text: str) -> IPAddress | None:
    """Parse an address with or without a port.

    Return None for `unknown` and for obfuscated names (RFC 7239, section 6).
    """
    found = _WITH_PORT.fullmatch(text)
    return parse_address((found["v4"] or found["v6"]) if found else text)
