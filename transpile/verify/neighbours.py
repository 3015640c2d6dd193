"""Stored events like a given one, of the same log source and of others, by what tells the log source's events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from transpile.evaluate.facts import Facts
from transpile.evaluate.reference import compile_check
from transpile.ir.expr import Match
from transpile.ir.walk import leaves
from transpile.pipelines.forms import Conditions

STRANGERS: tuple[Any, ...] = ("zq7", 7_000_007)  # values that tell no log source


class Neighbour(NamedTuple):
    """A stored event, whether it is of the log source, and the column in which it differs from the given one."""

    event: Mapping[str, Any]
    inside: bool
    column: str


def neighbours(stored: Mapping[str, Any], where: Conditions, asked: frozenset[str]) -> Iterator[Neighbour]:
    """Events in which one condition of the log source holds by another of its values, or not at all.

    Those that are still of the log source match a rule that matched before, but for columns that the rule asks about
    (`asked`), which are left out. Keys of maps (`additional.fields["Channel"]`) are left as they are.
    """
    checks = [compile_check(one.expr) for one in where]
    for one in where:
        fields = {leaf.field.name: leaf.field for leaf in leaves(one.expr) if isinstance(leaf, Match)}
        if any('["' in name for name in fields):
            continue
        if not stored.keys() & fields.keys() and one.values:
            continue  # a column that the data set computes
        if not asked.intersection(fields) and _holds_more(stored, fields, one.values):
            continue  # a text that the data set takes columns from
        rest = {name: value for name, value in stored.items() if name not in fields}
        inside = all(check(Facts(rest)) for check in checks)
        if not (inside and asked.intersection(fields)):
            yield Neighbour(rest, inside, one.field.name)
        for column, field in fields.items():
            for value in (*one.values, *STRANGERS):
                value = _plain(value)
                event = {**rest, column: [value] if field.repeated else value}
                inside = all(check(Facts(event)) for check in checks)
                typed = any(type(value) is type(known) for known in one.values)
                if typed and event != stored and not (inside and asked.intersection(fields)):
                    yield Neighbour(event, inside, column)


def _holds_more(stored: Mapping[str, Any], fields: Iterable[str], values: Sequence[Any]) -> bool:
    """Whether a column holds more than the pieces of text that a condition asks for."""
    pieces = {_plain(value) for value in values if "*" in str(value)}
    texts = {value for name in fields if isinstance(value := stored.get(name), str)}
    return bool(pieces) and not texts <= pieces


def _plain(value: Any) -> Any:
    """A value of a condition without its wildcards."""
    return value.replace("*", "") if isinstance(value, str) else value
