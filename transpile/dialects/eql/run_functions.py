"""What EQL's functions and operators give for single values ("EQL function reference", "EQL syntax reference")."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from types import MappingProxyType

from transpile.dialects.eql.tree import Comparison
from transpile.evaluate import Unproven

Value = str | int | float | bool | None

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
_IPV4_IN_IPV6 = 0xFFFF << 32
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]+")


def fold(text: str) -> str:
    """The text without the case of its ASCII letters, which is all that Elasticsearch ignores.

    >>> fold("ÉA")
    'Éa'
    """
    return text.lower() if text.isascii() else text.translate(_LOWER)


def wildcard_matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a whole text matches a pattern: `*` is any run of characters, `?` one, all else stands for itself.

    >>> wildcard_matcher("a\\\\*?")("a\\\\bc"), wildcard_matcher("a?")("a")
    (True, False)
    """
    if "*" not in pattern and "?" not in pattern:
        return pattern.__eq__
    first, *rest = ("".join(map(re.escape, part)).replace(r"\?", ".") for part in pattern.split("*"))
    # What is before a `*` is taken where it is first found, so that matching never backtracks far.
    body = first + "".join(f"(?>.*?{part})" for part in rest[:-1]) + (f".*{rest[-1]}" if rest else "")
    match = re.compile(body, re.DOTALL).fullmatch
    return lambda text: match(text) is not None


def compare(operator: Comparison, left: Value, right: Value) -> bool | None:
    """The comparison of two values, of which null makes null. `Unproven` for values of different types."""
    if left is None or right is None:
        return None
    if isinstance(left, str) != isinstance(right, str) or isinstance(left, bool) != isinstance(right, bool):
        raise Unproven("comparing values of different types is not documented")
    match operator:
        case Comparison.EQ:
            return left == right
        case Comparison.NE:
            return left != right
        case _:
            if isinstance(left, str | bool) or isinstance(right, str | bool):
                raise Unproven("only numbers are put in order here")
            orders = {Comparison.LT: left < right, Comparison.LTE: left <= right, Comparison.GT: left > right}
            return orders.get(operator, left >= right)


def call(name: str, args: tuple[Value, ...], folded: bool) -> Value:
    """A function of these values. `Unproven` for unknown functions, wrong arguments and undocumented cases."""
    known = _NAMES.get(name.lower())
    if known is None:
        raise Unproven(f"the function {name} is not run here")
    if folded and known not in _FOLDING:
        raise Unproven(f"the function {name} has no form that ignores case")
    if any(arg is None for arg in args):
        return None
    if folded:
        if any(isinstance(arg, str) and not arg.isascii() for arg in args):
            raise Unproven("what functions ignore of the case of other than ASCII letters is not documented")
        args = tuple(fold(arg) if isinstance(arg, str) else arg for arg in args)
    try:
        return FUNCTIONS[known](*args)
    except (TypeError, AttributeError, ValueError, ZeroDivisionError) as error:
        raise Unproven(f"Elasticsearch rejects these arguments of {name}: {error}") from error


def _cidr_match(address: str, *networks: str) -> bool:
    return any(_as_ipv6(address) in _as_ipv6_network(network) for network in networks)


def _as_ipv6(address: str) -> IPv6Address:
    """An address as Elasticsearch keeps it: an IPv4 address is `::ffff:a.b.c.d` ("IP field type")."""
    parsed = ip_address(address)
    return parsed if isinstance(parsed, IPv6Address) else IPv6Address(_IPV4_IN_IPV6 | int(parsed))


def _as_ipv6_network(network: str) -> IPv6Network:
    parsed = ip_network(network, strict=False)
    if isinstance(parsed, IPv6Network):
        if int(parsed.network_address) >> 32 == _IPV4_IN_IPV6 >> 32:
            raise Unproven(f"{network}: a network of IPv4 addresses in the spelling of IPv6")
        return parsed
    return IPv6Network((_IPV4_IN_IPV6 | int(parsed.network_address), 96 + parsed.prefixlen))


def _string(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        raise Unproven("how a fraction is spelled is not documented")
    return str(value)


def _number(text: str, base: int | None = None) -> int | float:
    """Blanks around are ignored; `0x` makes it hexadecimal; anything but a number is an error."""
    text = text.strip()
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    if base is not None:
        return int(text, base)
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


def _index_of(source: str, part: str, start: int = 0) -> int | None:
    if start > len(source):
        return None
    found = source.find(part, max(start, 0))
    return None if found < 0 else found


def _substring(source: str, start: int, end: int | None = None) -> str:
    return source[start:] if end is None else source[start:end]


def _between(source: str, left: str, right: str, greedy: bool = False) -> str:
    start = source.find(left)
    if start < 0:
        return ""
    start += len(left)
    end = source.rfind(right, start) if greedy else source.find(right, start)
    return "" if end < 0 else source[start:end]


def _arithmetic(operate: Callable[[float, float], float]) -> Callable[..., Value]:
    def operation(left: Value, right: Value) -> Value:
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise TypeError("not a number")
        return operate(left, right)

    return operation


def _divide(left: float, right: float) -> float:
    """Two whole numbers give a whole number, rounded towards zero in Java."""
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) == (right < 0) else -quotient
    return left / right


def _modulo(left: float, right: float) -> float:
    """The remainder has the sign of the dividend."""
    remainder = abs(left) % abs(right)
    return -remainder if left < 0 else remainder


FUNCTIONS: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "add": _arithmetic(lambda left, right: left + right),
        "between": _between,
        "cidrMatch": _cidr_match,
        "concat": lambda *values: "".join(map(_string, values)),
        "divide": _arithmetic(_divide),
        "endsWith": lambda source, part: source.endswith(part),
        "indexOf": _index_of,
        "length": lambda text: len(str.__str__(text)),
        "modulo": _arithmetic(_modulo),
        "multiply": _arithmetic(lambda left, right: left * right),
        "number": _number,
        "startsWith": lambda source, part: source.startswith(part),
        "string": _string,
        # Documented examples: nothing contains the empty string.
        "stringContains": lambda source, part: part != "" and part in source,
        "substring": _substring,
        "subtract": _arithmetic(lambda left, right: left - right),
    }
)

_NAMES = MappingProxyType({name.lower(): name for name in FUNCTIONS})  # EqlFunctionRegistry ignores their case
_FOLDING = frozenset({"between", "endsWith", "indexOf", "startsWith", "stringContains"})
