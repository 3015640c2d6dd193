"""Stages over a sliding window, run moment by moment: what each keeps of its groups, and the rows that complete it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, itemgetter, le, lt
from typing import Any

from transpile.evaluate.facts import Facts
from transpile.evaluate.reference import compile_check
from transpile.evaluate.rows import Key, TimedRow, key_columns
from transpile.evaluate.values import MISSING
from transpile.ir.expr import And, Expr, Match
from transpile.ir.match import Compare, Field, Order
from transpile.ir.stream import MATCHED, Aggregate, Events, Together
from transpile.ir.stream import Sequence as InOrder
from transpile.ir.walk import name_of, stages
from transpile.matching.groups import Groups, oldest_of
from transpile.matching.measured import Length, moving

Rows = Sequence[TimedRow]
Found = Mapping[int, Rows]  # by the place of each `Events`, its rows at this moment
Stage = Callable[[float, Found], Rows]
Alone = Callable[[float, TimedRow], Rows]  # a moment that has one row, of one `Events`

_NOTHING: Rows = ()


class Inputs:
    """The inputs of a stage by number. Those that are `Events` are looked up by what there is at a moment."""

    def __init__(self, inputs: Sequence[int | Stage]) -> None:
        """Of each input the place of its `Events`, or the stage that makes its rows."""
        self.direct: dict[int, list[int]] = {}  # by place, the inputs that have its rows
        self.made: list[tuple[int, Stage]] = []
        for number, one in enumerate(inputs):
            if isinstance(one, int):
                self.direct.setdefault(one, []).append(number)
            else:
                self.made.append((number, one))

    def alone(self, place: int) -> int | None:
        """The only input that has rows at a moment with one row, of this place; None if there may be others."""
        numbers = self.direct.get(place, [])
        return numbers[0] if len(numbers) == 1 and not self.made else None

    def rows(self, time: float, found: Found) -> list[tuple[int, Rows]]:
        """The rows of each input that has any at this moment, by its number, in order."""
        given: list[tuple[int, Rows]] = []
        for place, rows in found.items():
            given += [(number, rows) for number in self.direct.get(place, ())]
        for number, step in self.made:
            if rows := step(time, found):
                given.append((number, rows))
        if len(given) > 1:
            given.sort(key=_number)
        return given


_number = itemgetter(0)


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


class Aggregating:
    """`Aggregate` over a sliding window, and the condition on its rows."""

    def __init__(self, stage: Aggregate, input: int | Stage, condition: Expr, *, quiet: bool) -> None:
        assert stage.window is not None
        self.stage = stage
        self.names = [measure.name for measure in stage.measures]
        self.check = compile_check(condition)
        self.bounds = _bounds(condition, self.names)
        self.instant = not any(isinstance(one, Aggregate | Together | InOrder) for one in stages(stage.input))
        self.input = input
        self.groups = Groups[_Window](stage.by, stage.window.seconds, _last_of_window, quiet=quiet)

    def step(self, time: float, found: Found) -> Rows:
        """The rows that those of one moment complete."""
        given = found.get(self.input) if isinstance(self.input, int) else self.input(time, found)
        if not given:
            return _NOTHING
        groups = self.groups
        touched = {key: self.add(key, row) for row in given for key in groups.keys(row)}
        oldest = oldest_of(time, groups.seconds)
        if len(groups.known) > groups.limit:
            groups.purge(oldest)
        rows = (self.row(key, group, time, oldest) for key, group in touched.items())
        return [row for row in rows if row is not None]

    def alone(self, place: int) -> Alone | None:
        """`step` for moments that have one row, of this place; None if it is not what this stage counts."""
        if self.input != place:
            return None
        groups, known, add = self.groups, self.groups.known, self.add

        def one(time: float, row: TimedRow) -> Rows:
            made = _NOTHING
            oldest = oldest_of(time, groups.seconds)
            for key in groups.keys(row):
                group = add(key, row)
                if (found := self.row(key, group, time, oldest)) is not None:
                    made = [*made, found]
            if len(known) > groups.limit:
                groups.purge(oldest)
            return made

        return one

    def add(self, key: Key, row: TimedRow) -> _Window:
        """The window of a group, with one more row."""
        known = self.groups.known
        group = known.get(key)
        if group is None:
            group = known[key] = _Window(self.stage)
        group.rows.append(row)
        for one in group.kept:
            one.add(row)
        return group

    def row(self, key: Key, group: _Window, time: float, oldest: float) -> TimedRow | None:
        """The row of a group at this moment; None if the condition does not hold, or the group is quiet."""
        if group.rows[0].time < oldest:
            group.drop_before(oldest)
        if self.bounds is not None:
            for at, stands, bound in self.bounds:
                value = group.measured[at].value
                if value is MISSING or not stands(value, bound):
                    return None
        if self.groups.is_quiet(key, oldest):
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


class Gathering:
    """`Together` over a sliding window: of each input, the last row of each group."""

    def __init__(self, stage: Together, inputs: Sequence[int | Stage], *, quiet: bool) -> None:
        assert stage.within is not None
        self.stage = stage
        self.inputs = Inputs(inputs)
        self.names = [name_of(one) for one in stage.inputs]
        self.holds = compile_check(stage.holds) if stage.holds is not None else None
        self.least = len(stage.inputs) if stage.holds is None else 0  # inputs that must have a row
        self.groups = Groups[dict[int, TimedRow]](stage.by, stage.within.seconds, _last_of_rows, quiet=quiet)

    def step(self, time: float, found: Found) -> Rows:
        """The rows that those of one moment complete."""
        groups, known = self.groups, self.groups.known
        touched: dict[Key, dict[int, TimedRow]] = {}
        for number, given in self.inputs.rows(time, found):
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
        rows = (self.row(key, group, time, oldest) for key, group in touched.items())
        return [row for row in rows if row is not None]

    def alone(self, place: int) -> Alone | None:
        """`step` for moments that have one row, of this place; None if several inputs may have it."""
        number = self.inputs.alone(place)
        if number is None:
            return None
        groups, known, least, input = self.groups, self.groups.known, self.least, number

        def one(time: float, row: TimedRow) -> Rows:
            made = _NOTHING
            for key in groups.keys(row):
                group = known.get(key)
                if group is None:
                    group = known[key] = {}
                group[input] = row
                if len(group) < least:
                    continue
                if (found := self.row(key, group, time, oldest_of(time, groups.seconds))) is not None:
                    made = [*made, found]
            if len(known) > groups.limit:
                groups.purge(oldest_of(time, groups.seconds))
            return made

        return one

    def row(self, key: Key, group: dict[int, TimedRow], time: float, oldest: float) -> TimedRow | None:
        """The row of a group at this moment; None if too few inputs have a row, or the group is quiet."""
        if len(group) < self.least:
            return None
        present = {number: row for number, row in group.items() if row.time >= oldest}
        if self.holds is None:
            alerts = len(present) == self.least
        else:
            facts: dict[str, Any] = {self.names[number]: True for number in present}
            alerts = self.holds(Facts({**facts, MATCHED: len(present)}))
        if not alerts or self.groups.is_quiet(key, oldest):
            return None
        self.groups.alert(key, time)
        rows = sorted(present.values(), key=lambda row: row.time)
        first = min(row.first for row in rows)
        columns = {**key_columns(self.stage.by, key, rows[-1]), MATCHED: len(present), "first": first, "last": time}
        return TimedRow(time, first, columns, frozenset().union(*(row.events for row in rows)))


def _last_of_rows(group: dict[int, TimedRow]) -> float:
    return max(row.time for row in group.values())


Chain = tuple[TimedRow, ...]


class Ordering:
    """`Sequence` over a sliding window: of each group, for each step the chain up to it that began last."""

    def __init__(self, stage: InOrder, steps: Sequence[int | Stage], until: Stage | None, *, quiet: bool) -> None:
        assert stage.within is not None
        self.stage = stage
        self.never: list[list[Inputs]] = [[]]  # before each step, what must not come between
        happening: list[int | Stage] = []
        for step, given in zip(stage.steps, steps, strict=True):
            if step.absent:
                self.never[-1].append(Inputs([given]))
            else:
                happening.append(given)
                self.never.append([])
        self.steps, self.last, self.until = Inputs(happening), len(happening) - 1, until
        self.forgets = until is not None or any(self.never)
        self.groups = Groups[dict[int, Chain]](stage.by, stage.within.seconds, _last_of_chains, quiet=quiet)

    def step(self, time: float, found: Found) -> Rows:
        """The rows that those of one moment complete."""
        groups = self.groups
        oldest = oldest_of(time, groups.seconds)
        last = self.last
        done: list[TimedRow] = []
        begun: list[tuple[Key, int, Chain]] = []
        for number, rows in self.steps.rows(time, found):
            for row in rows:
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
        return list({row.events: row for row in done}.values())

    def alone(self, place: int) -> Alone | None:
        """`step` for moments that have one row, of this place; None if it may be of several steps, or ends chains."""
        number, last = self.steps.alone(place), self.last
        if number is None or self.forgets or last == 0:
            return None
        groups, known, step = self.groups, self.groups.known, number

        def one(time: float, row: TimedRow) -> Rows:
            made = _NOTHING
            oldest = oldest_of(time, groups.seconds)
            for key in groups.keys(row):
                group = known.get(key)
                if step == 0:
                    chain: Chain = (row,)
                elif group and (before := group.get(step - 1)) is not None and before[0].time >= oldest:
                    chain = (*before, row)
                else:
                    continue
                if step == last:
                    if not groups.is_quiet(key, oldest):
                        made = [*made, self.row(key, chain)]
                elif group is None:
                    known[key] = {step: chain}
                elif step not in group or group[step][0].time <= chain[0].time:
                    group[step] = chain
            if len(known) > groups.limit:
                groups.purge(oldest)
            return made

        return one

    def forget(self, time: float, found: Found) -> None:
        """Drop the chains that an event of this moment forbids."""
        for number, forbidden in enumerate(self.never):
            for one in forbidden:
                for _, rows in one.rows(time, found):
                    for key in (key for row in rows for key in self.groups.keys(row)):
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
        """The row of a chain that is complete."""
        first = min(row.first for row in chain)
        time = chain[-1].time
        self.groups.alert(key, time)
        columns = {**key_columns(self.stage.by, key, chain[-1]), "first": first, "last": time}
        return TimedRow(time, first, columns, frozenset().union(*(row.events for row in chain)))


def _last_of_chains(group: dict[int, Chain]) -> float:
    return max((chain[0].time for chain in group.values()), default=0)
