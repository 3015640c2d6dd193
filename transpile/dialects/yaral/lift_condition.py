"""What a rule asks of its events together: the sections `match` and `condition`, and the lines that join events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Row
from itertools import pairwise

from transpile.codes import Code
from transpile.dialects.yaral import codes, tree
from transpile.dialects.yaral.lift_values import constant, field_of
from transpile.ir import expr as ir
from transpile.ir.match import Compare, Exists, Field, FieldType, Number, Order
from transpile.ir.stream import (
    Aggregate,
    Column,
    Compute,
    Events,
    Measure,
    MeasureKind,
    Sequence,
    Step,
    Stream,
    Together,
    Where,
    Window,
    WindowKind,
)
from transpile.record import record

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TIME = ("metadata", "event_timestamp", "seconds")
_KINDS = {
    "count_distinct": MeasureKind.DISTINCT,
    "sum": MeasureKind.SUM,
    "max": MeasureKind.MAXIMUM,
    "min": MeasureKind.MINIMUM,
    "avg": MeasureKind.AVERAGE,
}


@record
class Joined:
    """A rule's events as streams, and the lines that are about several of them."""

    rule: tree.Rule
    placeholders: Mapping[str, tree.Expr]
    streams: Mapping[str, Events]
    between: Row[tree.Expr]
    drop: Callable[[tree.Expr, Code, str], None]
    note_window: Callable[[], None]


@record
class _Asked:
    """The condition: events that must be there, events that must not, and tests of what is measured."""

    present: tuple[str, ...]
    absent: tuple[str, ...]
    tests: tuple[tree.Compare, ...]


def join(joined: Joined) -> Stream:
    """The stream that the condition asks for."""
    asked = _asked(joined)
    if len(joined.streams) == 1:
        return _single(joined, asked)
    return _several(joined, asked)


def _asked(joined: Joined) -> _Asked:
    present: dict[str, None] = {}
    absent: dict[str, None] = {}
    tests: list[tree.Compare] = []
    for part in _parts(joined.rule.condition):
        match part:
            case tree.Variable(name) if name in joined.streams:
                present[name] = None
            case tree.Absent(name) | tree.Not(tree.Variable(name)) if name in joined.streams:
                absent[name] = None
            case tree.Compare(tree.Count(name), ">" | ">=" as operator, tree.Number(bound)) if (
                name in joined.streams and (operator, bound) in ((">", 0), (">=", 1))
            ):
                present[name] = None
            case tree.Compare(tree.Count(name), "=", tree.Number(0)) if name in joined.streams:
                absent[name] = None
            case tree.Compare(tree.Count() | tree.Variable(), _, right) if constant(right) is not None:
                tests.append(part)
            case tree.Variable(name) if name in joined.placeholders:
                pass  # a grouping value is there whenever its event is
            case _:
                joined.drop(part, codes.YAR016, "its form")
    return _Asked(tuple(present), tuple(absent), tuple(tests))


def _parts(condition: tree.Expr) -> Iterator[tree.Expr]:
    if isinstance(condition, tree.And):
        for arg in condition.args:
            yield from _parts(arg)
    else:
        yield condition


def _window(joined: Joined) -> Window | None:
    match_ = joined.rule.match
    if match_ is None:
        return None
    window = match_.window
    if window.kind == "over":
        joined.note_window()
    kind = WindowKind.TUMBLING if window.kind == "by" else WindowKind.SLIDING
    return Window(window.length * _UNITS.get(window.unit, 1), kind)


def _single(joined: Joined, asked: _Asked) -> Stream:
    """One event variable: its events, or what is measured of groups of them."""
    (name, events), *_ = joined.streams.items()
    for line in joined.between:
        joined.drop(line, codes.YAR013, "it relates values of several events")
    if asked.absent:
        joined.drop(joined.rule.condition, codes.YAR016, "the absence of events alone")
    measures: list[Measure] = []
    conditions: list[ir.Expr] = []
    for test in asked.tests:
        measure = _measure(joined, name, test.left, len(measures))
        if measure is None:
            joined.drop(test, codes.YAR016, "what it measures")
            continue
        measures.append(measure)
        conditions.append(_bound(measure.name, test))
    if not measures:
        return events
    condition = conditions[0] if len(conditions) == 1 else ir.And(tuple(conditions))
    return Where(Aggregate(events, tuple(measures), _groups(joined, name), _window(joined)), condition)


def _groups(joined: Joined, name: str) -> tuple[str, ...]:
    """The fields that `match` groups the events of a variable by."""
    if joined.rule.match is None:
        return ()
    found = []
    for variable in joined.rule.match.variables:
        match joined.placeholders.get(variable):
            case tree.Path(owner) as path if owner == name:
                found.append(field_of(path).name)
            case None | tree.Path():
                pass
            case value:
                joined.drop(value, codes.YAR016, f"${variable} to group by is computed")
    return tuple(found)


def _measure(joined: Joined, name: str, measured: tree.Expr, number: int) -> Measure | None:
    """What a test of the condition measures: `#e`, `#placeholder`, or an outcome that counts or sums."""
    suffix = f"_{number + 1}" if number else ""
    match measured:
        case tree.Count(counted) if counted == name:
            return Measure(f"event_count{suffix}", MeasureKind.COUNT)
        case tree.Count(counted) if isinstance(path := joined.placeholders.get(counted), tree.Path):
            return Measure(f"value_count{suffix}", MeasureKind.DISTINCT, (field_of(path).name,))
        case tree.Variable(outcome):
            value = next((line.value for line in joined.rule.outcome if line.name == outcome), None)
            return _of_outcome(joined, value, outcome)
        case _:
            return None


