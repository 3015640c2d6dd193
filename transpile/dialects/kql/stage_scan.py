"""Rows of several inputs within one window: in order, and in any order.

The inputs are put into one table, sorted by group and time, and scanned. As groups follow one another, a step whose
state is of another group is told by comparing the keys.

- In order: a row that meets a step takes over the state of the step before ("Matching logic" in "scan operator"), whose
  start is always the latest one possible; if any sequence fits the window, this one does. Of rows at one time, those of
  later steps come first, so that no step counts as later than another at the same time.
- In any order: one step keeps the latest time of each input.
"""

from __future__ import annotations

import re

from transpile.diagnostics import Report
from transpile.dialects.kql import codes
from transpile.dialects.kql.lower_events import all_of, any_of, negate
from transpile.dialects.kql.stage_rows import (
    FIRST,
    Names,
    Rows,
    apart,
    assign,
    in_order,
    kept_by_all,
    present,
    statements,
)
from transpile.dialects.kql.tree import (
    Assignment,
    Binary,
    Bool,
    Call,
    Columns,
    Expr,
    Key,
    Name,
    Number,
    Path,
    Pipeline,
    Scan,
    Step,
    String,
    Summarize,
    Typed,
    Union,
    Where,
)
from transpile.ir import expr as ir
from transpile.ir.match import Compare, Exists, Field, Order
from transpile.ir.match import Number as Equal
from transpile.ir.stream import MATCHED, Sequence, Together, Window
from transpile.ir.walk import name_of
from transpile.record import record

_STEP, _RULE = "Step", "Rule"
_LONGEST = 40  # characters of a rule's name within that of a column


def in_sequence(inputs: list[Rows], stage: Sequence, window: Window | None, shown: tuple[str, ...]) -> Rows:
    """The rows of a sequence: each ends one."""
    marks: list[Expr] = [Number(number) for number in range(1, len(inputs) + 1)]
    rows = merged(inputs, _STEP, marks, stage.by, shown)
    steps = []
    for number in range(1, len(inputs) + 1):
        tests: list[Expr] = [Binary("==", Name(_STEP), Number(number))]
        first: Expr = Name(FIRST) if rows.first else Name(rows.time)
        if number > 1:
            before = Name(f"s{number - 1}")
            tests += [Binary("==", Path(before, name), Name(name)) for name in stage.by]
            tests.append(Binary(">", Name(rows.time), Path(before, rows.time)))
            if window is not None:
                tests.append(apart(Name(rows.time), Path(Name("s1"), rows.time), window.seconds))
            first = Path(before, "StartTime")
        output = "" if number == len(inputs) else "none"
        steps.append(Step(f"s{number}", all_of(tests), (Assignment(("StartTime",), first),), output))
    return rows.then(
        in_order(stage.by, rows.time, Key(Name(_STEP), "desc")),
        Scan((("StartTime", "datetime"),), tuple(steps)),
        Columns("project-away", (Name(_STEP), *((Name(FIRST),) if rows.first else ()))),
        Columns("project-rename", (Assignment((FIRST,), Name("StartTime")),)),
        first=FIRST,
        columns=frozenset(stage.by),
        once=False,
    )


@record
class _Seen:
    """An input of `Together`: its name, and the column of when its last row was."""

    name: str
    column: str


def together(
    inputs: list[Rows], stage: Together, window: Window | None, report: Report, names: Names, shown: tuple[str, ...]
) -> Rows:
    """The rows of a `Together`: each ends a window in which it holds."""
    found = [
        _Seen(name, names.new(f"{_plain(name, number)}_time"))
        for number, name in enumerate(map(name_of, stage.inputs), start=1)
    ]
    rising = is_rising(stage.holds)
    if not rising:
        report.approximate(codes.KQL017, stage.span, wider=False, what="a rule that must not match")
    rows = merged(inputs, _RULE, [String(one.name) for one in found], stage.by, shown)
    time = Name(rows.time)
    same = all_of([Binary("==", Path(Name("s"), name), Name(name)) for name in stage.by])
    assigned = []
    for one in found:
        kept: Expr = Path(Name("s"), one.column)
        if stage.by:
            kept = Call("iff", (same, kept, Typed("datetime", "null")))
        is_this = Binary("==", Name(_RULE), String(one.name))
        assigned.append(Assignment((one.column,), Call("iff", (is_this, time, kept))))
    seen = {one.name: _is_seen(one, time, window) for one in found}
    return rows.then(
        in_order(stage.by, rows.time),
        Scan(tuple((one.column, "datetime") for one in found), (Step("s", Bool(True), tuple(assigned)),)),
        *([] if rising else [_last_of_each_time(found, stage.by, rows)]),
        Where(_holds(stage.holds, seen, report)),
        *([Columns("project-away", (Name(FIRST),))] if rows.first and rising else []),
        Columns("extend", (Assignment((FIRST,), _earliest(found, seen, time, everything=stage.holds is None)),)),
        Columns("project-away", (*([Name(_RULE)] if rising else []), *(Name(one.column) for one in found))),
        first=FIRST,
        columns=frozenset(stage.by),
        once=False,
        kept=rows.kept if rising else (),
    )


