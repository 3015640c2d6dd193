"""Prints a Kusto query as its authors lay it out: the table first, an operator a line, long conditions broken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from transpile.dialects.kql.literals import quote, spell_function, spell_name
from transpile.dialects.kql.parse_scalar import AND, EQUALITY, OR, PRODUCT, RELATION, SUM, TEXT, UNARY
from transpile.dialects.kql.tree import (
    And,
    Array,
    Assignment,
    Bag,
    Between,
    Binary,
    Bool,
    Call,
    Columns,
    Duration,
    Dynamic,
    DynamicNull,
    DynamicValue,
    Expr,
    Function,
    In,
    Index,
    Join,
    Let,
    Name,
    Negative,
    Number,
    Operator,
    Or,
    Path,
    Pipeline,
    Raw,
    RawStatement,
    Script,
    Star,
    Statement,
    String,
    Summarize,
    Typed,
    Union,
    Where,
    Wildcard,
)
from transpile.text.emit import ATOM, Fragment, guard

WIDTH = 120
_INDENT = "    "
_PIPELINE = 0  # binds looser than any scalar operator

_LEVELS = {
    **dict.fromkeys(("==", "!="), EQUALITY),
    **dict.fromkeys(("<", "<=", ">", ">="), RELATION),
    **dict.fromkeys(("+", "-"), SUM),
    **dict.fromkeys(("*", "/", "%"), PRODUCT),
}


def print_script(script: Script) -> str:
    """The text of a query, without a line break at its end.

    >>> print(print_script(Script((Pipeline(Name("T"), (Where(Binary("=~", Name("a"), String("x"))),)),))))
    T
    | where a =~ "x"
    """
    return ";\n".join(_statement(one) for one in script.statements)


def _statement(statement: Statement) -> str:
    match statement:
        case Let(name, value):
            return f"let {spell_name(name)} = {_function(value) if isinstance(value, Function) else _statement(value)}"
        case RawStatement(text):
            return text
        case Pipeline(source, operators):
            first = _operator(source) if isinstance(source, Operator) else _guarded(source, _PIPELINE)
            return "\n".join([first, *(f"| {_operator(one)}" for one in operators)])
        case _:
            return _laid_out(statement, _INDENT, 0)


def _function(function: Function) -> str:
    body = print_script(function.body).replace("\n", "\n" + _INDENT)
    return f"{'view ' * function.view}({function.parameters}) {{\n{_INDENT}{body}\n}}"


# --- operators


def _operator(operator: Operator) -> str:
    match operator:
        case Where(predicate):
            return "where " + _laid_out(predicate, _INDENT, len("| where "))
        case Columns(name, columns):
            return f"{name} {_list(columns)}"
        case Summarize(aggregates, by, parameters):
            return " ".join(
                part
                for part in ("summarize", _parameters(parameters), _list(aggregates), by and f"by {_list(by)}")
                if part
            )
        case Join(name, right, on, parameters):
            table = _guarded(right, UNARY)
            return " ".join(part for part in (name, _parameters(parameters), table, on and f"on {_list(on)}") if part)
        case Union(tables, parameters):
            listed = ", ".join(_guarded(table, UNARY) for table in tables)
            return " ".join(part for part in ("union", _parameters(parameters), listed) if part)
        case Raw(name, text):
            return f"{name} {text}".rstrip()
        case _:
            assert_never(operator)


def _parameters(parameters: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{name}={value}" for name, value in parameters)


def _list(exprs: Iterable[Expr]) -> str:
    return ", ".join(_flat(expr).text for expr in exprs)


# --- conditions that may take more than a line


def _laid_out(expr: Expr, indent: str, used: int) -> str:
    """The condition on one line if it fits, else broken at its outermost operator, its parts indented under it."""
    flat = _flat(expr).text
    if len(flat) + used <= WIDTH:
        return flat
    match expr:
        case And(args) | Or(args):
            word = "and" if isinstance(expr, And) else "or"
            return f"\n{indent}{word} ".join(_part(arg, indent + _INDENT) for arg in args)
        case Call("not", (arg,)):
            return f"not({_laid_out(arg, indent + _INDENT, used + len('not()'))})"
        case In(operator, value, choices):
            listed = f",\n{indent}".join(_flat(choice).text for choice in choices)
            return f"{_guarded(value, EQUALITY)} {operator} (\n{indent}{listed}\n{indent[:-2]})"
        case _:
            return flat


def _part(expr: Expr, indent: str) -> str:
    laid_out = _laid_out(expr, indent, len(indent) + len("and ()"))
    return f"({laid_out})" if isinstance(expr, And | Or) else laid_out


# --- expressions on one line


def _guarded(expr: Expr, level: int) -> str:
    return guard(_flat(expr), level)


def _flat(expr: Expr) -> Fragment:
    match expr:
        case Binary(operator, left, right):
            level = _LEVELS.get(operator, TEXT)
            # Only arithmetic and string operators may follow one another, and they group to the left.
            first = level - 1 if level in (SUM, PRODUCT, TEXT) else level
            return Fragment(f"{_guarded(left, first)} {operator} {_guarded(right, level)}", level)
        case And(args):
            return Fragment(" and ".join(_guarded(arg, AND) for arg in args), AND)
        case Or(args):
            # `and` binds tighter; the parentheses are for the reader.
            return Fragment(" or ".join(_guarded(arg, AND) for arg in args), OR)
        case In(operator, value, choices):
            return Fragment(f"{_guarded(value, EQUALITY)} {operator} ({_list(choices)})", EQUALITY)
        case Between(operator, value, low, high):
            return Fragment(
                f"{_guarded(value, EQUALITY)} {operator} ({_guarded(low, RELATION)} .. {_guarded(high, RELATION)})",
                EQUALITY,
            )
        case Negative(arg):
            return Fragment(f"-{_guarded(arg, UNARY)}", UNARY)
        case Pipeline(source, operators):
            first_text = _operator(source) if isinstance(source, Operator) else _guarded(source, _PIPELINE)
            return Fragment(" | ".join([first_text, *map(_operator_on_line, operators)]), _PIPELINE)
        case Assignment(names, value):
            spelled = ", ".join(map(spell_name, names))
            return Fragment(f"{spelled if len(names) == 1 else f'({spelled})'} = {_flat(value).text}", _PIPELINE)
        case _:
            return Fragment(_term(expr), UNARY if isinstance(expr, Number) and expr.value < 0 else ATOM)


def _operator_on_line(operator: Operator) -> str:
    return f"where {_flat(operator.predicate).text}" if isinstance(operator, Where) else _operator(operator)


def _term(
    expr: Name | Star | Wildcard | Path | Index | Call | String | Number | Bool | Duration | Typed | Dynamic,
) -> str:
    match expr:
        case Name(name):
            return spell_name(name)
        case String(value):
            return quote(value)
        case Number(value):
            return repr(value)
        case Bool(value):
            return "true" if value else "false"
        case Star():
            return "*"
        case Wildcard(pattern):
            return pattern
        case Path(base, member):
            return f"{_guarded(base, UNARY)}.{spell_name(member)}"
        case Index(base, index):
            return f"{_guarded(base, UNARY)}[{_flat(index).text}]"
        case Call(name, args, scope):
            before = f"{_guarded(scope, UNARY)}." if scope is not None else ""
            return f"{before}{spell_function(name)}({_list(args)})"
        case Duration(text):
            return text
        case Typed(type_, text):
            return f"{type_}({text})"
        case Dynamic(value):
            return f"dynamic({_dynamic(value)})"
        case _:
            assert_never(expr)


def _dynamic(value: DynamicValue) -> str:
    match value:
        case Array(items):
            return f"[{', '.join(map(_dynamic, items))}]"
        case Bag(pairs):
            return "{" + ", ".join(f"{quote(key)}: {_dynamic(item)}" for key, item in pairs) + "}"
        case DynamicNull():
            return "null"
        case _:
            return _term(value)