def _of_outcome(joined: Joined, value: tree.Expr | None, name: str) -> Measure | None:
    match value:
        case tree.Call(function, (argument,)) if function in _KINDS:
            argument = (
                joined.placeholders.get(argument.name, argument) if isinstance(argument, tree.Variable) else argument
            )
            return (
                Measure(name, _KINDS[function], (field_of(argument).name,)) if isinstance(argument, tree.Path) else None
            )
        case _:
            return None


_ORDERS = {one.value: one for one in Order}


def _bound(name: str, test: tree.Compare) -> ir.Expr:
    """A test of a measure."""
    bound = constant(test.right)
    assert bound is not None
    column = Field(name, FieldType.NUMBER)
    match test.operator:
        case "=":
            return ir.Match(column, Number(bound), "=")
        case "!=":
            return ir.Not(ir.Match(column, Number(bound), "="))
        case operator:
            return ir.Match(column, Compare(_ORDERS[operator], bound), operator)


def _several(joined: Joined, asked: _Asked) -> Stream:
    """Several event variables: within one window, in order where the rule says so."""
    for test in asked.tests:
        joined.drop(test, codes.YAR016, "a measure beside other events")
    names = tuple(name for name in joined.streams if name in asked.present or name in asked.absent)
    unasked = [name for name in joined.streams if name not in names]
    names = (*names, *unasked)  # the language wants each variable in the condition; what is not named must be there
    before, classes = _between(joined)
    keys = _keys(classes, names, joined)
    inputs = tuple(_with_keys(joined.streams[name], keys, name) for name in names)
    by, within = tuple(keys), _window(joined)
    positive = [name for name in names if name not in asked.absent]
    ordered = _order(before, positive)
    if ordered is not None and not asked.absent and len(positive) > 1:
        steps = tuple(Step(inputs[names.index(name)]) for name in ordered)
        return Sequence(steps, by, within)
    for line in (line for lines in before.values() for line in lines):
        joined.drop(line, codes.YAR016, "the order of some of the events alone")
    if not asked.absent:
        return Together(inputs, by, within)
    exist = tuple(ir.Match(Field(name), Exists()) for name in positive)
    missing = tuple(ir.Not(ir.Match(Field(name), Exists())) for name in asked.absent)
    return Together(inputs, by, within, ir.And((*exist, *missing)))


def _between(joined: Joined) -> tuple[dict[tuple[str, str], list[tree.Expr]], list[dict[str, tree.Path]]]:
    """Which events come before which, and the classes of fields that must be equal, a field an event."""
    before: dict[tuple[str, str], list[tree.Expr]] = {}
    classes: list[dict[str, tree.Path]] = [
        {path.variable: path} for path in joined.placeholders.values() if isinstance(path, tree.Path)
    ]
    for line in joined.between:
        match line:
            case tree.Compare(tree.Path(one, steps), "<" | "<=" | ">" | ">=" as operator, tree.Path(other, others)) if (
                steps == others == _TIME
            ):
                pair = (one, other) if operator in ("<", "<=") else (other, one)
                before.setdefault(pair, []).append(line)
            case tree.Compare(tree.Path() as left, "=", tree.Path() as right):
                if not _unite(classes, left, right):
                    joined.drop(line, codes.YAR016, "a second equality of the same events' fields")
            case _:
                joined.drop(line, codes.YAR016, "it relates values of several events")
    return before, classes


def _unite(classes: list[dict[str, tree.Path]], left: tree.Path, right: tree.Path) -> bool:
    """Put two equal fields into one class; False where it has another field of the same event already."""
    one = next((found for found in classes if found.get(left.variable) == left), None)
    other = next((found for found in classes if found.get(right.variable) == right), None)
    if one is None:
        one = {left.variable: left}
        classes.append(one)
    other = other or {right.variable: right}
    if one is other:
        return True
    if set(one) & set(other):
        return False
    one.update(other)
    if other in classes:
        classes.remove(other)
    return True


def _keys(
    classes: list[dict[str, tree.Path]], names: tuple[str, ...], joined: Joined
) -> dict[str, dict[str, tree.Path]]:
    """The keys that all events share, by name; a field that only some events share does not join them all."""
    keys: dict[str, dict[str, tree.Path]] = {}
    for found in classes:
        if set(names) <= set(found):
            path = found[names[0]]
            name = next(
                (key for key, value in joined.placeholders.items() if value in found.values()), field_of(path).name
            )
            keys[name] = found
        elif len(found) > 1:
            paths = list(found.values())
            joined.drop(
                tree.Compare(paths[0], "=", paths[1]), codes.YAR016, "a value that only some of the events share"
            )
    return keys


def _with_keys(events: Events, keys: Mapping[str, Mapping[str, tree.Path]], name: str) -> Stream:
    columns = tuple(Column(key, field_of(paths[name])) for key, paths in keys.items())
    return Compute(events, columns) if columns else events


def _order(before: Mapping[tuple[str, str], Row[tree.Expr]], names: Row[str]) -> list[str] | None:
    """The one order that the rule asks for, or None."""
    later = {name: {second for first, second in before if first == name} for name in names}
    order = sorted(names, key=lambda name: -len(_reach(later, name)))
    chained = all((one, other) in before for one, other in pairwise(order))
    return order if chained and before else None


def _reach(later: Mapping[str, set[str]], name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in later.get(waiting.pop(), set()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
