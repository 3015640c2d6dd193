"""Lowers conditions on events: the table of their dataset, and one `where` for each part of the condition.

Null: a comparison with a null value is null, not false, for all operators but `==` and `!=`, and `not(null)` is null,
so that `where` drops the row ("Null values" in the Kusto reference). Outside of any NOT null serves as false. Under a
NOT, each predicate that may be null is printed as `coalesce(..., false)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.kql.literals import is_identifier
from transpile.dialects.kql.lower_repeats import named_once
from transpile.dialects.kql.predicates import Predicates
from transpile.dialects.kql.tree import (
    NEGATION,
    And,
    Binary,
    Bool,
    Call,
    Columns,
    Expr,
    In,
    Name,
    Number,
    Operator,
    Or,
    Pipeline,
    Star,
    Statement,
    String,
    Where,
    assigned,
    names,
)
from transpile.ir import expr as ir
from transpile.ir.match import Call as Computed
from transpile.ir.match import Field, FieldType
from transpile.ir.stream import Events
from transpile.ir.walk import leaves, without_covered
from transpile.regex.chars import is_cased

DEFAULT_DATASET = "Events"
TRUE, FALSE = Bool(True), Bool(False)

_OPPOSITES = {
    "isempty": "isnotempty",
    "isnotempty": "isempty",
    "isnull": "isnotnull",
    "isnotnull": "isnull",
}
_ANY_OF = {"ipv4_is_in_range": "ipv4_is_in_any_range", "ipv6_is_in_range": "ipv6_is_in_any_range"}


def lower_events(
    events: Events, report: Report, asked: frozenset[str] = frozenset()
) -> tuple[tuple[Statement, ...], Pipeline]:
    """The statements before a query, and the rows that match; `asked` names columns that later operators read.

    `events.dataset` is a table, or any beginning of a query; by default `Events`.
    """
    before, table = _dataset(events.dataset or DEFAULT_DATASET)
    condition = lower_condition(events.condition, report)
    operators = _with_dataset(table.operators, [Where(part) for part in _conjuncts(condition)], asked)
    if sum(isinstance(leaf, ir.Match) and _is_property(leaf) for leaf in leaves(events.condition)) > 1:
        operators = named_once(operators)
    return before, Pipeline(table.source, tuple(operators))


def _is_property(leaf: ir.Match) -> bool:
    return isinstance(leaf.value, Field) and leaf.value.type is FieldType.DYNAMIC


def lower_condition(condition: ir.Expr, report: Report) -> Expr:
    """The predicate that means the condition."""
    return _Lowering(Predicates(report)).condition(condition)


def _dataset(text: str) -> tuple[tuple[Statement, ...], Pipeline]:
    """What a data model names as the source of events; most name a table, for which the parser is not loaded."""
    if is_identifier(text):
        return (), Pipeline(Name(text), ())
    from transpile.dialects.kql.parse import parse_dataset

    return parse_dataset(text)


def _with_dataset(own: tuple[Operator, ...], wheres: list[Where], more: frozenset[str]) -> list[Operator]:
    """A dataset's operators before those of a rule.

    Columns that the dataset adds are left out if nothing asks for them, and come after the rule's first conditions if
    these do not: the engine and the reader have less to do.
    """
    if not own or not all(isinstance(one, Columns) and one.operator == "extend" for one in own):
        return [*own, *wheres]
    asked = {name for where in wheres for name in names(where)} | more
    if "*" in asked:
        return [*own, *wheres]
    kept: list[Operator] = []
    added: set[str] = set()
    for one in reversed(own):
        assert isinstance(one, Columns)
        columns = tuple(column for column in one.columns if asked.intersection(assigned(column)))
        if columns:
            kept.insert(0, Columns(one.operator, columns))
            added.update(*map(assigned, columns))
            asked.update(*map(names, columns))
    first = list(takewhile(lambda where: added.isdisjoint(names(where)), wheres))
    return [*first, *kept, *wheres[len(first) :]]


def _conjuncts(condition: Expr) -> list[Expr]:
    """What must hold, one by one: each is a line of the query."""
    match condition:
        case And(args):
            return [part for arg in args for part in _conjuncts(arg)]
        case Call("not", (Or(args),), None):
            return [negate(arg) for arg in args]
        case Bool(True):
            return []
        case _:
            return [condition]


@dataclass(slots=True)
class _Lowering:
    """The way down through one rule's condition."""

    predicates: Predicates

    def condition(self, expr: ir.Expr) -> Expr:
        match expr:
            case ir.And(args):
                return all_of(map(self.condition, args))
            case ir.Or(args):
                return any_of(map(self.condition, without_covered(args)))
            case ir.Not(arg):
                with self.predicates.negation():
                    inner = self.condition(arg)
                return negate(inner)
            case ir.Match(Field() as field, test, _, span):
                return self.predicates.match(field, test, span)
            case ir.Match(Computed() as value, test, _, span):
                from transpile.dialects.kql.lower_values import Computed as Lowering

                return Lowering(self.predicates).match(value, test, span)
            case ir.Match():
                raise TypeError(f"{expr.value} is a constant, of which nothing is asked")
            case ir.Keyword(test, span):
                return self.predicates.keyword(test, span)
            case ir.Constant(value):
                return Bool(value)
            case ir.Opaque():
                ir.never_written(expr)
            case _:
                assert_never(expr)


