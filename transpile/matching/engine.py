"""Rules on many events, one moment after the other: what `evaluate.streams` says, in memory that the windows bound.

Each stage takes the rows of one moment and gives those that they complete. The reference looks at all events at once;
a test holds the two together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from operator import ge, gt, le, lt
from typing import Any, assert_never

from transpile.evaluate.facts import Facts
from transpile.evaluate.functions import compute
from transpile.evaluate.open_points import OURS, window_of
from transpile.evaluate.reference import compile_check
from transpile.evaluate.rows import Key, TimedRow, key_columns, row_keys
from transpile.evaluate.values import MISSING
from transpile.ir import stream as ir
from transpile.ir.expr import TRUE, And, Expr, Match
from transpile.ir.match import Compare, Field, Order
from transpile.ir.stream import (
    MATCHED,
    Aggregate,
    Compute,
    Events,
    Join,
    OpaqueStage,
    Stream,
    Together,
    WindowKind,
)
from transpile.ir.stream import Sequence as InOrder
from transpile.ir.walk import name_of, stages
from transpile.matching.measured import Measured

Rows = list[TimedRow]
Found = Mapping[int, Rows]  # by the identity of each `Events`, its rows at this moment
Stage = Callable[[float, Found], Rows]

PURGE = 5_000  # groups of one stage at which those out of every window are dropped


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


def compile_stream(stream: Stream, *, quiet: bool = False) -> Stage:
    """The stream as a function that is called for each moment in turn: its time, and the rows of its `Events`.

    `quiet` leaves out rows of an aggregate that follow another of their group within the window.
    """
    match stream:
        case Events():
            return lambda time, found: found.get(id(stream), [])
        case ir.Where(Aggregate() as input, condition):
            return _Aggregating(input, condition, quiet=quiet).step
        case ir.Where(input, condition):
            return _where(compile_stream(input), compile_check(condition))
        case Compute():
            return _compute(stream)
        case ir.Union(streams):
            return _union([compile_stream(one) for one in streams])
        case Aggregate():
            return _Aggregating(stream).step
        case Together():
            return _Gathering(stream).step
        case InOrder():
            return _Ordering(stream).step
        case Join() | OpaqueStage():
            raise TypeError("only stages that `is_incremental` accepts are run moment by moment")
        case _:
            assert_never(stream)


def _where(step: Stage, check: Callable[[Facts], bool]) -> Stage:
    return lambda time, found: [row for row in step(time, found) if check(Facts(row.columns))]


def _compute(stage: Compute) -> Stage:
    step = compile_stream(stage.input)
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
        rows: Rows = []
        for one in steps:
            for row in one(time, found):
                if not any(row.events == other.events and row.columns == other.columns for other in rows):
                    rows.append(row)
        return rows

    return step


def _grouped(rows: Rows, by: tuple[str, ...]) -> list[tuple[Key, TimedRow]]:
    return [(key, row) for row in rows for key in _keys(row, by)] if rows else []


def _keys(row: TimedRow, by: tuple[str, ...]) -> Iterable[Key]:
    """`row_keys`, quicker where every value is a text, as nearly always."""
    columns = row.columns
    key = []
    for name in by:
        value = columns.get(name)
        if type(value) is not str or not value:
            return row_keys(row, by, OURS)
        key.append(value)
    return (tuple(key),)


def _on_measures(condition: Expr, measures: frozenset[str]) -> Callable[[Mapping[str, Any]], bool] | None:
    """A condition that only compares measures with numbers, as a function of their values; None for any other."""
    match condition:
        case Match(Field(name), Compare(order, bound)) if name in measures:
            stands = _ORDERS[order]
            return lambda values: (value := values[name]) is not MISSING and stands(value, bound)
        case And(args):
            parts = [_on_measures(arg, measures) for arg in args]
            known = [part for part in parts if part is not None]
            return (lambda values: all(part(values) for part in known)) if len(known) == len(parts) else None
        case _:
            return None


_ORDERS: Mapping[Order, Callable[[Any, Any], bool]] = {Order.LT: lt, Order.LTE: le, Order.GT: gt, Order.GTE: ge}


def _purged(groups: dict[Key, Any], last: Callable[[Any], float], oldest: float) -> None:
    """Drop the groups of which nothing is within a window any more."""
    for key in [key for key, group in groups.items() if last(group) < oldest]:
        del groups[key]


def _oldest(time: float, seconds: float) -> float:
    """The earliest time in the window that ends now, less what floats of our time are inexact by."""
    return time - seconds - 1e-6


class _Input:
    """A stage's input: nearly always `Events`, whose rows are at hand."""

    def __init__(self, stream: Stream) -> None:
        self.events = id(stream) if isinstance(stream, Events) else None
        self.step = compile_stream(stream)

    def rows(self, time: float, found: Found) -> Rows:
        return self.step(time, found) if self.events is None else found.get(self.events, _NOTHING)


