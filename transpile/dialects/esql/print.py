"""Prints an ES|QL query: a command a line, conditions on one line where they fit."""

from __future__ import annotations

from typing import assert_never

from transpile.dialects.esql.tree import (
    And,
    Arithmetic,
    Array,
    Assignment,
    Boolean,
    Call,
    Cast,
    Column,
    Command,
    Compare,
    Eval,
    Expand,
    Expr,
    From,
    In,
    IsNull,
    Keep,
    Key,
    Like,
    Limit,
    Negative,
    Not,
    Null,
    Number,
    Options,
    Or,
    Other,
    Parameter,
    Query,
    Rename,
    Search,
    Sign,
    Sort,
    Star,
    Stats,
    String,
    TimeSpan,
    Where,
)
from transpile.dialects.esql.words import ESCAPES, PLAIN_INDEX, is_plain
from transpile.dialects.kit.layout import INDENT, WIDTH, Layout, joined, listed, prefixed
from transpile.syntax.emit import ATOM, backslashed

_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN, _CAST = range(1, 9)
_CONTROLS = str.maketrans({ESCAPES[letter]: f"\\{letter}" for letter in "nrt"})
_MOST_IN_LINE = 2  # index patterns


def print_query(query: Query) -> str:
    """The text of a query, without a line break at its end.

    >>> print_query(Query(From(("logs-*",), ("_id",)), (Where(Like(Column("a.c-d"), ("\\\\\\\\x*",))),)))
    'FROM logs-* METADATA _id\\n| WHERE a.`c-d` LIKE \"\"\"\\\\\\\\x*\"\"\"'
    """
    source = query.source
    head = source.text if isinstance(source, Other) else _from(source)
    return "\n| ".join([head, *map(_command, query.commands)])


def _from(source: From) -> str:
    indices = [index if PLAIN_INDEX.fullmatch(index) else string(index) for index in source.indices]
    text = "FROM " + (",\n    " if len(indices) > _MOST_IN_LINE else ", ").join(indices)
    return text + (f" METADATA {', '.join(map(column, source.metadata))}" if source.metadata else "")


def _command(command: Command) -> str:
    match command:
        case Where(condition):
            return _line("WHERE", layout(condition))
        case Eval(assignments):
            return "EVAL " + f",\n{INDENT}{INDENT}".join(map(_assignment, assignments))
        case Stats(measures, by, inline):
            text = f"{'INLINE ' * inline}STATS {', '.join(map(_assignment, measures))}".rstrip()
            grouping = f"BY {', '.join(map(_assignment, by))}" if by else ""
            joint = " " if len(text) + len(grouping) < WIDTH - 3 else f"\n{INDENT}{INDENT}"
            return text + (joint + grouping if by else "")
        case Keep(names, drop):
            return f"{'DROP' if drop else 'KEEP'} {', '.join(map(_pattern, names))}"
        case Rename(pairs):
            return "RENAME " + ", ".join(f"{column(old)} AS {column(new)}" for old, new in pairs)
        case Sort(keys):
            return "SORT " + ", ".join(map(_key, keys))
        case Limit(count):
            return f"LIMIT {count}"
        case Expand(name):
            return f"MV_EXPAND {column(name)}"
        case Other(text):
            return text
        case _:
            assert_never(command)


def _line(word: str, condition: Layout) -> str:
    if len(word) + 3 + len(condition.flat) <= WIDTH:
        return f"{word} {condition.flat}"
    indent = INDENT + INDENT
    return f"{word}\n{indent}{condition.fit(indent, 0)}"


def _assignment(one: Assignment) -> str:
    text = (f"{column(one.name)} = " if one.name is not None else "") + layout(one.value).flat
    return text + (f" WHERE {layout(one.condition).flat}" if one.condition is not None else "")


def _key(key: Key) -> str:
    words = (key.direction, f"NULLS {key.nulls}" if key.nulls else None)
    return " ".join([layout(key.value).flat, *filter(None, words)])


def layout(expr: Expr) -> Layout:
    """An expression, ready to be set in a line or over several."""
    match expr:
        case And(args):
            return joined("AND", _AND, _AND, [layout(arg) for arg in args])
        case Or(args):
            # An AND in an OR takes brackets that it does not need, for the reader.
            return joined("OR", _OR, _AND, [layout(arg) for arg in args])
        case Not(arg):
            return prefixed("NOT ", _NOT, layout(arg))
        case Compare(operator, left, right):
            return _binary(operator.value, _COMPARISON, _COMPARISON, left, right)
        case Like(operand, patterns, regex, negated):
            head = f"{layout(operand).inline(_COMPARISON)} {'NOT ' * negated}{'RLIKE' if regex else 'LIKE'} "
            if len(patterns) == 1:
                return Layout(head + string(patterns[0]), _COMPARISON)
            return listed(head + "(", _COMPARISON, list(map(string, patterns)))
        case In(operand, values, negated):
            head = f"{layout(operand).inline(_COMPARISON)} {'NOT ' * negated}IN ("
            return listed(head, _COMPARISON, [layout(value).inline(_COMPARISON) for value in values])
        case IsNull(operand, negated):
            return Layout(f"{layout(operand).inline(_COMPARISON)} IS {'NOT ' * negated}NULL", _COMPARISON)
        case Search(operand, value):
            return _binary(":", _COMPARISON, _COMPARISON, operand, value)
        case _:
            return _operand(expr)


def _operand(expr: Expr) -> Layout:
    match expr:
        case Arithmetic(sign, left, right):
            level = _SUM if sign in (Sign.ADD, Sign.SUBTRACT) else _PRODUCT
            return _binary(sign.value, level, level - 1, left, right)
        case Negative(operand):
            return Layout("-" + layout(operand).inline(_SIGN), _SIGN)
        case Cast(operand, type_):
            return Layout(f"{layout(operand).inline(_CAST - 1)}::{type_}", _CAST)
        case Call(name, args):
            return _call(name, [layout(arg) for arg in args])
        case Column(name):
            return Layout(column(name), ATOM)
        case Array(values):
            return listed("[", ATOM, [layout(value).flat for value in values], "]")
        case Options(entries):
            return Layout("{" + ", ".join(f"{string(name)}: {layout(one).flat}" for name, one in entries) + "}", ATOM)
        case _:
            return Layout(_constant(expr), _SIGN if isinstance(expr, Number) and repr(expr.value)[0] == "-" else ATOM)


def _constant(expr: Expr) -> str:
    match expr:
        case String(value):
            return string(value)
        case Number(value):
            return repr(value)
        case Boolean(value):
            return str(value).lower()
        case Null():
            return "null"
        case TimeSpan(count, unit):
            return f"{count} {unit}"
        case Parameter(name):
            return f"?{name}"
        case Star():
            return "*"
        case _:
            raise TypeError(f"{type(expr).__name__} is not a constant")


def _call(name: str, args: list[Layout]) -> Layout:
    """A function; the condition that is its first argument may take several lines."""
    flat = f"{name}({', '.join(arg.flat for arg in args)})"
    if not args or args[0].broken is None:
        return Layout(flat, ATOM)
    first, *rest = args

    def broken(indent: str) -> str:
        below = f"\n{indent}{INDENT}"
        return (
            f"{name}({below}{f',{below}'.join([first.fit(indent + INDENT, 0), *(arg.flat for arg in rest)])}\n{indent})"
        )

    return Layout(flat, ATOM, broken)


def _binary(operator: str, level: int, left_level: int, left: Expr, right: Expr) -> Layout:
    return Layout(f"{layout(left).inline(left_level)} {operator} {layout(right).inline(level)}", level)


def column(name: str) -> str:
    """A column's name, its parts quoted where they have to be.

    >>> column("winlog.c-uri"), column("a..b")
    ('winlog.`c-uri`', '`a..b`')
    """
    parts = name.split(".")
    if not all(parts):
        parts = [name]
    return ".".join(part if is_plain(part) else "`" + part.replace("`", "``") + "`" for part in parts)


def _pattern(name: str) -> str:
    """A name in KEEP and DROP, where `*` stands for any run of characters outside of backquotes."""
    return name if all(part and is_plain(part.replace("*", "a")) for part in name.split(".")) else column(name)


def string(text: str) -> str:
    """A string: raw between triple quotes where it holds backslashes, which read better there.

    >>> string("a\\nb"), string("a")
    ('"a\\\\nb"', '"a"')
    """
    if "\\" in text and '"""' not in text and text[0] != '"' != text[-1] and text.isprintable():
        return f'"""{text}"""'
    return f'"{backslashed(text, chr(92) + chr(34)).translate(_CONTROLS)}"'
