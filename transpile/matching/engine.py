"""Rules on many events, one moment after the other: what `evaluate.streams` says, in memory that the windows bound.

Each stage takes the rows of one moment and gives those that they complete. The reference looks at all events at once;
a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, assert_never

from transpile.evaluate.facts import Facts
from transpile.evaluate.functions import compute
from transpile.evaluate.open_points import window_of
from transpile.evaluate.reference import compile_check
from transpile.evaluate.rows import TimedRow
from transpile.evaluate.values import MISSING
from transpile.ir import stream as ir
from transpile.ir.expr import TRUE
from transpile.ir.stream import Aggregate, Compute, Events, Join, OpaqueStage, Stream, Together, WindowKind
from transpile.ir.stream import Sequence as InOrder
from transpile.ir.walk import all_events, stages
from transpile.matching.windowed import Aggregating, Alone, Found, Gathering, Ordering, Rows, Stage

Places = Mapping[int, int]  # by the identity of each `Events`, the place of its rows in `Found`


def is_incremental(stream: Stream) -> bool:
    """Whether a rule can be run so: its stages know at each moment what it completes."""
    for stage in stages(stream):
        window = window_of(stage)
        if isinstance(stage, Join | OpaqueStage) or (window and window.kind is not WindowKind.SLIDING):
            return False
        if isinstance(stage, Aggregate | InOrder | Together) and window is None:
            return False
        if isinstance(stage, InOrder) and (stage.steps[0].absent or stage.steps[-1].absent):
            return False
    return True


class Compiled(NamedTuple):
    """A stream that runs: `step` for any moment, and by place what to call for a moment with one row, of that place."""

    step: Stage
    alone: Mapping[int, Alone]


def compile_rule(body: Stream, places: Places) -> Compiled:
    """A rule's body, without rows that follow another of their group within the window. Changes no row."""
    made = _on_windows(body, places, quiet=True)
    if made is None:
        return Compiled(compile_stream(body, places), {})
    used = {places[id(events)] for events in all_events(body)}
    return Compiled(made.step, {place: one for place in used if (one := made.alone(place)) is not None})


def compile_stream(stream: Stream, places: Places) -> Stage:
    """The stream as a function that is called for each moment in turn: its time, and the rows of its `Events`."""
    match stream:
        case Events():
            place = places[id(stream)]
            return lambda time, found: found.get(place, _NOTHING)
        case ir.Where(input, condition) if not isinstance(input, Aggregate):
            return _where(compile_stream(input, places), compile_check(condition))
        case Compute():
            return _compute(stream, places)
        case ir.Union(streams):
            return _union([compile_stream(one, places) for one in streams])
        case ir.Where() | Aggregate() | Together() | InOrder():
            made = _on_windows(stream, places, quiet=False)
            assert made is not None
            return made.step
        case Join() | OpaqueStage():
            raise TypeError("only stages that `is_incremental` accepts are run moment by moment")
        case _:
            assert_never(stream)


def _on_windows(stream: Stream, places: Places, *, quiet: bool) -> Aggregating | Gathering | Ordering | None:
    """The stages that keep windows; None for any other."""

    def input_of(one: Stream) -> int | Stage:
        return places[id(one)] if isinstance(one, Events) else compile_stream(one, places)

    match stream:
        case ir.Where(Aggregate() as input, condition):
            return Aggregating(input, input_of(input.input), condition, quiet=quiet)
        case Aggregate():
            return Aggregating(stream, input_of(stream.input), TRUE, quiet=quiet)
        case Together():
            return Gathering(stream, [input_of(one) for one in stream.inputs], quiet=quiet)
        case InOrder():
            until = None if stream.until is None else compile_stream(stream.until, places)
            return Ordering(stream, [input_of(step.input) for step in stream.steps], until, quiet=quiet)
        case _:
            return None


_NOTHING: Rows = ()


def _where(step: Stage, check: Callable[[Facts], bool]) -> Stage:
    return lambda time, found: [row for row in step(time, found) if check(Facts(row.columns))]


def _compute(stage: Compute, places: Places) -> Stage:
    step = compile_stream(stage.input, places)
    columns = [(column.name, compute(column.value)) for column in stage.columns]

    def computed(row: TimedRow) -> TimedRow:
        facts = Facts(row.columns)
        added: dict[str, Any] = {}
        for name, of in columns:
            values = of(facts)
            added[name] = MISSING if not values else values[0] if len(values) == 1 else list(values)
        return row._replace(columns={**row.columns, **added})

    return lambda time, found: [computed(row) for row in step(time, found)]


def _union(steps: list[Stage]) -> Stage:
    def step(time: float, found: Found) -> Rows:
        rows: list[TimedRow] = []
        for one in steps:
            for row in one(time, found):
                if not any(row.events == other.events and row.columns == other.columns for other in rows):
                    rows.append(row)
        return rows

    return step