_NOTHING: Rows = []


class _Window:
    """The rows of one group in the window that ends now, and their measures."""

    def __init__(self, stage: Aggregate) -> None:
        self.rows: deque[TimedRow] = deque()
        apart = isinstance(stage.input, Events)
        self.measured = [Measured(measure, apart) for measure in stage.measures]

    def add(self, row: TimedRow) -> None:
        self.rows.append(row)
        for one in self.measured:
            one.add(row)

    def drop_before(self, oldest: float) -> None:
        while self.rows and self.rows[0].time < oldest:
            row = self.rows.popleft()
            for one in self.measured:
                one.drop(row)


class _Aggregating:
    """`Aggregate` over a sliding window, and the condition on its rows."""

    def __init__(self, stage: Aggregate, condition: Expr = TRUE, *, quiet: bool = False) -> None:
        assert stage.window is not None
        self.check = compile_check(condition)
        self.quick = _on_measures(condition, frozenset(measure.name for measure in stage.measures))
        self.quiet: dict[Key, float] | None = {} if quiet else None  # when each group last alerted
        self.instant = not any(isinstance(one, Aggregate | Together | InOrder) for one in stages(stage.input))
        self.stage, self.seconds = stage, stage.window.seconds
        self.input = _Input(stage.input)
        self.groups: dict[Key, _Window] = {}
        self.limit = PURGE

    def step(self, time: float, found: Found) -> Rows:
        touched: dict[Key, _Window] = {}
        for key, row in _grouped(self.input.rows(time, found), self.stage.by):
            group = self.groups.get(key)
            if group is None:
                group = self.groups[key] = _Window(self.stage)
            group.add(row)
            touched[key] = group
        oldest = _oldest(time, self.seconds)
        if len(self.groups) > self.limit:
            _purged(self.groups, lambda group: group.rows[-1].time, oldest)
            self.limit = max(PURGE, 2 * len(self.groups))
            if self.quiet is not None:
                self.quiet = {key: last for key, last in self.quiet.items() if last >= oldest}
        rows = (self.row(key, group, time, oldest) for key, group in touched.items())
        return [row for row in rows if row is not None]

    def row(self, key: Key, group: _Window, time: float, oldest: float) -> TimedRow | None:
        group.drop_before(oldest)
        if self.quiet is not None and self.quiet.get(key, oldest - 1) >= oldest:
            return None
        rows = group.rows
        values = {one.measure.name: one.value for one in group.measured}
        if self.quick is not None and not self.quick(values):
            return None
        first = rows[0].time if self.instant else min(row.first for row in rows)
        columns = {**key_columns(self.stage.by, key, rows[-1]), **values, "first": first, "last": time}
        if self.quick is None and not self.check(Facts(columns)):
            return None
        if self.quiet is not None:
            self.quiet[key] = time
        return TimedRow(time, first, columns, frozenset().union(*(row.events for row in rows)))


