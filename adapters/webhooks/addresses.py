"""Distinguish public IP addresses from private and reserved IP addresses."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# The tables of Python's `is_global` depend on the Python version, so the service has its own tables.
_NOT_PUBLIC = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("127.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.0.2.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("198.18.0.0/15"),
    IPv4Network("198.51.100.0/24"),
    IPv4Network("203.0.113.0/24"),
    IPv4Network("224.0.0.0/3"),  # The block contains multicast and reserved addresses.
    # IETF protocols use this block, for example Teredo. Some parts are globally reachable, but have no web servers.
    IPv6Network("2001::/23"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
)
_IPV6_UNICAST = IPv6Network("2000::/3")
"""The block of global unicast addresses (RFC 4291).

All other IPv6 addresses are reserved, local or multicast.
"""

_NAT64 = IPv6Network("64:ff9b::/96")
"""The prefix of addresses that contain an IPv4 address in their last 32 bits (RFC 6052).

A gateway connects to the IPv4 address.
"""


def is_public(address: str) -> bool:
    """Return whether the address can be a host on the internet.

    IANA's special-purpose registries (RFC 6890) list the blocks that are not globally reachable. If an IPv6 address
    contains an IPv4 address (IPv4-mapped, 6to4, NAT64), only the IPv4 address is checked.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        embedded = _embedded(ip)
        if embedded is None and ip not in _IPV6_UNICAST:
            return False
        ip = embedded or ip
    return not any(ip in network for network in _NOT_PUBLIC)


def _embedded(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour
