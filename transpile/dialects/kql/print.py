"""Prints a Kusto query as its authors lay it out: the table first, an operator a line, long conditions broken."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
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
    DataTable,
    Duration,
    Dynamic,
    DynamicNull,
    DynamicValue,
    Expand,
    Expanded,
    Expr,
    Function,
    In,
    Index,
    Join,
    Key,
    Let,
    Name,
    Negative,
    Number,
    Operator,
    Or,
    Partition,
    Path,
    Pipeline,
    Raw,
    RawStatement,
    Scan,
    Script,
    Sort,
    Star,
    Statement,
    Step,
    String,
    Summarize,
    Top,
    Typed,
    Union,
    Where,
    Wildcard,
)
from transpile.syntax.emit import ATOM, Fragment

WIDTH = 120
_CROWD, _GROUP = 200, 50  # Microsoft's parser takes a chain for a tree, and gives up at some 450 levels
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
        case Call(name, (Pipeline() as table,), None):
            inner = _statement(table).replace("\n", "\n" + _INDENT)
            return f"{spell_function(name)}(\n{_INDENT}{inner}\n)"
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
            line = f"{name} {_list(columns)}".rstrip()
            if len(line) <= WIDTH:
                return line
            return f"{name}\n" + ",\n".join(f"{_INDENT}{_list([column])}" for column in columns)
        case Summarize(aggregates, by, parameters):
            first = " ".join(part for part in ("summarize", _parameters(parameters)) if part)
            line = " ".join(part for part in (first, _list(aggregates), by and f"by {_list(by)}") if part)
            if len(line) + len("| ") <= WIDTH or not aggregates:
                return line
            last = f"\n{_INDENT}by {_list(by)}" if by else ""
            return f"{first}\n" + ",\n".join(f"{_INDENT}{_list([one])}" for one in aggregates) + last
        case Join(name, right, on, parameters):
            table = _guarded(right, UNARY)
            return " ".join(part for part in (name, _parameters(parameters), table, on and f"on {_list(on)}") if part)
        case Union(tables, parameters) if any(isinstance(table, Pipeline) for table in tables):
            first = " ".join(part for part in ("union", _parameters(parameters)) if part)
            listed = ",\n".join(
                f"({_statement(table)})" if isinstance(table, Pipeline) else _flat(table).text for table in tables
            )
            return f"{first}\n{listed}".replace("\n", "\n" + _INDENT)
        case Union(tables, parameters):
            listed = ", ".join(_guarded(table, UNARY) for table in tables)
            return " ".join(part for part in ("union", _parameters(parameters), listed) if part)
        case Sort(name, keys):
            return f"{name} by {', '.join(map(_key, keys))}"
        case Top(count, keys):
            return f"top {_flat(count).text} by {', '.join(map(_key, keys))}"
        case Expand(name, columns, body):
            listed = ", ".join(map(_expanded, columns))
            return f"{name} {listed} on {_body(body)}" if name == "mv-apply" else f"{name} {listed}"
        case Partition(by, body, parameters):
            return " ".join(
                part for part in ("partition", _parameters(parameters), "by", _flat(by).text, _body(body)) if part
            )
        case Scan():
            return _scan(operator)
        case DataTable(columns, values):
            return f"datatable ({_schema(columns)}) [{_list(values)}]"
        case Raw(name, text):
            return f"{name} {text}".rstrip()
        case _:
            assert_never(operator)


def _key(key: Key) -> str:
    nulls = f"nulls {key.nulls}" if key.nulls else ""
    return " ".join(part for part in (_flat(key.value).text, key.direction, nulls) if part)


def _expanded(column: Expanded) -> str:
    value = _flat(column.value).text
    return f"{value} to typeof({column.type})" if column.type else value


def _body(operators: tuple[Operator, ...]) -> str:
    return f"({' | '.join(map(_operator_on_line, operators))})"


def _schema(columns: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{spell_name(name)}: {type_}" for name, type_ in columns)


def _scan(scan: Scan) -> str:
    declared = f"declare ({_schema(scan.declared)}) " if scan.declared else ""
    steps = "".join(f"\n{_INDENT}{_step(step)};" for step in scan.steps)
    return f"scan {declared}with ({steps}\n)"


def _step(step: Step) -> str:
    output = f" output={step.output}" if step.output else ""
    first = f"step {spell_name(step.name)}{output}: {_flat(step.condition).text}"
    line = f"{first} => {_list(step.assignments)}" if step.assignments else first
    if len(line) + len(_INDENT) < WIDTH or not step.assignments:
        return line
    return f"{first} =>\n" + ",\n".join(f"{_INDENT * 2}{_list([one])}" for one in step.assignments)


def _parameters(parameters: tuple[tuple[str, str], ...]) -> str:
    return " ".join(f"{name}={value}" for name, value in parameters)


def _list(exprs: Iterable[Expr]) -> str:
    return ", ".join([_atom(expr) if isinstance(expr, String | Name) else _flat(expr).text for expr in exprs])


# --- conditions that may take more than a line


def _laid_out(expr: Expr, indent: str, used: int) -> str:
    """The condition on one line if it fits after the `used` columns, else broken at its outermost operator."""
    if not isinstance(expr, And | Or):
        return _broken(expr, _flat(expr), indent, used)
    flats = list(map(_flat, expr.args))
    line = _joined(expr, flats).text
    if len(line) + used <= WIDTH:
        return line
    args = expr.args
    if len(args) > _CROWD:
        args = tuple(type(expr)(args[start : start + _GROUP]) for start in range(0, len(args), _GROUP))
        flats = list(map(_flat, args))
    word = "and" if isinstance(expr, And) else "or"
    return f"\n{indent}{word} ".join(map(_part, args, flats, repeat(indent + _INDENT)))


def _part(expr: Expr, flat: Fragment, indent: str) -> str:
    """An operand, printed on one line already, on lines of its own."""
    used = len(indent) + len("and ()")
    if isinstance(expr, And | Or):
        return f"({flat.text if len(flat.text) + used <= WIDTH else _laid_out(expr, indent, used)})"
    return _broken(expr, flat, indent, used)


def _broken(expr: Expr, flat: Fragment, indent: str, used: int) -> str:
    """`_laid_out` for anything but AND and OR, which is printed on one line already."""
    if len(flat.text) + used <= WIDTH:
        return flat.text
    match expr:
        case Call("not", (arg,), None):
            return f"not({_laid_out(arg, indent + _INDENT, used + len('not()'))})"
        case In(operator, value, choices):
            listed = f",\n{indent}".join(_flat(choice).text for choice in choices)
            return f"{_guarded(value, EQUALITY)} {operator} (\n{indent}{listed}\n{indent[:-2]})"
        case _:
            return flat.text


# --- expressions on one line


def _guarded(expr: Expr, level: int) -> str:
    """The expression as an operand at `level`: in parentheses if it binds no tighter."""
    match expr:
        case String() | Name():  # nearly all operands; never in parentheses
            return _atom(expr)
        case _:
            text, own = _flat(expr)
            return text if own > level else f"({text})"


def _atom(expr: String | Name) -> str:
    return quote(expr.value) if isinstance(expr, String) else spell_name(expr.name)


def _joined(expr: And | Or, flats: Iterable[Fragment]) -> Fragment:
    """The operands of AND or OR. `and` binds tighter than `or`; the parentheses are for the reader."""
    operands = [text if level > AND else f"({text})" for text, level in flats]
    return Fragment(" and ".join(operands), AND) if isinstance(expr, And) else Fragment(" or ".join(operands), OR)


def _flat(expr: Expr) -> Fragment:
    match expr:
        case String() | Name():
            return Fragment(_atom(expr), ATOM)
        case Binary(operator, left, right):
            level = _LEVELS.get(operator, TEXT)
            # Only arithmetic and string operators may follow one another, and they group to the left.
            first = level - 1 if level in (SUM, PRODUCT, TEXT) else level
            return Fragment(f"{_guarded(left, first)} {operator} {_guarded(right, level)}", level)
        case And(args) | Or(args):
            return _joined(expr, map(_flat, args))
        case Call(function, args, scope):
            before = f"{_guarded(scope, UNARY)}." if scope is not None else ""
            return Fragment(f"{before}{spell_function(function)}({_list(args)})", ATOM)
        case In(operator, value, choices):
            return Fragment(f"{_guarded(value, EQUALITY)} {operator} ({_list(choices)})", EQUALITY)
        case Path(base, member):
            return Fragment(f"{_guarded(base, UNARY)}.{spell_name(member)}", ATOM)
        case Index(base, index):
            return Fragment(f"{_guarded(base, UNARY)}[{_flat(index).text}]", ATOM)
        case Star():
            return Fragment("*", ATOM)
        case Between(operator, value, low, high):
            span = f"{_guarded(low, RELATION)} .. {_guarded(high, RELATION)}"
            return Fragment(f"{_guarded(value, EQUALITY)} {operator} ({span})", EQUALITY)
        case Negative(arg):
            return Fragment(f"-{_guarded(arg, UNARY)}", UNARY)
        case Wildcard(text):
            return Fragment(text, ATOM)
        case Number() | Bool() | Duration() | Typed() | Dynamic():
            return _constant(expr)
        case Assignment(names, value):
            spelled = ", ".join(map(spell_name, names))
            return Fragment(f"{spelled if len(names) == 1 else f'({spelled})'} = {_flat(value).text}", _PIPELINE)
        case Pipeline(source, operators):
            first_text = _operator(source) if isinstance(source, Operator) else _guarded(source, _PIPELINE)
            return Fragment(" | ".join([first_text, *map(_operator_on_line, operators)]), _PIPELINE)
        case _:
            assert_never(expr)


def _constant(expr: Number | Bool | Duration | Typed | Dynamic) -> Fragment:
    match expr:
        case Number(value):
            return Fragment(repr(value), UNARY)  # `5.x` would be a number and a name
        case Bool(value):
            return Fragment("true" if value else "false", ATOM)
        case Duration(text):
            return Fragment(text, ATOM)
        case Typed(type_, text):
            return Fragment(f"{type_}({text})", ATOM)
        case Dynamic(value):
            return Fragment(f"dynamic({_dynamic(value)})", ATOM)
        case _:
            assert_never(expr)


def _operator_on_line(operator: Operator) -> str:
    return f"where {_flat(operator.predicate).text}" if isinstance(operator, Where) else _operator(operator)


def _dynamic(value: DynamicValue) -> str:
    match value:
        case Array(items):
            return f"[{', '.join(map(_dynamic, items))}]"
        case Bag(pairs):
            return "{" + ", ".join(f"{quote(key)}: {_dynamic(item)}" for key, item in pairs) + "}"
        case DynamicNull():
            return "null"
        case _:
            return _flat(value).text