class _Gathering:
    """`Together` over a sliding window: of each input, the last row of each group."""

    def __init__(self, stage: Together) -> None:
        assert stage.within is not None
        self.stage, self.seconds = stage, stage.within.seconds
        self.inputs = [_Input(one) for one in stage.inputs]
        self.names = [name_of(one) for one in stage.inputs]
        self.holds = compile_check(stage.holds) if stage.holds is not None else None
        self.groups: dict[Key, dict[int, TimedRow]] = {}
        self.limit = PURGE

    def step(self, time: float, found: Found) -> Rows:
        touched: dict[Key, dict[int, TimedRow]] = {}
        for number, one in enumerate(self.inputs):
            for key, row in _grouped(one.rows(time, found), self.stage.by):
                group = self.groups.setdefault(key, {})
                group[number] = row
                touched[key] = group
        oldest = _oldest(time, self.seconds)
        if len(self.groups) > self.limit:
            _purged(self.groups, lambda group: max(row.time for row in group.values()), oldest)
            self.limit = max(PURGE, 2 * len(self.groups))
        rows = (self.row(key, group, time, oldest) for key, group in touched.items())
        return [row for row in rows if row is not None]

    def row(self, key: Key, group: dict[int, TimedRow], time: float, oldest: float) -> TimedRow | None:
        if self.holds is None and len(group) < len(self.inputs):
            return None
        present = {number: row for number, row in group.items() if row.time >= oldest}
        if self.holds is None:
            alerts = len(present) == len(self.inputs)
        else:
            facts: dict[str, Any] = {self.names[number]: True for number in present}
            alerts = self.holds(Facts({**facts, MATCHED: len(present)}))
        if not alerts:
            return None
        rows = sorted(present.values(), key=lambda row: row.time)
        first = min(row.first for row in rows)
        columns = {**key_columns(self.stage.by, key, rows[-1]), MATCHED: len(present), "first": first, "last": time}
        return TimedRow(time, first, columns, frozenset().union(*(row.events for row in rows)))


Chain = tuple[TimedRow, ...]


class _Ordering:
    """`Sequence` over a sliding window: of each group, for each step the chain up to it that began last."""

    def __init__(self, stage: InOrder) -> None:
        assert stage.within is not None
        self.stage, self.seconds = stage, stage.within.seconds
        self.steps = [_Input(step.input) for step in stage.steps if not step.absent]
        self.never: list[list[_Input]] = [[]]  # before each step, what must not come between
        for step in stage.steps:
            if step.absent:
                self.never[-1].append(_Input(step.input))
            else:
                self.never.append([])
        self.until = _Input(stage.until) if stage.until is not None else None
        self.groups: dict[Key, dict[int, Chain]] = {}
        self.limit = PURGE

    def step(self, time: float, found: Found) -> Rows:
        oldest = _oldest(time, self.seconds)
        by, last = self.stage.by, len(self.steps) - 1
        done: Rows = []
        begun: list[tuple[Key, int, Chain]] = []
        for number, one in enumerate(self.steps):
            for key, row in _grouped(one.rows(time, found), by):
                chain = self.longer(key, number, row, oldest)
                if chain is None:
                    continue
                begun.append((key, number, chain))
                if number == last:
                    done.append(self.row(key, chain))
        for number, forbidden in enumerate(self.never):
            for one in forbidden:
                for key, _ in _grouped(one.rows(time, found), by):
                    self.groups.get(key, {}).pop(number - 1, None)
        if self.until is not None:
            for key, _ in _grouped(self.until.rows(time, found), by):
                self.groups.pop(key, None)
        for key, number, chain in begun:
            group = self.groups.setdefault(key, {})
            if number < last and (number not in group or group[number][0].time <= chain[0].time):
                group[number] = chain
        if len(self.groups) > self.limit:
            _purged(self.groups, lambda group: max((chain[0].time for chain in group.values()), default=0), oldest)
            self.limit = max(PURGE, 2 * len(self.groups))
        return list({row.events: row for row in done}.values())

    def longer(self, key: Key, number: int, row: TimedRow, oldest: float) -> Chain | None:
        """The chain that a row of a step continues, or begins."""
        if number == 0:
            return (row,)
        before = self.groups.get(key, {}).get(number - 1)
        return (*before, row) if before is not None and before[0].time >= oldest else None

    def row(self, key: Key, chain: Chain) -> TimedRow:
        first = min(row.first for row in chain)
        time = chain[-1].time
        columns = {**key_columns(self.stage.by, key, chain[-1]), "first": first, "last": time}
        return TimedRow(time, first, columns, frozenset().union(*(row.events for row in chain)))
