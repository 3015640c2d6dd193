"""What vendors' files say of a rule, in Sigma's terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from transpile import attack
from transpile.ir.stream import LogSource

LEVELS: Mapping[str, str] = {
    "informational": "informational",
    "info": "informational",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "critical",
}
_TECHNIQUE = re.compile(r"\bT\d{4}(?:\.\d{3})?\b", re.IGNORECASE)


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts, or one text, as a tuple; everything else is dropped.

    >>> texts(["a", 1, None]), texts("a")
    (('a', '1'), ('a',))
    """
    if isinstance(value, list | tuple):
        return tuple(str(one) for one in value if isinstance(one, str | int | float) and not isinstance(one, bool))
    return (value,) if isinstance(value, str) and value.strip() else ()


def text(value: Any) -> str | None:
    """One text without blanks at its ends, or None.

    >>> text(" a "), text(""), text([1])
    ('a', None, None)
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return (value.strip() or None) if isinstance(value, str) else None


def level(value: Any) -> str | None:
    """A severity as Sigma's level, or None."""
    return LEVELS.get(str(value).strip().lower())


def iso_date(value: Any) -> str | None:
    """A date as ISO 8601, from `2026-01-31`, `2026/01/31` or a timestamp; None for anything else.

    >>> iso_date("2023/01/11"), iso_date("2024-01-02T03:04:05Z"), iso_date("soon")
    ('2023-01-11', '2024-01-02', None)
    """
    found = re.match(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", str(value))
    try:
        return date(*map(int, found.groups())).isoformat() if found else None
    except ValueError:
        return None


def tags(names: Iterable[str]) -> tuple[str, ...]:
    """Sigma tags for tactics and techniques in any spelling; what ATT&CK does not know is left out.

    >>> tags(["LateralMovement", "T1021.002", "TA0001"])
    ('attack.lateral-movement', 'attack.t1021.002', 'attack.initial-access')
    """
    found: dict[str, None] = {}
    for name in names:
        technique = _TECHNIQUE.search(name)
        if technique:
            found[f"attack.{technique.group().lower()}"] = None
            continue
        spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name.strip())
        tactic = attack.tactic(spaced)
        if tactic is not None:
            found[f"attack.{tactic.key}"] = None
    return tuple(found)


# How vendors name a system or a log that only it has, in the order of Sigma's documentation.
_SYSTEMS: Mapping[str, re.Pattern[str]] = {
    "windows": re.compile(r"\bwindows\b|\bsysmon\b(?! for linux)|\bpowershell\b", re.IGNORECASE),
    "linux": re.compile(r"\blinux\b|\bauditd\b", re.IGNORECASE),
    "macos": re.compile(r"\bmac ?os\b|\bos ?x\b", re.IGNORECASE),
}


def systems(names: Iterable[str]) -> tuple[LogSource, ...]:
    """The systems that lists of platforms and data sources name, as log sources.

    >>> [one.product for one in systems(["OS: macOS", "OS: Windows", "Okta"])]
    ['windows', 'macos']
    """
    named = tuple(names)
    return tuple(LogSource(product=name) for name, words in _SYSTEMS.items() if any(map(words.search, named)))


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def seconds(value: Any) -> int | None:
    """A duration in seconds, from `5m`, `now-9m`, `-70m@m`, `PT1H` or `1d`; None for anything else.

    >>> seconds("now-9m"), seconds("PT1H30M"), seconds("P14D"), seconds("-70m@m"), seconds("x")
    (540, 5400, 1209600, 4200, None)
    """
    written = str(value).strip()
    iso = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", written)
    if iso and any(iso.groups()):
        days, hours, minutes, rest = (int(part or 0) for part in iso.groups())
        return days * 86400 + hours * 3600 + minutes * 60 + rest
    short = re.fullmatch(r"(?:now)?-?(\d+)(s|m|h|d|w)(?:@\w+)?", written)
    return int(short[1]) * _UNITS[short[2]] if short else None
