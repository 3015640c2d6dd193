"""What a Sigma text matches: it is read again, and asked by the reference meaning, which is Sigma's own.

The specification has no meaning of its own for machines; the reference (`transpile.evaluate`) is this project's
statement of it. What is put to the test here is the text: that it reads as the rule it was written from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from transpile.dialects.base import Event, Result
from transpile.dialects.sigma.measures import KINDS
from transpile.dialects.sigma.plain import Text
from transpile.dialects.sigma.print import print_rule
from transpile.dialects.sigma.read import read
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.streams import StreamReference
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Compute, Measure, MeasureKind, Stream, Together, Where
from transpile.ir.stream import Sequence as Ordered
from transpile.ir.timed import Row, Timed
from transpile.source import Source


def run(tree: Text, events: Iterable[Event]) -> Iterator[int]:
    """The positions of the events that the first rule of a text matches. Raises `Unproven` for one that is not read."""
    check = compile_rule(_rule(tree))
    return (number for number, event in enumerate(events) if check(event))


def rows(tree: Text, events: Sequence[Timed]) -> list[Row]:
    """The alerts of the first rule of a text, by this project's reading of the open points.

    A Sigma text has whatever meaning the rule has, by every reading.
    """
    found = StreamReference(_rule(tree).body).rows(events)
    return [Row(dict(row.columns), row.events) for row in found]


def result(rule: Rule) -> Result:
    """The columns of those rows that say what an alert is of."""
    stage: Stream | None = rule.body
    measures: tuple[Measure, ...] = ()
    while isinstance(stage, Where | Compute):
        stage = stage.input
    if isinstance(stage, Aggregate):
        measures = stage.measures
    by = stage.by if isinstance(stage, Aggregate | Ordered | Together) else ()
    kinds = {kind: name for name, kind in KINDS.items()}
    value = kinds[measures[0].kind] if measures else None
    if measures and measures[0].kind is MeasureKind.PERCENTILE and measures[0].name == "value_percentile":
        value = measures[0].name
    return Result(by, value, "first", "last")


def _rule(tree: Text) -> Rule:
    for reading in read(Source(print_rule(tree))):
        if reading.rule is not None:
            return reading.rule
        raise Unproven("; ".join(one.message for one in reading.diagnostics))
    raise Unproven("the text holds no rule")
