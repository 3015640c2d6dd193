"""YARA-L's functions: which there are, how many arguments they take, what they give, and what some of them compute.

Source: Google's page "Functions" and, for aggregations, "Outcome section syntax". `strings.starts_with` is on no
page, but rules that Google publishes use it beside `strings.contains`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from ipaddress import IPv6Address, ip_address, ip_network
from types import MappingProxyType
from typing import Any

from transpile.dialects.kit.running.values import spell
from transpile.dialects.yaral.re2 import compile_re2
from transpile.evaluate import Unproven
from transpile.record import record


class Type(Enum):
    """What a function gives."""

    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"
    LIST = "list"
    ANY = "any"  # what its arguments are


@record
class Function:
    """A function. `compute` is None where the documentation leaves too much open to run it.

    `aggregate`: it gathers values of many events, and belongs in the outcome section.
    """

    least: int
    most: int | None  # None: any number of arguments
    gives: Type
    compute: Callable[..., Any] | None = None
    aggregate: bool = False


# --- what they compute. An argument that is unset comes as `""` or 0, by what the function takes.


def _contains(text: str, part: str) -> bool:
    return _text(part, "substring") in text


def _starts_with(text: str, prefix: str) -> bool:
    return text.startswith(_text(prefix, "prefix"))


def _ends_with(text: str, suffix: str) -> bool:
    """ "Returns true if the suffix is non-empty and at end of value"."""
    return suffix != "" and text.endswith(suffix)


def _text(text: str, what: str) -> str:
    if not text:
        raise Unproven(f"what an empty {what} does is not documented")
    return text


def _concat(*items: Any) -> str:
    """Floats that are whole numbers are written without the decimal point, as `spell` does."""
    return "".join("" if item is None else spell(item) for item in items)


def _coalesce(*texts: str) -> str:
    return next(filter(None, texts), "")


def _capture(text: str, pattern: str) -> str:
    """The first match, or its one group; `""` where nothing matches."""
    regex = compile_re2(pattern)
    if regex.groups > 1:
        raise Unproven("re.capture takes a regex of one group")
    found = regex.search(text)
    return (found[regex.groups] or "") if found else ""


def _as_float(text: str) -> float:
    """A number as decimal digits; text that is none gives 0. Seven digits are kept, so more are not run."""
    digits = text.removeprefix("-")
    if digits.replace(".", "", 1).isdecimal() and digits.isascii() and digits[0] != "." and digits[-1] != ".":
        if len(digits.partition(".")[2]) > 7 or (abs(float(text)) > 2**24 and "." not in digits):
            raise Unproven(f"cast.as_float keeps seven digits, {text!r} has more")
        return float(text)
    try:
        float(text)
    except ValueError:
        return 0.0
    raise Unproven(f"whether {text!r} is a numeric string is not documented")


def _as_int(text: str) -> int:
    return int(_as_float(text))


def _as_bool(value: str | int) -> bool:
    """True "only for integer 1 and case insensitive string 'true'"."""
    return value.lower() == "true" if isinstance(value, str) else value == 1


def _in_range(address: str, network: str) -> bool:
    """Whether the address is within the network; text that is not an address is within none."""
    try:
        inside, net = ip_address(address), ip_network(network, strict=False)
    except ValueError:
        return False
    if isinstance(inside, IPv6Address) and inside.ipv4_mapped and net.version == 4:
        raise Unproven("whether an IPv4 network holds IPv4-mapped IPv6 addresses is not documented")
    return inside.version == net.version and inside in net


_FORMATS = {
    "SECOND": "%Y-%m-%d %H:%M:%S",
    "MINUTE": "%Y-%m-%d %H:%M",
    "HOUR": "%Y-%m-%d %H",
    "DATE": "%Y-%m-%d",
    "MONTH": "%Y-%m",
    "YEAR": "%Y",
    "%F %T": "%Y-%m-%d %H:%M:%S",
} | {one: one for one in ("%Y-%m", "%Y", "%m", "%d", "%H", "%M", "%V")}


def _moment(seconds: float, zone: str) -> datetime:
    if zone not in ("GMT", "UTC"):
        raise Unproven("time zones other than UTC are not run")
    return datetime.fromtimestamp(seconds, UTC)


def _timestamp(seconds: float, format_: str = "SECOND", zone: str = "GMT") -> str:
    if format_ not in _FORMATS:
        raise Unproven(f"the time format {format_!r} is not run")
    return _moment(seconds, zone).strftime(_FORMATS[format_])


def _date(seconds: float, zone: str = "GMT") -> str:
    return _timestamp(seconds, "DATE", zone)


def _hour(seconds: float, zone: str = "GMT") -> int:
    return _moment(seconds, zone).hour


def _minute(seconds: float, zone: str = "GMT") -> int:
    return _moment(seconds, zone).minute


def _day_of_week(seconds: float, zone: str = "GMT") -> int:
    """1 is Sunday."""
    return _moment(seconds, zone).isoweekday() % 7 + 1


def _week(seconds: float, zone: str = "GMT") -> int:
    """Weeks begin with Sunday; days before the first Sunday are in week 0."""
    return int(_moment(seconds, zone).strftime("%U"))


# --- the table

_TEXT, _NUMBER, _TRUTH, _LIST, _ANY = Type.TEXT, Type.NUMBER, Type.TRUTH, Type.LIST, Type.ANY

_AGGREGATES = {
    name: Function(1, most, gives, aggregate=True)
    for name, most, gives in (
        ("array", 1, _LIST),
        ("array_distinct", 1, _LIST),
        ("avg", 1, _NUMBER),
        ("count", 1, _NUMBER),
        ("count_distinct", 1, _NUMBER),
        ("earliest", 1, _NUMBER),
        ("latest", 1, _NUMBER),
        ("max", 1, _ANY),
        ("min", 1, _ANY),
        ("period_start_for_max", 1, _NUMBER),
        ("period_start_for_min", 1, _NUMBER),
        ("stddev", 1, _NUMBER),
        ("sum", 1, _NUMBER),
        ("window.avg", 2, _NUMBER),
        ("window.first", 2, _TEXT),
        ("window.last", 2, _TEXT),
        ("window.median", 2, _NUMBER),
        ("window.mode", 1, _TEXT),
        ("window.range", 1, _NUMBER),
        ("window.stddev", 1, _NUMBER),
        ("window.variance", 1, _NUMBER),
    )
}

FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "arrays.concat": Function(2, 2, _LIST),
        "arrays.contains": Function(2, 2, _TRUTH),
        "arrays.index_to_float": Function(2, 2, _NUMBER),
        "arrays.index_to_int": Function(2, 2, _NUMBER),
        "arrays.index_to_str": Function(2, 2, _TEXT),
        "arrays.join_string": Function(1, 2, _TEXT),
        "arrays.length": Function(1, 1, _NUMBER),  # run by the evaluator, which has the list
        "arrays.max": Function(1, 1, _NUMBER),
        "arrays.min": Function(1, 2, _NUMBER),
        "arrays.size": Function(1, 1, _NUMBER),
        "bytes.to_base64": Function(1, 2, _TEXT),
        "cast.as_bool": Function(1, 1, _TRUTH, _as_bool),
        "cast.as_float": Function(1, 1, _NUMBER, _as_float),
        "cast.as_int": Function(1, 1, _NUMBER, _as_int),
        "cast.as_string": Function(1, 2, _TEXT),
        "group": Function(1, None, _ANY),
        "hash.fingerprint2011": Function(1, 1, _NUMBER),
        "hash.sha256": Function(1, 1, _TEXT),
        "if": Function(2, 3, _ANY),
        "math.abs": Function(1, 1, _NUMBER, abs),
        "math.ceil": Function(1, 1, _NUMBER),
        "math.floor": Function(1, 1, _NUMBER),
        "math.geo_distance": Function(4, 4, _NUMBER),
        "math.is_increasing": Function(3, 3, _TRUTH, lambda one, two, three: one < two < three),
        "math.log": Function(1, 1, _NUMBER),
        "math.pow": Function(2, 2, _NUMBER),
        "math.random": Function(0, 0, _NUMBER),
        "math.round": Function(1, 2, _NUMBER),
        "math.sqrt": Function(1, 1, _NUMBER),
        "net.ip_in_range_cidr": Function(2, 2, _TRUTH, _in_range),
        "optimization.sample_rate": Function(3, 3, _TRUTH),
        "re.capture": Function(2, 2, _TEXT, _capture),
        "re.capture_all": Function(2, 2, _LIST),
        "re.regex": Function(2, 2, _TRUTH),  # run by the evaluator, which has its `nocase`
        "re.replace": Function(3, 3, _TEXT),
        "strings.base64_decode": Function(1, 1, _TEXT),
        "strings.coalesce": Function(1, None, _TEXT, _coalesce),
        "strings.concat": Function(1, None, _TEXT, _concat),
        "strings.contains": Function(2, 2, _TRUTH, _contains),
        "strings.count_substrings": Function(2, 2, _NUMBER, lambda text, part: text.count(part) if part else 0),
        "strings.ends_with": Function(2, 2, _TRUTH, _ends_with),
        "strings.extract_domain": Function(1, 1, _TEXT),
        "strings.extract_hostname": Function(1, 1, _TEXT),
        "strings.from_base64": Function(1, 1, _TEXT),
        "strings.from_hex": Function(1, 1, _TEXT),
        "strings.length": Function(1, 1, _NUMBER, len),
        "strings.ltrim": Function(2, 2, _TEXT, lambda text, cut: text.lstrip(cut) if cut else text),
        "strings.reverse": Function(1, 1, _TEXT, lambda text: text[::-1]),
        "strings.rtrim": Function(2, 2, _TEXT, lambda text, cut: text.rstrip(cut) if cut else text),
        "strings.split": Function(1, 2, _LIST),
        "strings.starts_with": Function(2, 2, _TRUTH, _starts_with),
        "strings.to_lower": Function(1, 1, _TEXT, str.lower),
        "strings.to_upper": Function(1, 1, _TEXT, str.upper),
        "strings.trim": Function(2, 2, _TEXT, lambda text, cut: text.strip(cut) if cut else text),
        "strings.url_decode": Function(1, 1, _TEXT),
        "timestamp.as_unix_seconds": Function(1, 2, _NUMBER),
        "timestamp.current_seconds": Function(0, 0, _NUMBER),
        "timestamp.get_date": Function(1, 2, _TEXT, _date),
        "timestamp.get_day_of_week": Function(1, 2, _NUMBER, _day_of_week),
        "timestamp.get_hour": Function(1, 2, _NUMBER, _hour),
        "timestamp.get_minute": Function(1, 2, _NUMBER, _minute),
        "timestamp.get_timestamp": Function(1, 3, _TEXT, _timestamp),
        "timestamp.get_week": Function(1, 2, _NUMBER, _week),
        "timestamp.now": Function(0, 0, _NUMBER),
    }
    | _AGGREGATES
)
