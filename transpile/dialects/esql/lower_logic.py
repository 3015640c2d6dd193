"""NOT in ES|QL, where a test of a column without a value is null, and so is NOT of it.

What is lowered here is true where the rule's condition holds, and false or null elsewhere. AND and OR of such keep
that; NOT needs its operand to be true or false, which COALESCE makes it. Functions that search the index (QSTR, `:`)
are never null and not allowed in other functions ("Full text functions", limitations), so COALESCE goes around them.
"""

from __future__ import annotations

from transpile.dialects.esql.tree import (
    And,
    Boolean,
    Call,
    Column,
    Compare,
    Comparison,
    Expr,
    IsNull,
    Not,
    Or,
    Search,
    String,
)
from transpile.dialects.kit.writing.conditions import join

_NEVER_NULL = frozenset({"COALESCE", "MV_CONTAINS", "MV_INTERSECTS", "MV_LIKE", "MV_RLIKE", "QSTR", "KQL", "MATCH"})


def opposite(expr: Expr) -> Expr:
    """What holds where the expression does not.

    >>> opposite(IsNull(Column("a"))) == IsNull(Column("a"), negated=True)
    True
    """
    match expr:
        case Boolean(value):
            return Boolean(not value)
        case IsNull(operand, negated):
            return IsNull(operand, not negated)
        case Or((IsNull(Column(one), False), Compare(Comparison.EQ, Column(other) as column, String("") as empty))) if (
            one == other
        ):
            return Compare(Comparison.NE, column, empty)
        case Not(arg) if is_never_null(arg):
            return arg
        case _:
            return Not(_settled(expr))


def is_never_null(expr: Expr) -> bool:
    """Whether the expression is true or false of every row."""
    match expr:
        case And(args):
            return all(map(is_never_null, args))
        case Or((IsNull(Column(one), False), Compare(_, Column(other), String()))) if one == other:
            return True
        case Or(args):
            return all(map(is_never_null, args))
        case Not(arg):
            return is_never_null(arg)
        case Call(name):
            return name in _NEVER_NULL
        case IsNull() | Search() | Boolean():
            return True
        case _:
            return False


def _settled(expr: Expr) -> Expr:
    """The expression, false where it is null."""
    if is_never_null(expr):
        return expr
    match expr:
        case And(args) | Or(args) if _searches(expr):
            kind = type(expr)
            loose = [arg for arg in args if not is_never_null(arg) and not _searches(arg)]
            kept = [_settled(arg) for arg in args if is_never_null(arg) or _searches(arg)]
            together = [_settled(join(kind, loose, Boolean(kind is And)))] if loose else []
            return join(kind, [*kept, *together], Boolean(kind is And))
        case _:
            return Call("COALESCE", (expr, Boolean(False)))


def _searches(expr: Expr) -> bool:
    match expr:
        case And(args) | Or(args):
            return any(map(_searches, args))
        case Not(arg):
            return _searches(arg)
        case Call(name):
            return name in ("QSTR", "KQL", "MATCH")
        case Search():
            return True
        case _:
            return False
