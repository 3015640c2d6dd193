"""Lowers a rule to a Kusto query: the table of its dataset, and one `where` for each part of its condition.

Null: a comparison with a null value is null, not false, for all operators but `==` and `!=`, and `not(null)` is null,
so that `where` drops the row ("Null values" in the Kusto reference). Outside of any NOT null serves as false. Under a
NOT, each predicate that may be null is printed as `coalesce(..., false)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from transpile.diagnostics import Report
from transpile.dialects.kql.literals import has_case
from transpile.dialects.kql.parse import parse_dataset
from transpile.dialects.kql.predicates import Predicates
from transpile.dialects.kql.tree import (
    NEGATION,
    And,
    Binary,
    Bool,
    Call,
    Expr,
    In,
    Number,
    Or,
    Pipeline,
    Script,
    String,
    Where,
)
from transpile.ir import expr as ir
from transpile.ir.rule import Rule

DEFAULT_DATASET = "Events"

_OPPOSITES = {
    "isempty": "isnotempty",
    "isnotempty": "isempty",
    "isnull": "isnotnull",
    "isnotnull": "isnull",
}
_ANY_OF = {"ipv4_is_in_range": "ipv4_is_in_any_range", "ipv6_is_in_range": "ipv6_is_in_any_range"}


def lower(rule: Rule, report: Report) -> Script:
    """The query that means the rule. `rule.dataset` is a table, or any beginning of a query; by default `Events`."""
    before, table = parse_dataset(rule.dataset or DEFAULT_DATASET)
    condition = _Lowering(Predicates(report)).condition(rule.condition)
    operators = table.operators + tuple(Where(part) for part in _conjuncts(condition))
    query = table.source if not operators and isinstance(table.source, Expr) else Pipeline(table.source, operators)
    return Script((*before, query))


def _conjuncts(condition: Expr) -> list[Expr]:
    """What must hold, one by one: each is a line of the query."""
    match condition:
        case And(args):
            return [part for arg in args for part in _conjuncts(arg)]
        case Call("not", (Or(args),)):
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
                return all_of([self.condition(arg) for arg in args])
            case ir.Or(args):
                return any_of([self.condition(arg) for arg in args])
            case ir.Not(arg):
                with self.predicates.negation():
                    inner = self.condition(arg)
                return negate(inner)
            case ir.Match(field, test, _, span):
                return self.predicates.match(field, test, span)
            case ir.Keyword(test, span):
                return self.predicates.keyword(test, span)
            case ir.Constant(value):
                return Bool(value)
            case _:
                assert_never(expr)


def negate(expr: Expr) -> Expr:
    """NOT of a condition that is never null, by the operator's own negation where it has one.

    >>> negate(Binary("contains", String("a"), String("b"))).operator
    '!contains'
    """
    match expr:
        case Binary(operator, left, right) if operator in NEGATION:
            return Binary(NEGATION[operator], left, right)
        case In(operator, value, choices) if operator in NEGATION:
            return In(NEGATION[operator], value, choices)
        case Call(name, args, None) if name in _OPPOSITES:
            return Call(_OPPOSITES[name], args)
        case Call("not", (arg,)):
            return arg
        case Bool(value):
            return Bool(not value)
        case _:
            return Call("not", (expr,))


def all_of(args: list[Expr]) -> Expr:
    """AND of the arguments, flat."""
    flat = [part for arg in args for part in (arg.args if isinstance(arg, And) else (arg,)) if part != Bool(True)]
    return Bool(False) if Bool(False) in flat else _joined(And, flat, Bool(True))


def any_of(args: list[Expr]) -> Expr:
    """OR of the arguments, flat, each once, with equalities of one column gathered into `in`."""
    flat = [part for arg in args for part in (arg.args if isinstance(arg, Or) else (arg,)) if part != Bool(False)]
    return Bool(True) if Bool(True) in flat else _joined(Or, _gather(flat), Bool(False))


def _joined(kind: type[And] | type[Or], args: list[Expr], neutral: Bool) -> Expr:
    args = list(dict.fromkeys(args))
    if not args:
        return neutral
    return args[0] if len(args) == 1 else kind(tuple(args))


def _gather(args: list[Expr]) -> list[Expr]:
    """Equalities with one column become one `in`, networks one `..._is_in_any_range`, at the place of the first."""
    groups: dict[object, list[Expr]] = {}
    for arg in args:
        groups.setdefault(_likeness(arg), []).append(arg)
    return [one for group in groups.values() for one in (_as_list(group) if len(group) > 1 else group)]


def _likeness(expr: Expr) -> object:
    """Equal for predicates that one list can say."""
    match expr:
        case Binary("==" | "=~", left, String()):
            return "text", left
        case Binary("==", left, Number()):
            return "number", left
        case Call("ipv4_is_in_range" | "ipv6_is_in_range" as name, (address, _)):
            return name, address
        case Call("coalesce", (Call("ipv4_is_in_range" | "ipv6_is_in_range" as name, (address, _)), Bool(False))):
            return "coalesce", name, address
        case _:
            return expr


def _as_list(group: list[Expr]) -> list[Expr]:
    match group[0]:
        case Binary(_, left, String()):
            folded = any(one.operator == "=~" for one in group if isinstance(one, Binary))
            return _text_lists(left, group, folded)
        case Binary(_, left, Number()):
            return [_in("in", "==", left, [one.right for one in group if isinstance(one, Binary)])]
        case Call("coalesce", _):
            inner = [one.args[0] for one in group if isinstance(one, Call)]
            return [Call("coalesce", (_as_list(inner)[0], Bool(False)))]
        case Call(name, (address, _)):
            networks = [one.args[1] for one in group if isinstance(one, Call)]
            return [Call(_ANY_OF[name], (address, *networks))]
        case _:
            return group[:1]  # the same predicate again


def _text_lists(left: Expr, group: list[Expr], folded: bool) -> list[Expr]:
    """`in~` for what ignores case, with what has no case to ignore; `in` for the rest."""
    loose: list[Expr] = []
    exact: list[Expr] = []
    for one in group:
        if isinstance(one, Binary) and isinstance(one.right, String):
            goes_loose = one.operator == "=~" or (folded and not has_case(one.right.value))
            (loose if goes_loose else exact).append(one.right)
    return [_in(*words, left, choices) for words, choices in ((("in~", "=~"), loose), (("in", "=="), exact)) if choices]


def _in(many: str, single: str, left: Expr, choices: list[Expr]) -> Expr:
    choices = list(dict.fromkeys(choices))
    return Binary(single, left, choices[0]) if len(choices) == 1 else In(many, left, tuple(choices))
