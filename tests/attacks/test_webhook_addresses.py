"""Webhooks are sent only to globally reachable IP addresses.

The blocks that are not globally reachable are listed in IANA's special-purpose registries. `iana/` contains copies of
these registries from October 2025, with the blocks and the column "Globally Reachable".

This column is empty for deprecated blocks. For tunnels, this column contains "N/A".
"""

import csv
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path

import httpcore2
import pytest

from adapters.webhooks.addresses import is_public
from adapters.webhooks.dialing import AddressRefused, PublicDialer

FOLDER = Path(__file__).parent / "iana"


def blocks(version: int) -> Sequence[IPv4Network | IPv6Network]:
    """Return the blocks of a registry that are not globally reachable."""
    with (FOLDER / f"ipv{version}-special-registry.csv").open() as lines:
        return [
            ip_network(row["address_block"])
            for row in csv.DictReader(lines)
            if row["globally_reachable"] != "True"
        ]


def embedded(address: IPv4Address, form: str) -> str:
    """Return an IPv6 address that contains the IPv4 address."""
    number = int(address)
    forms = {
        "mapped": int(IPv6Address("::ffff:0:0")) | number,
        "nat64": int(IPv6Address("64:ff9b::")) | number,
        "6to4": int(IPv6Address("2002::1")) | number << 80,
        "local nat64": int(IPv6Address("64:ff9b:1::")) | number,
        "teredo": int(IPv6Address("2001::")) | number << 64 | number ^ 0xFFFF_FFFF,
        "compatible": number,
        "translated": int(IPv6Address("::ffff:0:0:0")) | number,
    }
    return str(IPv6Address(forms[form]))


IPV4, IPV6 = blocks(4), blocks(6)
JUDGED_BY_CONTENT = {ip_network("2002::/16"), ip_network("::ffff:0:0/96")}
REACHABLE_FORMS = ["mapped", "nat64", "6to4"]
UNREACHABLE_FORMS = ["local nat64", "teredo", "compatible", "translated"]


@pytest.mark.parametrize("block", [*IPV4, *[b for b in IPV6 if b not in JUDGED_BY_CONTENT]], ids=str)
def test_webhook_ip_address_outside_the_global_network_blocks_is_rejected(
    block: IPv4Network | IPv6Network,
) -> None:
    middle = block[block.num_addresses // 2]
    assert not any(is_public(str(address)) for address in (block[0], middle, block[-1]))


@pytest.mark.parametrize("block", IPV4, ids=str)
@pytest.mark.parametrize("form", [*REACHABLE_FORMS, *UNREACHABLE_FORMS])
def test_private_ipv4_address_inside_an_ipv6_address_is_rejected(block: IPv4Network, form: str) -> None:
    assert not any(is_public(embedded(address, form)) for address in (block[0], block[-1]))


@pytest.mark.parametrize("form", REACHABLE_FORMS)
def test_public_ipv4_address_inside_an_ipv6_address_is_accepted(form: str) -> None:
    assert is_public(embedded(IPv4Address("8.8.8.8"), form))


@pytest.mark.parametrize("form", UNREACHABLE_FORMS)
def test_public_ipv4_address_in_an_unroutable_ipv6_form_is_rejected(form: str) -> None:
    assert not is_public(embedded(IPv4Address("8.8.8.8"), form))


@pytest.mark.parametrize(
    "address",
    [
        *(
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "169.253.255.255",
            "172.32.0.0",
        ),
        *("192.0.1.0", "192.0.3.0", "192.167.255.255", "198.17.255.255", "198.20.0.0", "223.255.255.255"),
        *("2001:200::", "2001:db7:ffff::1", "2001:db9::", "2606:4700:4700::1111", "3ffe::1", "3fff:1000::1"),
    ],
)
def test_webhook_host_with_a_public_ip_address_is_accepted(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address", ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1", "fec0::1", "fe80::1%lo", "4000::1"]
)
def test_multicast_and_unassigned_and_site_local_ip_addresses_are_rejected(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["64:ff9b:1::a00:1", "3fff::1", "5f00::1", "2001:0:808:808::f5ff:fffe"])
async def test_webhook_host_with_a_public_and_a_private_ip_address_is_not_contacted(address: str) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["93.184.216.34", address]

    class Unreached(httpcore2.AsyncNetworkBackend):
        async def connect_tcp(self, *_args: object, **_options: object) -> httpcore2.AsyncNetworkStream:
            raise AssertionError("dialed")

    with pytest.raises(AddressRefused):
        await PublicDialer(Unreached(), resolve=resolve).connect_tcp("hooks.example.com", 443)
