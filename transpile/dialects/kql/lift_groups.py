"""`summarize`: what it only folds, and what a later condition on it asks of many events together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from transpile.dialects.kql.lift_time import is_window
from transpile.dialects.kql.lift_values import MEASURE, Fixed, UnliftableError, as_value, operand
from transpile.dialects.kql.tree import Assignment, Call, Expr, Name, Number, Place, Star, String, names
from transpile.ir import expr as ir
from transpile.ir.match import Field, Value
from transpile.ir.stream import Measure, MeasureKind
from transpile.ir.walk import leaves, value_fields
from transpile.record import record

if TYPE_CHECKING:
    from transpile.dialects.kql.lift_flow import Resolver

_KINDS = {
    "count": MeasureKind.COUNT,
    "countif": MeasureKind.COUNT,
    "dcount": MeasureKind.DISTINCT,
    "dcountif": MeasureKind.DISTINCT,
    "count_distinct": MeasureKind.DISTINCT,
    "count_distinctif": MeasureKind.DISTINCT,
    "make_set": MeasureKind.DISTINCT,  # by its length
    "makeset": MeasureKind.DISTINCT,
    "sum": MeasureKind.SUM,
    "avg": MeasureKind.AVERAGE,
    "min": MeasureKind.MINIMUM,
    "max": MeasureKind.MAXIMUM,
    "percentile": MeasureKind.PERCENTILE,
}
_PREFIXES = {"make_set": "set", "makeset": "set", "make_list": "list", "makelist": "list", "take_any": ""}
_LATEST = frozenset({"arg_max", "arg_min", "argmax", "argmin", "take_any", "any"})


@record
class Aggregate:
    """An aggregate of `summarize`: what it measures, and the condition on the events that it takes, if any."""

    name: str
    kind: MeasureKind
    fields: tuple[Value, ...] = ()
    only: ir.Expr | None = None
    rank: float | None = None


@dataclass(slots=True)
class Group:
    """The rows that `summarize` made. `latest`: they hold columns of one event of their group (`arg_max`)."""

    at: Place
    keys: tuple[tuple[str, Value], ...] = ()
    aggregates: dict[str, Aggregate] = field(default_factory=dict)
    window: int | None = None
    latest: bool = False
    places: set[Place] = field(default_factory=set)  # of the definitions that it uses
    problem: str = ""  # why its aggregates have no form in IR
    conditions: list[ir.Expr] = field(default_factory=list)
    tested: list[Aggregate] = field(default_factory=list)

    def condition(self, expr: Expr, resolver: Resolver) -> ir.Expr | None:
        """A condition on aggregates; None if it has no form in IR, which is then noted."""
        asked = [self.aggregates.get(name) for name in measured(expr)]
        if any(one is None for one in asked) or self.problem:
            resolver.leave(expr, self.problem or "a test on what an operator before it computes")
            return None
        if any(True for _ in names(expr)):
            resolver.leave(expr, "a test on single events and on all of them together")
            return None
        before = resolver.notes.count
        found = resolver.conditions.holds(expr)
        if resolver.notes.count != before or not any(True for _ in leaves(found)):
            return None
        self.tested += [one for one in asked if one is not None and one not in self.tested]
        return found

    def measures(self) -> tuple[Measure, ...]:
        """The measures that conditions ask for."""
        return tuple(Measure(one.name, one.kind, tuple(names_of(one.fields)), one.rank, None) for one in self.tested)

    def only(self) -> ir.Expr | None:
        """The condition on the events that are counted. Raises `UnliftableError` if the measures differ in it."""
        found = {one.only for one in self.tested}
        if len(found) > 1:
            raise UnliftableError("measures of different events")
        return next(iter(found), None)


def names_of(values: tuple[Value, ...]) -> Iterator[str]:
    """The names of columns for values: a field's own, or one for what is computed of it."""
    for value in values:
        yield value.name if isinstance(value, Field) else "_".join(one.name for one in value_fields(value)) + "_"


def measured(node: Any) -> Iterator[str]:
    """The aggregates that an expression is made of."""
    match node:
        case Call(name, (String(measure),), None) if name == MEASURE:
            yield measure
        case tuple():
            for one in node:
                yield from measured(one)
        case _ if hasattr(node, "__dataclass_fields__"):
            for one in node.__dataclass_fields__:
                if one != "at":
                    yield from measured(getattr(node, one))
        case _:
            pass


def is_measured(expr: Expr) -> bool:
    """Whether an expression is made of aggregates."""
    return any(True for _ in measured(expr))


def default_name(call: Call) -> str:
    """The column that an aggregate without a name fills ("summarize operator").

    >>> default_name(Call("dcount", (Name("a"),))), default_name(Call("count"))
    ('dcount_a', 'count_')
    """
    prefix = _PREFIXES.get(call.name, call.name)
    first = next((arg.name for arg in call.args if isinstance(arg, Name)), "")
    if call.name == "percentile" and len(call.args) > 1 and isinstance(call.args[1], Number):
        return f"percentile_{first}_{call.args[1].value}"
    return f"{prefix}_{first}" if prefix else first


def name_of(column: Expr) -> tuple[str, Expr]:
    """The name of a column of `summarize`, and what fills it."""
    match column:
        case Assignment(given, value):
            return given[0], value
        case Name(name):
            return name, column
        case Call("bin" | "floor" | "startofday" | "tostring" | "tolower", (Name(name), *_), None):
            return name, column
        case Call():
            return default_name(column), column
        case _:
            parts = list(names(column))
            return (parts[-1] if parts else "Column1"), column


def aggregate(name: str, value: Expr, resolver: Resolver) -> Aggregate | None:
    """An aggregate by its name; None if it has no form in IR."""
    if not isinstance(value, Call) or value.name not in _KINDS:
        return None
    kind, args = _KINDS[value.name], value.args
    only: ir.Expr | None = None
    if value.name.endswith("if"):
        *args_, condition = args
        before = resolver.notes.count
        only = resolver.conditions.holds(condition)
        if resolver.notes.count != before:
            return None
        args = tuple(args_)
    if kind is MeasureKind.COUNT:
        return Aggregate(name, kind, only=only)
    try:
        field_ = operand(args[0])
    except (UnliftableError, IndexError):
        return None
    if isinstance(field_, Fixed):
        return None
    rank = None
    if kind is MeasureKind.PERCENTILE:
        match args:
            case (_, Number(found)):
                rank = float(found)
            case _:
                return None
    return Aggregate(name, kind, (as_value(field_),), only, rank)


def key(value: Expr) -> Value | int | None:
    """A key of a group: a value, the length of the windows that it puts the time into, or None if it is neither."""
    window = is_window(value)
    if window is not None:
        return window
    try:
        found = operand(value)
    except UnliftableError:
        return None
    return None if isinstance(found, Fixed) else as_value(found)


def latest_columns(call: Expr) -> tuple[str, ...] | None:
    """The columns that `arg_max` and its like take from one event; None for all of them, `()` for another aggregate."""
    if not isinstance(call, Call) or call.name not in _LATEST:
        return ()
    if any(isinstance(arg, Star) for arg in call.args):
        return None
    return tuple(arg.name for arg in call.args if isinstance(arg, Name))
