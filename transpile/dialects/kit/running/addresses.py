"""IP addresses and networks, as text holds them.

Platforms differ on one point: whether an IPv4 address is also the IPv6 address `::ffff:a.b.c.d`. `wide`
says that it is.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from transpile.evaluate import Unproven

_IPV4_IN_IPV6 = 0xFFFF << 32


@lru_cache(maxsize=4096)
def as_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that a text spells, or None. Raises `Unproven` for an IPv4 address in the spelling of IPv6.

    >>> as_address("10.0.0.1"), as_address("10.0.0")
    (IPv4Address('10.0.0.1'), None)
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        raise Unproven("whether an IPv4 address in the spelling of IPv6 counts as the former is not documented")
    return address


def in_network(text: str, network: str, *, wide: bool = False) -> bool:
    """Whether the text is an address in the network. Raises `Unproven` for a text that is not a network.

    >>> in_network("10.1.2.3", "10.0.0.0/8"), in_network("10.1.2.3", "::/0"), in_network("10.1.2.3", "::/0", wide=True)
    (True, False, True)
    """
    try:
        net = ip_network(network, strict=False)
    except ValueError as error:
        raise Unproven(f"{network!r} is not a network: {error}") from error
    address = as_address(text)
    if address is None:
        return False
    if not wide or net.version == address.version == 4:
        return address.version == net.version and address in net
    if not isinstance(net, IPv6Network):
        return False
    if int(net.network_address) >> 32 == _IPV4_IN_IPV6 >> 32:
        raise Unproven(f"{network}: a network of IPv4 addresses in the spelling of IPv6")
    return IPv6Address(_IPV4_IN_IPV6 | int(address) if address.version == 4 else int(address)) in net