def _last_of_each_time(found: list[_Seen], by: tuple[str, ...], rows: Rows) -> Summarize:
    """What each input's latest time is once all rows of a moment have been seen."""
    latest = tuple(Assignment((one.column,), Call("max", (Name(one.column),))) for one in found)
    return Summarize(latest, (*(Name(name) for name in by), Name(rows.time)))


def _plain(name: str, number: int) -> str:
    """A rule's name within the name of a column; of one known by its id, its number."""
    return name if re.fullmatch(r"[A-Za-z][\w -]*", name) and len(name) <= _LONGEST else f"Rule{number}"


def _is_seen(one: _Seen, time: Expr, window: Window | None) -> Expr:
    """A row of the input lies in the window that ends now; null if there never was one."""
    if window is None:
        return Call("isnotnull", (Name(one.column),))
    return apart(time, Name(one.column), window.seconds)


def _earliest(found: list[_Seen], seen: dict[str, Expr], time: Expr, *, everything: bool) -> Expr:
    """The earliest of the latest times that lie in the window."""
    if len(found) == 1:
        return Name(found[0].column)
    if everything:
        return Call("min_of", tuple(Name(one.column) for one in found))
    return Call("min_of", tuple(Call("iff", (seen[one.name], Name(one.column), time)) for one in found))


def _holds(condition: ir.Expr | None, seen: dict[str, Expr], report: Report) -> Expr:
    """The condition over the inputs."""
    match condition:
        case None:
            return all_of(seen.values())
        case ir.And(args):
            return all_of([_holds(arg, seen, report) for arg in args])
        case ir.Or(args):
            return any_of([_holds(arg, seen, report) for arg in args])
        case ir.Not(arg):
            return negate(Call("coalesce", (_holds(arg, seen, report), Bool(False))))
        case ir.Match(Field(name), Exists()) if name in seen:
            return seen[name]
        case ir.Match(Field(column), Compare(order, value)) if column == MATCHED:
            return Binary(order.value, _matched(seen), Number(value))
        case ir.Match(Field(column), Equal(value)) if column == MATCHED:
            return Binary("==", _matched(seen), Number(value))
        case ir.Constant(value):
            return Bool(value)
        case _:
            report.refuse(codes.KQL019, None, what="this condition over the rules")
            return Bool(False)


def _matched(seen: dict[str, Expr]) -> Expr:
    """How many inputs have a row in the window."""
    counts = [Call("iff", (test, Number(1), Number(0))) for test in seen.values()]
    total: Expr = counts[0]
    for count in counts[1:]:
        total = Binary("+", total, count)
    return total


def is_rising(condition: ir.Expr | None) -> bool:
    """Whether more rows never make the condition false."""
    match condition:
        case None | ir.Constant():
            return True
        case ir.And(args) | ir.Or(args):
            return all(map(is_rising, args))
        case ir.Match(_, Exists()) | ir.Match(_, Compare(Order.GTE | Order.GT, _)):
            return True
        case _:
            return False


def merged(inputs: list[Rows], mark: str, marks: list[Expr], by: tuple[str, ...], shown: tuple[str, ...]) -> Rows:
    """The rows of several inputs as one table, each with a mark of the input that it is of."""
    time = inputs[0].time
    has_first = any(one.first for one in inputs)
    keeping = kept_by_all(inputs, (*by, *shown, time))
    tables: list[Expr] = []
    for rows, value in zip(inputs, marks, strict=True):
        columns: list[tuple[str, Expr]] = [(time, Name(rows.time))]
        if has_first:
            columns.append((FIRST, Name(rows.first or rows.time)))
        columns += [(name, Call("tostring", (Name(name),)) if len(inputs) > 1 else Name(name)) for name in by]
        columns += [(name, Call("tostring", (Name(name),))) for name in shown if name not in (*by, time)]
        columns += [(name, Name(name)) for name in keeping]
        columns.append((mark, value))
        kept = rows.then(*present(by, rows), Columns("project", assign(columns)))
        tables.append(kept.query)
    table = Pipeline(Union(tuple(tables)))
    return Rows(table, time, statements(inputs), FIRST if has_first else None, frozenset(by), kept=keeping)