def negate(expr: Expr) -> Expr:
    """NOT of a condition that is never null, by the operator's own negation where it has one.

    >>> negate(Binary("contains", String("a"), String("b"))).operator
    '!contains'
    """
    match expr:
        case Binary(_, Star(), _):
            return Call("not", (expr,))  # of `* !contains` the reference says nothing
        case Binary(operator, left, right) if operator in NEGATION:
            return Binary(NEGATION[operator], left, right)
        case In(operator, value, choices) if operator in NEGATION:
            return In(NEGATION[operator], value, choices)
        case Call(name, args, None) if name in _OPPOSITES:
            return Call(_OPPOSITES[name], args)
        case Call("not", (arg,), None):
            return arg
        case Bool(value):
            return Bool(not value)
        case _:
            return Call("not", (expr,))


def all_of(args: Iterable[Expr]) -> Expr:
    """AND of the arguments, flat."""
    flat = [part for arg in args for part in (arg.args if isinstance(arg, And) else (arg,)) if part != TRUE]
    return FALSE if FALSE in flat else _joined(And, flat, TRUE)


def any_of(args: Iterable[Expr]) -> Expr:
    """OR of the arguments, flat, each once, with equalities of one column gathered into `in`."""
    flat = [part for arg in args for part in (arg.args if isinstance(arg, Or) else (arg,)) if part != FALSE]
    return TRUE if TRUE in flat else _joined(Or, _gather(_share(flat)), FALSE)


def _share(args: list[Expr]) -> list[Expr]:
    """`a and b == 1`, `a and b == 2` as `a and b in (1, 2)`, at the place of the first."""
    if not any(isinstance(arg, And) for arg in args):
        return args
    groups: dict[object, list[Expr]] = {}
    for arg in args:
        likeness = _likeness(arg.args[1]) if isinstance(arg, And) and len(arg.args) == 2 else None
        groups.setdefault((arg.args[0], likeness) if likeness and isinstance(arg, And) else arg, []).append(arg)
    shared: list[Expr] = []
    for group in groups.values():
        if len(group) > 1 and isinstance(group[0], And):
            shared.append(all_of([group[0].args[0], any_of(one.args[1] for one in group if isinstance(one, And))]))
        else:
            shared.append(group[0])
    return shared


def _joined(kind: type[And] | type[Or], args: list[Expr], neutral: Bool) -> Expr:
    if len(args) < 2:
        return args[0] if args else neutral
    return kind(tuple(args))


def _gather(args: list[Expr]) -> list[Expr]:
    """Each predicate once; those that one list can say as that list, at the place of the first."""
    groups: dict[object, list[Expr]] = {}
    for arg in args:
        groups.setdefault(_likeness(arg) or arg, []).append(arg)
    gathered: list[Expr] = []
    for likeness, group in groups.items():
        gathered += _as_lists(group) if isinstance(likeness, tuple) and len(group) > 1 else group[:1]
    return gathered


def _likeness(expr: Expr) -> tuple[str, Expr] | None:
    """Equal for predicates that one list can say: equalities with one column, networks around one address."""
    match expr:
        case Binary("==" | "=~", left, String()):
            return "text", left
        case Binary("==", left, Number()):
            return "number", left
        case Binary("has", left, String()):
            return "term", left
        case Binary():
            return None
        case Call("ipv4_is_in_range" | "ipv6_is_in_range" as name, (address, _)):
            return name, address
        case Call("coalesce", (Call("ipv4_is_in_range" | "ipv6_is_in_range" as name, (address, _)), Bool(False))):
            return f"coalesce {name}", address
        case _:
            return None


def _as_lists(group: list[Expr]) -> list[Expr]:
    """Several predicates that are alike, as one list or (where some mind case and others do not) two."""
    match group[0]:
        case Binary("has", left, String()):
            terms = dict.fromkeys(one.right for one in group if isinstance(one, Binary))
            return [_in("has_any", "has", left, list(terms))]
        case Binary(_, left, String()):
            return _text_lists(left, [one for one in group if isinstance(one, Binary)])
        case Binary(_, left):
            return [_in("in", "==", left, [one.right for one in group if isinstance(one, Binary)])]
        case Call("coalesce", (_, default)):
            inner = [one.args[0] for one in group if isinstance(one, Call)]
            return [Call("coalesce", (*_as_lists(inner), default))]
        case Call(name, (address, _)):
            networks = dict.fromkeys(one.args[1] for one in group if isinstance(one, Call))
            return [Call(_ANY_OF[name], (address, *networks))]
        case _:
            return group


def _text_lists(left: Expr, group: list[Binary]) -> list[Expr]:
    """`in~` for what ignores case, with what has no case to ignore; `in` for the rest."""
    folded = any(one.operator == "=~" for one in group)
    loose: list[Expr] = []
    exact: list[Expr] = []
    for one in group:
        ignores = one.operator == "=~" or (folded and isinstance(one.right, String) and not is_cased(one.right.value))
        (loose if ignores else exact).append(one.right)
    lists = (("in~", "=~", loose), ("in", "==", exact))
    return [_in(many, single, left, choices) for many, single, choices in lists if choices]


def _in(many: str, single: str, left: Expr, choices: list[Expr]) -> Expr:
    choices = list(dict.fromkeys(choices))
    return In(many, left, tuple(choices)) if len(choices) > 1 else Binary(single, left, choices[0])
