"""Rules on many events, one moment after the other: what `evaluate.streams` says, in memory that the windows bound.

Each stage takes the rows of one moment and gives those that they complete. The reference looks at all events at once;
a test holds the two together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any, assert_never

from transpile.evaluate.facts import Facts
from transpile.evaluate.functions import compute
from transpile.evaluate.open_points import window_of
from transpile.evaluate.reference import compile_check
from transpile.evaluate.rows import Key, TimedRow, key_columns
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
from transpile.matching.groups import Groups, oldest_of
from transpile.matching.measured import Length, moving

Rows = list[TimedRow]
Found = Mapping[int, Rows]  # by the place of each `Events`, its rows at this moment
Places = Mapping[int, int]  # by the identity of each `Events`, the place of its rows in `Found`
Stage = Callable[[float, Found], Rows]


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


def compile_stream(stream: Stream, places: Places, *, quiet: bool = False) -> Stage:
    """The stream as a function that is called for each moment in turn: its time, and the rows of its `Events`.

    `quiet` leaves out rows that follow another of their group within the window. No stage changes the rows it is given.
    """
    match stream:
        case Events():
            place = places[id(stream)]
            return lambda time, found: found.get(place, _NOTHING)
        case ir.Where(Aggregate() as input, condition):
            return _Aggregating(input, places, condition, quiet=quiet).step
        case ir.Where(input, condition):
            return _where(compile_stream(input, places), compile_check(condition))
        case Compute():
            return _compute(stream, places)
        case ir.Union(streams):
            return _union([compile_stream(one, places) for one in streams])
        case Aggregate():
            return _Aggregating(stream, places).step
        case Together():
            return _Gathering(stream, places, quiet=quiet).step
        case InOrder():
            return _Ordering(stream, places, quiet=quiet).step
        case Join() | OpaqueStage():
            raise TypeError("only stages that `is_incremental` accepts are run moment by moment")
        case _:
            assert_never(stream)


_NOTHING: Rows = []


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
        rows: Rows = []
        for one in steps:
            for row in one(time, found):
                if not any(row.events == other.events and row.columns == other.columns for other in rows):
                    rows.append(row)
        return rows

    return step


_Bound = tuple[int, Callable[[Any, Any], bool], Any]  # the position of a measure, and what is asked of its value
_ORDERS: Mapping[Order, Callable[[Any, Any], bool]] = {Order.LT: lt, Order.LTE: le, Order.GT: gt, Order.GTE: ge}


def _bounds(condition: Expr, measures: list[str]) -> list[_Bound] | None:
    """A condition that only compares measures with numbers, comparison by comparison; None for any other."""
    match condition:
        case Match(Field(name), Compare(order, bound)) if name in measures:
            return [(measures.index(name), _ORDERS[order], bound)]
        case And(args):
            parts = [_bounds(arg, measures) for arg in args]
            known = [part for part in parts if part is not None]
            return [bound for part in known for bound in part] if len(known) == len(parts) else None
        case _:
            return None


class _Window:
    """The rows of one group in the window that ends now, and their measures."""

    __slots__ = ("kept", "measured", "rows")

    def __init__(self, stage: Aggregate) -> None:
        self.rows: deque[TimedRow] = deque()
        apart = isinstance(stage.input, Events)
        self.measured = [moving(measure, self.rows, apart=apart) for measure in stage.measures]
        self.kept = [one for one in self.measured if not isinstance(one, Length)]  # what has rows of its own to count

    def drop_before(self, oldest: float) -> None:
        rows = self.rows
        while rows[0].time < oldest:
            row = rows.popleft()
            for one in self.kept:
                one.drop(row)


class _Aggregating:
    """`Aggregate` over a sliding window, and the condition on its rows."""

    def __init__(self, stage: Aggregate, places: Places, condition: Expr = TRUE, *, quiet: bool = False) -> None:
        assert stage.window is not None
        self.stage = stage
        self.names = [measure.name for measure in stage.measures]
        self.check = compile_check(condition)
        self.bounds = _bounds(condition, self.names)
        self.instant = not any(isinstance(one, Aggregate | Together | InOrder) for one in stages(stage.input))
        self.input = compile_stream(stage.input, places)
        self.groups = Groups[_Window](stage.by, stage.window.seconds, _last_of_window, quiet=quiet)

    def step(self, time: float, found: Found) -> Rows:
        given = self.input(time, found)
        if not given:
            return _NOTHING
        groups, known = self.groups, self.groups.known
        touched: dict[Key, _Window] = {}
        for row in given:
            for key in groups.keys(row):
                group = known.get(key)
                if group is None:
                    group = known[key] = _Window(self.stage)
                group.rows.append(row)
                for one in group.kept:
                    one.add(row)
                touched[key] = group
        oldest = oldest_of(time, groups.seconds)
        if len(known) > groups.limit:
            groups.purge(oldest)
        made = []
        for key, group in touched.items():
            if group.rows[0].time < oldest:
                group.drop_before(oldest)
            if not groups.is_quiet(key, oldest) and (found_row := self.row(key, group, time)) is not None:
                made.append(found_row)
        return made

    def row(self, key: Key, group: _Window, time: float) -> TimedRow | None:
        if self.bounds is not None:
            for at, stands, bound in self.bounds:
                value = group.measured[at].value
                if value is MISSING or not stands(value, bound):
                    return None
        rows = group.rows
        first = rows[0].time if self.instant else min(row.first for row in rows)
        values = dict(zip(self.names, (one.value for one in group.measured), strict=True))
        columns = {**key_columns(self.stage.by, key, rows[-1]), **values, "first": first, "last": time}
        if self.bounds is None and not self.check(Facts(columns)):
            return None
        self.groups.alert(key, time)
        return TimedRow(time, first, columns, frozenset().union(*(row.events for row in rows)))


def _last_of_window(group: _Window) -> float:
    return group.rows[-1].time if group.rows else 0


class _Gathering:
    """`Together` over a sliding window: of each input, the last row of each group."""

    def __init__(self, stage: Together, places: Places, *, quiet: bool = False) -> None:
        assert stage.within is not None
        self.stage = stage
        self.inputs = [compile_stream(one, places) for one in stage.inputs]
        self.names = [name_of(one) for one in stage.inputs]
        self.holds = compile_check(stage.holds) if stage.holds is not None else None
        self.least = len(self.inputs) if stage.holds is None else 0  # inputs that must have a row
        self.groups = Groups[dict[int, TimedRow]](stage.by, stage.within.seconds, _last_of_rows, quiet=quiet)

    def step(self, time: float, found: Found) -> Rows:
        groups, known = self.groups, self.groups.known
        touched: dict[Key, dict[int, TimedRow]] = {}
        for number, one in enumerate(self.inputs):
            if not (given := one(time, found)):
                continue
            for row in given:
                for key in groups.keys(row):
                    group = known.get(key)
                    if group is None:
                        group = known[key] = {}
                    group[number] = row
                    touched[key] = group
        oldest = oldest_of(time, groups.seconds)
        if len(known) > groups.limit:
            groups.purge(oldest)
        made = []
        for key, group in touched.items():
            if len(group) < self.least or groups.is_quiet(key, oldest):
                continue
            if (found_row := self.row(key, group, time, oldest)) is not None:
                made.append(found_row)
        return made

    def row(self, key: Key, group: dict[int, TimedRow], time: float, oldest: float) -> TimedRow | None:
        present = {number: row for number, row in group.items() if row.time >= oldest}
        if self.holds is None:
            alerts = len(present) == len(self.inputs)
        else:
            facts: dict[str, Any] = {self.names[number]: True for number in present}
            alerts = self.holds(Facts({**facts, MATCHED: len(present)}))
        if not alerts:
            return None
        self.groups.alert(key, time)
        rows = sorted(present.values(), key=lambda row: row.time)
        first = min(row.first for row in rows)
        columns = {**key_columns(self.stage.by, key, rows[-1]), MATCHED: len(present), "first": first, "last": time}
        return TimedRow(time, first, columns, frozenset().union(*(row.events for row in rows)))


def _last_of_rows(group: dict[int, TimedRow]) -> float:
    return max(row.time for row in group.values())


Chain = tuple[TimedRow, ...]


class _Ordering:
    """`Sequence` over a sliding window: of each group, for each step the chain up to it that began last."""

    def __init__(self, stage: InOrder, places: Places, *, quiet: bool = False) -> None:
        assert stage.within is not None
        self.stage = stage
        self.steps = [compile_stream(step.input, places) for step in stage.steps if not step.absent]
        self.never: list[list[Stage]] = [[]]  # before each step, what must not come between
        for step in stage.steps:
            if step.absent:
                self.never[-1].append(compile_stream(step.input, places))
            else:
                self.never.append([])
        self.until = compile_stream(stage.until, places) if stage.until is not None else None
        self.forgets = self.until is not None or any(self.never)
        self.groups = Groups[dict[int, Chain]](stage.by, stage.within.seconds, _last_of_chains, quiet=quiet)

    def step(self, time: float, found: Found) -> Rows:
        groups = self.groups
        oldest = oldest_of(time, groups.seconds)
        last = len(self.steps) - 1
        done: Rows = []
        begun: list[tuple[Key, int, Chain]] = []
        for number, one in enumerate(self.steps):
            for row in one(time, found):
                for key in groups.keys(row):
                    chain = self.longer(key, number, row, oldest)
                    if chain is None:
                        continue
                    if number < last:
                        begun.append((key, number, chain))
                    elif not groups.is_quiet(key, oldest):
                        done.append(self.row(key, chain))
        if self.forgets:
            self.forget(time, found)
        for key, number, chain in begun:
            group = groups.known.setdefault(key, {})
            if number not in group or group[number][0].time <= chain[0].time:
                group[number] = chain
        if len(groups.known) > groups.limit:
            groups.purge(oldest)
        return list({row.events: row for row in done}.values()) if done else done

    def forget(self, time: float, found: Found) -> None:
        """Drop the chains that an event of this moment forbids."""
        for number, forbidden in enumerate(self.never):
            for one in forbidden:
                for row in one(time, found):
                    for key in self.groups.keys(row):
                        self.groups.known.get(key, {}).pop(number - 1, None)
        if self.until is not None:
            for row in self.until(time, found):
                for key in self.groups.keys(row):
                    self.groups.known.pop(key, None)

    def longer(self, key: Key, number: int, row: TimedRow, oldest: float) -> Chain | None:
        """The chain that a row of a step continues, or begins."""
        if number == 0:
            return (row,)
        group = self.groups.known.get(key)
        before = group.get(number - 1) if group else None
        return (*before, row) if before is not None and before[0].time >= oldest else None

    def row(self, key: Key, chain: Chain) -> TimedRow:
        first = min(row.first for row in chain)
        time = chain[-1].time
        self.groups.alert(key, time)
        columns = {**key_columns(self.stage.by, key, chain[-1]), "first": first, "last": time}
        return TimedRow(time, first, columns, frozenset().union(*(row.events for row in chain)))


def _last_of_chains(group: dict[int, Chain]) -> float:
    return max((chain[0].time for chain in group.values()), default=0)
