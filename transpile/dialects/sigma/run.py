"""What a Sigma text matches: it is read again, and asked by the reference meaning, which is Sigma's own.

The specification has no meaning of its own for machines; the reference (`transpile.evaluate`) is this project's
statement of it. What is put to the test here is the text: that it reads as the rule it was written from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from transpile.dialects.base import Event
from transpile.dialects.sigma.plain import Text
from transpile.dialects.sigma.print import print_rule
from transpile.dialects.sigma.read import read
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.streams import StreamReference
from transpile.ir.rule import Rule
from transpile.ir.timed import Row, Timed
from transpile.source import Source


def run(tree: Text, events: Iterable[Event]) -> Iterator[int]:
    """The positions of the events that the first rule of a text matches. Raises `Unproven` for one that is not read."""
    check = compile_rule(_rule(tree))
    return (number for number, event in enumerate(events) if check(event))


def rows(tree: Text, events: Sequence[Timed]) -> list[Row]:
    """The alerts of the first rule of a text. Raises `Unproven` where they depend on an open point."""
    reference = StreamReference(_rule(tree).body)
    found = reference.alerts(events)
    if found.depends:
        raise Unproven("; ".join(str(point) for point in found.depends))
    return [Row(_columns(row.columns), row.events) for row in found.rows]


def _columns(columns: Mapping[str, Any]) -> dict[str, Any]:
    return dict(columns)


def _rule(tree: Text) -> Rule:
    for reading in read(Source(print_rule(tree))):
        if reading.rule is not None:
            return reading.rule
        raise Unproven("; ".join(one.message for one in reading.diagnostics))
    raise Unproven("the text holds no rule")
