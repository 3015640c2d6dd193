"""The reference meaning of rules on many events: the rows of a stream, as `transpile.ir.stream` specifies them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, assert_never

from transpile.evaluate import Unproven
from transpile.evaluate.facts import Facts
from transpile.evaluate.functions import compute
from transpile.evaluate.measures import Measurer
from transpile.evaluate.open_points import (
    OURS,
    InnerAlerts,
    InnerTime,
    OpenPoint,
    Readings,
    Shared,
    alternatives,
    is_correlation,
    relevant,
    variations,
    window_of,
)
from transpile.evaluate.reference import Check, compile_check
from transpile.evaluate.rows import (
    Key,
    TimedRow,
    grouped,
    is_within,
    key_columns,
    made_columns,
    made_of,
    row_keys,
    windows,
)
from transpile.evaluate.together import Steps, sequence, together
from transpile.evaluate.values import MISSING
from transpile.ir import stream as ir
from transpile.ir.stream import (
    Aggregate,
    Column,
    Compute,
    Events,
    Join,
    JoinKind,
    OpaqueStage,
    Stream,
    Together,
    Window,
    WindowKind,
)
from transpile.ir.stream import Sequence as InOrder
from transpile.ir.timed import Timed
from transpile.ir.walk import all_events, group_by, name_of, stages
from transpile.record import record

MOST_POINTS = 3  # on which one verdict may depend before no reading is tried any more

Rows = list[TimedRow]


@record
class Alerts:
    """What a rule says of some events: its rows by our reading, the groups that alert, and what that depends on.

    `readings` are all readings of the points in `depends` with the groups that alert by each, ours first; there is one
    where the verdict depends on none, and where it depends on too many to try them all.
    """

    rows: tuple[TimedRow, ...]
    groups: frozenset[Key]
    depends: tuple[OpenPoint, ...]
    readings: tuple[tuple[Readings, frozenset[Key]], ...]


class StreamReference:
    """The reference meaning of one stream. Raises `Unproven` for a condition that cannot be run."""

    def __init__(self, body: Stream) -> None:
        self.body = body
        self.by = group_by(body)
        self._checks: dict[int, Check] = {}
        self._values: dict[int, Callable[[Facts], tuple[Any, ...]]] = {}
        for stage in stages(body):
            match stage:
                case Events(condition) | ir.Where(_, condition):
                    self._checks[id(stage)] = compile_check(condition)
                case Together(holds=holds) if holds is not None:
                    self._checks[id(stage)] = compile_check(holds)
                case Compute(_, columns):
                    self._values.update((id(column), compute(column.value)) for column in columns)
                case OpaqueStage(_, language, text):
                    raise Unproven(f"the meaning of {text!r} ({language}) is not known")
                case _:
                    pass
        self._points = relevant(body)

    def alerts(self, events: Sequence[Timed]) -> Alerts:
        """What the rule says of these events, in any order, and which open points that depends on."""
        found = self._found(events)
        rows = self._run(found, OURS)
        groups = self.groups_of(rows, OURS)
        depends = tuple(
            point
            for point in self._points
            if (point.name != "lists" or any(map(_has_lists, events)))
            and any(self._differs(found, rows, one) for one in alternatives(point))
        )
        readings: list[tuple[Readings, frozenset[Key]]] = [(OURS, groups)]
        if 0 < len(depends) <= MOST_POINTS:
            others = list(variations(depends))[1:]
            readings += [(one, self.groups_of(self._run(found, one), one)) for one in others]
        return Alerts(tuple(rows), groups, depends, tuple(readings))

    def rows(self, events: Sequence[Timed], readings: Readings = OURS) -> Rows:
        """The rows of the stream over these events, in order of time."""
        return self._run(self._found(events), readings)

    def rows_of(self, found: Mapping[int, Rows]) -> Rows:
        """The rows of the stream over rows of its `Events` (by the identity of each) that are already at hand."""
        return self._run({id(stage): found.get(id(stage), []) for stage in all_events(self.body)}, OURS)

    def groups_of(self, rows: Rows, readings: Readings) -> frozenset[Key]:
        """The groups that these rows are alerts of."""
        return frozenset(key for row in rows for key in row_keys(row, self.by, readings))

    def _differs(self, found: Mapping[int, Rows], ours: Rows, readings: Readings) -> bool:
        """Whether other groups alert by another reading."""
        return self.groups_of(ours, readings) != self.groups_of(self._run(found, readings), readings)

    def _found(self, events: Sequence[Timed]) -> dict[int, Rows]:
        """The rows of each `Events`, which no reading changes."""
        facts = [Facts(one.event) for one in events]
        return {
            id(stage): [
                TimedRow(one.time, one.time, one.event, frozenset((number,)))
                for number, one in enumerate(events)
                if self._checks[id(stage)](facts[number])
            ]
            for stage in stages(self.body)
            if isinstance(stage, Events)
        }

    def _run(self, found: Mapping[int, Rows], readings: Readings) -> Rows:
        return sorted(_Run(found, self._checks, self._values, readings).rows(self.body), key=lambda row: row.time)


@record
class _Run:
    """One evaluation of a stream under one reading."""

    found: Mapping[int, Rows]
    checks: Mapping[int, Check]
    values: Mapping[int, Callable[[Facts], tuple[Any, ...]]]
    readings: Readings

    def rows(self, stream: Stream) -> Rows:
        """The rows of a stage."""
        match stream:
            case Events():
                return self.found[id(stream)]
            case ir.Where(Aggregate() as input):
                return list(self.aggregate(input, self.checks[id(stream)]))
            case ir.Where(input):
                check = self.checks[id(stream)]
                return [row for row in self.rows(input) if check(Facts(row.columns))]
            case Compute(input, columns):
                return [self.computed(row, columns) for row in self.rows(input)]
            case Aggregate():
                return list(self.aggregate(stream))
            case Together():
                return list(self.together(stream))
            case InOrder():
                return list(self.sequence(stream))
            case ir.Union(inputs):
                return self.union(inputs)
            case Join():
                return list(self.join(stream))
            case OpaqueStage():
                raise Unproven(f"the meaning of {stream.text!r} is not known")
            case _:
                assert_never(stream)

    def input(self, stream: Stream) -> Rows:
        """The rows of a stage that is the input of one on many rows: alerts, if it is a correlation."""
        rows = self.rows(stream)
        if not is_correlation(stream):
            return rows
        if self.readings.inner_alerts is InnerAlerts.QUIET:
            rows = self.quiet(stream, rows)
        if self.readings.inner_time is InnerTime.FIRST:
            rows = [row._replace(time=row.first) for row in rows]
        return rows

    def quiet(self, stream: Stream, rows: Rows) -> Rows:
        """The alerts of each group without those that follow another within the correlation's timespan."""
        inner = next(stage for stage in reversed(list(stages(stream))) if not isinstance(stage, ir.Where))
        kept: Rows = []
        for group in grouped(rows, group_by(stream), self.readings).values():
            last: TimedRow | None = None
            for row in group:
                if last is None or not is_within(row.time - last.time, window_of(inner), self.readings):
                    last = row
                    kept.append(row)
        return kept

    def computed(self, row: TimedRow, columns: Sequence[Column]) -> TimedRow:
        facts = Facts(row.columns)
        added: dict[str, Any] = {}
        for column in columns:
            values = self.values[id(column)](facts)
            added[column.name] = MISSING if not values else values[0] if len(values) == 1 else list(values)
        return row._replace(columns={**row.columns, **added})

    def union(self, inputs: Sequence[Stream]) -> Rows:
        rows = [row for one in inputs for row in self.input(one)]
        if self.readings.shared is Shared.EACH:
            return rows
        kept: dict[frozenset[int], Rows] = {}
        for row in rows:
            same = kept.setdefault(row.events, [])
            if not any(row.columns == other.columns for other in same):
                same.append(row)
        return [row for same in kept.values() for row in same]

    def aggregate(self, stage: Aggregate, passes: Check = lambda facts: True) -> Iterator[TimedRow]:
        """The rows whose columns pass a check, which saves making the others."""
        for key, rows in grouped(self.input(stage.input), stage.by, self.readings).items():
            instant = all(row.first == row.time for row in rows)
            measurer = Measurer(self.readings, len({row.events for row in rows}) == len(rows))
            for window in windows(rows, stage.window, self.readings):
                columns = key_columns(stage.by, key, window[-1])
                for measure in stage.measures:
                    value = measurer.of(measure, window)
                    columns[measure.name] = MISSING if value is None else value
                columns = made_columns(window, columns, self.readings, instant=instant)
                if passes(Facts(columns)):
                    yield made_of(window, columns)

    def together(self, stage: Together) -> Iterator[TimedRow]:
        names = [name_of(one) for one in stage.inputs]
        groups = self.by_group(stage.inputs, stage.by)
        for key, inputs in groups.items():
            holds = self.checks.get(id(stage))
            yield from together(names, inputs, stage.by, key, stage.within, holds, self.readings)

    def sequence(self, stage: InOrder) -> Iterator[TimedRow]:
        streams = [step.input for step in stage.steps]
        until = [] if stage.until is None else [stage.until]
        for key, inputs in self.by_group([*streams, *until], stage.by).items():
            for rows in self.split(inputs, stage.within):
                happening: list[Rows] = []
                never: list[Rows] = [[]]
                for step, found in zip(stage.steps, rows, strict=False):
                    if step.absent:
                        never[-1] = never[-1] + found
                    else:
                        happening.append(found)
                        never.append([])
                steps = Steps(happening, never, rows[-1] if until else [])
                within = stage.within if stage.within and stage.within.kind is WindowKind.SLIDING else None
                yield from sequence(steps, stage.by, key, within, self.readings)

    def split(self, inputs: list[Rows], window: Window | None) -> Iterator[list[Rows]]:
        """The rows of each input by the windows that they are in; all of them where windows slide."""
        if window is None or window.kind is WindowKind.SLIDING:
            yield inputs
            return
        everything = sorted({id(row): row for rows in inputs for row in rows}.values(), key=lambda row: row.time)
        for part in windows(everything, window, self.readings):
            inside = set(map(id, part))
            yield [[row for row in rows if id(row) in inside] for rows in inputs]

    def by_group(self, streams: Sequence[Stream], by: Sequence[str]) -> dict[Key, list[Rows]]:
        """For each group that any of the streams has a row of, the rows of each."""
        found: dict[Key, list[Rows]] = {}
        for number, one in enumerate(streams):
            for key, rows in grouped(self.input(one), by, self.readings).items():
                found.setdefault(key, [[] for _ in streams])[number] = rows
        return found

    def join(self, stage: Join) -> Iterator[TimedRow]:
        right = grouped(self.input(stage.right), stage.on, self.readings)
        for row in self.input(stage.left):
            candidates = (one for key in row_keys(row, stage.on, self.readings) for one in right.get(key, ()))
            partners = [one for one in candidates if is_within(abs(row.time - one.time), stage.within, self.readings)]
            if stage.kind is JoinKind.INNER or (stage.kind is JoinKind.LEFT and partners):
                for one in partners:
                    events = row.events | one.events
                    time, first = max(row.time, one.time), min(row.first, one.first)
                    yield TimedRow(time, first, {**one.columns, **row.columns}, events)
            elif not partners:
                yield row


def _has_lists(timed: Timed) -> bool:
    return any(isinstance(value, list) for value in timed.event.values())


def key_text(key: Key) -> str:
    """A group for people: its values with commas between them.

    >>> key_text(("alice", None))
    'alice, (none)'
    """
    return ", ".join("(none)" if one is None else one for one in key)
