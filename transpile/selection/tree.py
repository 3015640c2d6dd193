"""Conditions on rules, and whether a rule meets one.

A rule that could not be read says nothing of itself, so what is asked of it is unknown (Kleene's third value, None).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import assert_never

from transpile.ir.rule import Rule
from transpile.ir.walk import all_events
from transpile.record import record

LEVELS = ("informational", "low", "medium", "high", "critical")
STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")

_Said = Callable[[Rule], Sequence[str | None]]


def _logsources(part: str) -> _Said:
    return lambda rule: [getattr(events.logsource, part) for events in all_events(rule.body)]


# What can be asked of a rule; `path` is known of every rule.
FIELDS: Mapping[str, _Said] = MappingProxyType(
    {
        "path": lambda rule: (),
        "id": lambda rule: (rule.id,),
        "title": lambda rule: (rule.title,),
        "name": lambda rule: (rule.name,),
        "level": lambda rule: (rule.level,),
        "status": lambda rule: (rule.status,),
        "tag": lambda rule: rule.tags,
        "author": lambda rule: (rule.author,),
        "description": lambda rule: (rule.description,),
        "license": lambda rule: (rule.license,),
        "date": lambda rule: (rule.date,),
        "modified": lambda rule: (rule.modified or rule.date,),
        "reference": lambda rule: rule.references,
        "language": lambda rule: (rule.language or "sigma",),
        "logsource.product": _logsources("product"),
        "logsource.category": _logsources("category"),
        "logsource.service": _logsources("service"),
    }
)
ORDERED = ("level", "date", "modified")


@record
class Criterion:
    """`field operator value`: `==`, `~` (contains, or a glob), `<`, `<=`, `>`, `>=`; any of several values will do."""

    field: str
    operator: str
    values: tuple[str, ...]


@record
class Both:
    """All of these hold."""

    parts: tuple[Condition, ...]


@record
class Either:
    """At least one of these holds."""

    parts: tuple[Condition, ...]


@record
class Negated:
    """This does not hold."""

    part: Condition


Condition = Criterion | Both | Either | Negated


def holds(condition: Condition, rule: Rule | None, path: str) -> bool | None:
    """Whether a rule meets a condition; None where that depends on a rule that could not be read."""
    match condition:
        case Criterion():
            return _asked(condition, rule, path)
        case Negated(part):
            inner = holds(part, rule, path)
            return None if inner is None else not inner
        case Both(parts):
            found = [holds(part, rule, path) for part in parts]
            return False if False in found else None if None in found else True
        case Either(parts):
            found = [holds(part, rule, path) for part in parts]
            return True if True in found else None if None in found else False
        case _:
            assert_never(condition)


def _asked(asked: Criterion, rule: Rule | None, path: str) -> bool | None:
    if asked.field == "path":
        said: Sequence[str | None] = (path.replace("\\", "/"),)
    elif rule is None:
        return None
    else:
        said = FIELDS[asked.field](rule)
    return any(_test(asked, one, value) for one in said if one is not None for value in asked.values)


def _test(asked: Criterion, said: str, value: str) -> bool:
    said, value = said.casefold(), value.casefold()
    match asked.operator:
        case "==":
            return said == value
        case "~":
            return fnmatchcase(said, value) if "*" in value or "?" in value else value in said
        case _:
            return _in_order(asked, said, value)


def _in_order(asked: Criterion, said: str, value: str) -> bool:
    if asked.field == "level":
        if said not in LEVELS:
            return False
        left, right = LEVELS.index(said), LEVELS.index(value)
        order = (left > right) - (left < right)
    else:
        order = (said > value) - (said < value)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[asked.operator]
