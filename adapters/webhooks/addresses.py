"""Which addresses are everybody's, and which are of a network that only we can reach."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
"""RFC 6052 and RFC 8215: an IPv4 address in the last 32 bits, which a gateway translates."""

_NEVER_HOSTS = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"), IPv6Network("fec0::/10"))
"""IETF protocols, relays of 6to4, and site-local addresses: not all versions of Python know of all of them."""


def is_public(address: str) -> bool:
    """Tell whether it is the address of one host on the internet, by whatever way it is written.

    Loopback, private and link-local addresses are not, nor are shared, documentation, benchmark, multicast and
    reserved ones (the registries of RFC 6890), nor an IPv6 address that stands for such an IPv4 address.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        embedded = _embedded(ip)
        if embedded is not None:
            ip = embedded
    if any(ip in network for network in _NEVER_HOSTS):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _embedded(ip: IPv6Address) -> IPv4Address | None:
    if any(ip in network for network in _NAT64):
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour
