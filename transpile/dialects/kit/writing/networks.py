"""Networks as regexes of addresses, as prefixes of their text, and as Elasticsearch's ip fields hold them."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

_IPV4_IN_IPV6 = IPv6Network("::ffff:0:0/96")

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"


def network_of(prefix: str) -> str | None:
    """The network of the addresses whose text begins with the prefix, or None if no one network is just these.

    >>> network_of("10."), network_of("192.168."), network_of("fe80:"), network_of("10.1"), network_of("fe80::")
    ('10.0.0.0/8', '192.168.0.0/16', 'fe80::/16', None, None)
    """
    if prefix.endswith("."):
        octets = prefix[:-1].split(".")
        zeros = ["0"] * (4 - len(octets))
        text, bits = ".".join(octets + zeros), 8 * len(octets)
    elif prefix.endswith(":") and prefix.count(":") == 1 and len(prefix) == 5:
        text, bits = f"{prefix}:", 16
    else:
        return None
    try:
        return str(ip_network(f"{text}/{bits}"))
    except ValueError:
        return None


def networks_of_ip_fields(network: str) -> tuple[str, ...]:
    """The networks that an ip field has to be asked for to find the addresses of this one; none if there are none.

    Elasticsearch keeps an IPv4 address as the IPv6 address `::ffff:a.b.c.d` ("IP field type"), so that an IPv6 network
    around all of these would hold every IPv4 address.

    >>> networks_of_ip_fields("fe80::/10"), len(networks_of_ip_fields("::/0")), networks_of_ip_fields("::ffff:0:0/96")
    (('fe80::/10',), 96, ())
    """
    parsed: IPv4Network | IPv6Network = ip_network(network)
    if isinstance(parsed, IPv4Network) or not parsed.overlaps(_IPV4_IN_IPV6):
        return (network,)
    if parsed.subnet_of(_IPV4_IN_IPV6):
        return ()
    return tuple(map(str, sorted(parsed.address_exclude(_IPV4_IN_IPV6))))


def network_regex(network: str) -> str | None:
    """The regex of the addresses in a network, for a field that holds them as text; None for IPv6.

    An IPv4 address has one spelling, an IPv6 address many. The syntax is one that every engine has.

    >>> network_regex("172.16.0.0/12")
    '172\\\\.(1[6-9]|2[0-9]|3[0-1])(\\\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){2}'
    """
    parsed: IPv4Network | IPv6Network = ip_network(network)
    if not isinstance(parsed, IPv4Network):
        return None
    first, last = parsed.network_address.packed, parsed.broadcast_address.packed
    fixed = [str(low) for low, high in zip(first, last, strict=True) if low == high]
    mixed = [(low, high) for low, high in zip(first, last, strict=True) if low != high and (low, high) != (0, 255)]
    parts = fixed + [_numbers(low, high) for low, high in mixed]
    free = 4 - len(parts)
    if not parts:
        return rf"{_OCTET}(\.{_OCTET}){{3}}"
    text = r"\.".join(parts)
    return text + (rf"(\.{_OCTET}){{{free}}}" if free > 1 else rf"\.{_OCTET}" * free)


def _numbers(low: int, high: int) -> str:
    """A regex of the numbers from `low` to `high`, by their tens."""
    tens: dict[int, list[int]] = {}
    for number in range(low, high + 1):
        tens.setdefault(number // 10, []).append(number % 10)
    branches = [
        f"{ten or ''}{digits[0] if len(digits) == 1 else f'[{digits[0]}-{digits[-1]}]'}" for ten, digits in tens.items()
    ]
    return f"({'|'.join(branches)})"
