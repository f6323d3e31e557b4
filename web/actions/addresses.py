"""Which machines may be called: those of the public internet, and those that the settings allow."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Ip = IPv4Address | IPv6Address

# IANA's special-purpose addresses, and the metadata services of clouds that stand among others.
_NEVER_4: Final = tuple(
    map(IPv4Network, (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",
    ))
)  # fmt: skip
_PUBLIC_6: Final = IPv6Network("2000::/3")  # all others are local, multicast or reserved
_NEVER_6: Final = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
_NAT64: Final = IPv6Network("64:ff9b::/96")


def inner(address: str) -> Ip:
    """The address that packets arrive at: an IPv4 one that is written as IPv6 is that IPv4 one."""
    found = ip_address(address)
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return found.ipv4_mapped
        if found in _NAT64:
            return IPv4Address(int(found) & 0xFFFFFFFF)
    return found


def permitted(address: str, allow: Iterable[str] = ()) -> bool:
    """Whether this address may be called. Anything that is no address may not."""
    try:
        found = inner(address)
    except ValueError:
        return False
    if any(found in ip_network(network) for network in allow):
        return True
    if isinstance(found, IPv4Address):
        return not any(found in network for network in _NEVER_4)
    return found in _PUBLIC_6 and not any(found in network for network in _NEVER_6)
