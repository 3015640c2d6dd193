"""Runs a rule about several events over events with a time, by Google's documentation.

- An event variable stands for each event that passes the lines about it alone; lines with two variables join them.
- A variable of `match` groups: events in which it is unset are left out, unless `allow_zero_values` is set.
- `over d after $p` looks, for each event that `$p` stands for, at the events from its time to `d` later, both ends
  included; `before` likewise. `over d` looks at windows of that length whose step is not documented: what differs
  between the closest steps and steps of half a window is `Unproven`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from math import floor
from typing import Any

from transpile.dialects.base import Row, Timed
from transpile.dialects.yaral.event import scalar
from transpile.dialects.yaral.run import run
from transpile.dialects.yaral.tree import (
    Absent,
    And,
    Arithmetic,
    Call,
    Compare,
    Count,
    Expr,
    Match,
    Not,
    Number,
    Or,
    Path,
    Rule,
    Truth,
    Variable,
    walk,
)
from transpile.evaluate import Unproven
from transpile.record import record

_TIME = ("metadata", "event_timestamp", "seconds")
_UNITS = {"m": 60, "h": 3600, "d": 86400}
_MOST = 50_000  # combinations of events that are tried in one window

_MEASURES: Mapping[str, Callable[[Sequence[Any]], Any]] = {"sum": sum, "min": min, "max": max}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}

Bound = Mapping[str, int]  # the event that each variable stands for, by position


@record
class _Plan:
    """A rule taken apart: its variables with their events by group, and the lines that join them."""

    rule: Rule
    match: Match
    events: Sequence[Timed]
    keys: Mapping[str, Mapping[str, Path]]  # the field of each match variable, by event variable
    joins: tuple[Expr, ...]
    groups: Mapping[tuple[Any, ...], Mapping[str, tuple[int, ...]]]


def rows(rule: Rule, events: Sequence[Timed]) -> list[Row]:
    """A row for each group in each window in which the rule makes a detection.

    Raises `Unproven` for what is not documented, or not run here.
    """
    if rule.match is None:
        variables = {path.variable for line in rule.events for path in _paths(line)}
        if len(variables) != 1:
            raise Unproven("rules about several events without a window are not run")
        return [Row({}, frozenset({number})) for number in run(rule, [one.event for one in events])]
    plan = _plan(rule, rule.match, events)
    found: dict[tuple[tuple[Any, ...], frozenset[int]], Row] = {}
    for group, by_variable in plan.groups.items():
        for row in _of_group(plan, group, by_variable):
            found.setdefault((group, row.events), row)
    return list(found.values())


def _paths(expr: Expr) -> Iterator[Path]:
    return (node for node in walk(expr) if isinstance(node, Path))


def _plan(rule: Rule, match: Match, events: Sequence[Timed]) -> _Plan:
    keys: dict[str, dict[str, Path]] = {}
    own: dict[str, list[Expr]] = {}
    joins: list[Expr] = []
    for line in rule.events:
        variables = sorted({path.variable for path in _paths(line)})
        for name in variables:
            own.setdefault(name, [])
        match line:
            case Compare(Variable(key), "=", Path() as path, False) | Compare(
                Path() as path, "=", Variable(key), False
            ):
                keys.setdefault(key, {})[path.variable] = path
            case _ if len(variables) > 1:
                joins.append(line)
            case _ if variables:
                own[variables[0]].append(line)
            case _:
                raise Unproven("a line about no event")
    if set(match.variables) - set(keys):
        raise Unproven("a match variable that is not a field of an event")
    zeros = any(option.key == "allow_zero_values" and option.value == Truth(True) for option in rule.options)
    groups: dict[tuple[Any, ...], dict[str, list[int]]] = {}
    plain = [one.event for one in events]
    for name, lines in own.items():
        alone = Rule(rule.name, (), tuple(lines) or (Truth(True),), Variable(name))
        positions = list(run(alone, plain)) if lines else list(range(len(plain)))
        for number in positions:
            group = tuple(_key(plain[number], keys[key].get(name)) for key in match.variables)
            if zeros or all(value not in ("", 0, None) for value in group):
                groups.setdefault(group, {}).setdefault(name, []).append(number)
    ordered = {group: {name: tuple(found.get(name, ())) for name in own} for group, found in groups.items()}
    return _Plan(rule, match, events, keys, tuple(joins), ordered)


def _key(event: Mapping[str, Any], path: Path | None) -> Any:
    if path is None:
        raise Unproven("a match variable that some of the events do not have")
    return scalar(event, path, {})


def _of_group(plan: _Plan, group: tuple[Any, ...], by_variable: Mapping[str, tuple[int, ...]]) -> list[Row]:
    window = plan.match.window
    length = window.length * _UNITS[window.unit]
    columns = dict(zip(plan.match.variables, group, strict=True))
    match window.kind:
        case "after" | "before" if window.pivot is not None:
            return list(_pivoted(plan, by_variable, window.pivot, length, window.kind, columns))
        case "over":
            closest = list(_hopping(plan, by_variable, length, columns, None))
            coarse = list(_hopping(plan, by_variable, length, columns, length / 2))
            if bool(closest) != bool(coarse):
                raise Unproven("how far apart the windows of `over` begin is not documented")
            return closest
        case _:
            raise Unproven(f"windows of the kind {window.kind} are not run")


def _pivoted(
    plan: _Plan,
    by_variable: Mapping[str, tuple[int, ...]],
    pivot: str,
    length: float,
    kind: str,
    columns: Mapping[str, Any],
) -> Iterator[Row]:
    for number in by_variable[pivot]:
        at = plan.events[number].time
        start, end = (at, at + length) if kind == "after" else (at - length, at)
        inside = _inside(plan, by_variable, start, end) | {pivot: (number,)}
        row = _detection(plan, inside, columns)
        if row is not None:
            yield row


def _hopping(
    plan: _Plan,
    by_variable: Mapping[str, tuple[int, ...]],
    length: float,
    columns: Mapping[str, Any],
    step: float | None,
) -> Iterator[Row]:
    times = sorted({plan.events[number].time for numbers in by_variable.values() for number in numbers})
    starts = (
        set(times) if step is None else {floor(time / step) * step - shift for time in times for shift in (0, step)}
    )
    for start in sorted(starts):
        row = _detection(plan, _inside(plan, by_variable, start, start + length), columns)
        if row is not None:
            yield row


def _inside(
    plan: _Plan, by_variable: Mapping[str, tuple[int, ...]], start: float, end: float
) -> dict[str, tuple[int, ...]]:
    return {
        name: tuple(number for number in numbers if start <= plan.events[number].time <= end)
        for name, numbers in by_variable.items()
    }


def _detection(plan: _Plan, inside: Mapping[str, tuple[int, ...]], columns: Mapping[str, Any]) -> Row | None:
    """What the rule detects in one window of one group."""
    absent = {name for name, numbers in inside.items() if not numbers}
    if absent:
        if absent - _names_absent(plan.rule.condition):
            return None
        raise Unproven("a rule that asks for the absence of events is not run")
    names = sorted(inside)
    total = 1
    for name in names:
        total *= len(inside[name])
    if total > _MOST:
        raise Unproven(f"more than {_MOST} combinations of events in one window")
    bound = [
        dict(zip(names, numbers, strict=True))
        for numbers in product(*(inside[name] for name in names))
        if all(_joins(plan, line, dict(zip(names, numbers, strict=True))) for line in plan.joins)
    ]
    if not bound or not _Window(plan, bound).holds(plan.rule.condition):
        return None
    return Row(columns, frozenset(number for one in bound for number in one.values()))


def _names_absent(condition: Expr) -> set[str]:
    return {node.name for node in walk(condition) if isinstance(node, Absent)}


def _joins(plan: _Plan, line: Expr, bound: Bound) -> bool:
    """Whether a line about several variables holds for these events."""
    match line:
        case Compare(left, operator, right, False):
            return _COMPARE[operator](_value(plan, left, bound), _value(plan, right, bound))
        case And(args):
            return all(_joins(plan, arg, bound) for arg in args)
        case Or(args):
            return any(_joins(plan, arg, bound) for arg in args)
        case Not(arg):
            return not _joins(plan, arg, bound)
        case _:
            raise Unproven("a line of this kind about several events is not run")


def _value(plan: _Plan, expr: Expr, bound: Bound) -> Any:
    match expr:
        case Path(variable, steps) if steps == _TIME:
            return floor(plan.events[bound[variable]].time)
        case Path(variable):
            return scalar(plan.events[bound[variable]].event, expr, {})
        case Number(value):
            return value
        case Arithmetic(left, "-", right):
            return _value(plan, left, bound) - _value(plan, right, bound)
        case Arithmetic(left, "+", right):
            return _value(plan, left, bound) + _value(plan, right, bound)
        case _:
            raise Unproven("a value of this kind in a line about several events is not run")


@record
class _Window:
    """One window of one group, and every way to bind its events to the variables."""

    plan: _Plan
    bound: Sequence[Bound]

    def holds(self, condition: Expr) -> bool:
        match condition:
            case And(args):
                return all(map(self.holds, args))
            case Or(args):
                return any(map(self.holds, args))
            case Variable(name) if any(name in one for one in self.bound):
                return True
            case Compare(left, operator, right):
                return _COMPARE[operator](self.number(left), self.number(right))
            case _:
                raise Unproven("a condition of this kind is not run")

    def number(self, expr: Expr) -> Any:
        match expr:
            case Number(value):
                return value
            case Count(name) if any(name in one for one in self.bound):
                return len({one[name] for one in self.bound})
            case Variable(name):
                outcome = next((line.value for line in self.plan.rule.outcome if line.name == name), None)
                if outcome is None:
                    raise Unproven(f"${name} is not an outcome")
                return self.outcome(outcome)
            case _:
                raise Unproven("a value of this kind in a condition is not run")

    def outcome(self, expr: Expr) -> Any:
        """An aggregation over the events of a variable, each once."""
        match expr:
            case Call(function, (argument,), False):
                name = next((path.variable for path in _paths(argument)), None)
                numbers = sorted({one[name] for one in self.bound if name in one}) if name else []
                values = [self.value(argument, number) for number in numbers]
                match function:
                    case "count":
                        return len(values)
                    case "count_distinct":
                        return len(set(values))
                    case "sum" | "min" | "max":
                        found = [0 if value is None else value for value in values]  # an unset number is 0
                        if not all(isinstance(value, int | float) for value in found):
                            raise Unproven(f"the {function} of values other than numbers is not run")
                        return _MEASURES[function](found)
        raise Unproven("an outcome of this kind is not run")

    def value(self, expr: Expr, number: int) -> Any:
        timed = self.plan.events[number]
        match expr:
            case Path(_, steps) if steps == _TIME:
                return floor(timed.time)
            case Path():
                return scalar(timed.event, expr, {})
            case Call("cast.as_float" | "cast.as_int", (inner,), False):
                try:
                    return float(self.value(inner, number))
                except (TypeError, ValueError):
                    return 0.0
            case _:
                raise Unproven("an aggregated value of this kind is not run")
