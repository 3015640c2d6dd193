"""Prints an EQL query: on one line where it fits, else a condition a line as detection engineers write it."""

from __future__ import annotations

import re
from typing import assert_never

from transpile.dialects.eql.tree import (
    And,
    Arithmetic,
    Boolean,
    Call,
    Compare,
    Event,
    Expr,
    Field,
    Lookup,
    Negative,
    Not,
    Null,
    Number,
    Or,
    Query,
    Sample,
    Search,
    Sequence,
    Sign,
    String,
    Term,
)
from transpile.dialects.eql.words import ESCAPES, is_plain
from transpile.dialects.kit.layout import INDENT, WIDTH, Layout, joined, listed, prefixed
from transpile.syntax.emit import ATOM, backslashed

_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN = range(1, 8)
_CONTROLS = str.maketrans({ESCAPES[letter]: f"\\{letter}" for letter in "nrt"})
# Control characters, line separators, what sets the direction of text, and what is not a character.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def print_query(query: Query) -> str:
    """The text of a query, without a line break at its end.

    >>> print_query(Query(Event("process", Lookup(Search.WILDCARD, Field("process.name"), (String("a*"),)))))
    'process where process.name : "a*"'
    """
    match query.body:
        case Event():
            text = _event(query.body, "")
        case Sequence(terms, by, maxspan, until):
            head = "sequence" + _by(by) + (f" with maxspan={maxspan}" if maxspan else "")
            lines = [head, *(_term(term) for term in terms)]
            if until:
                lines.append("until " + _term(until).lstrip())
            text = "\n".join(lines)
        case Sample(terms, by):
            text = "\n".join(["sample" + _by(by), *(_term(term) for term in terms)])
        case _:
            assert_never(query.body)
    for pipe in query.pipes:
        text += f"\n| {pipe.name} {_list(pipe.args)}".rstrip()
    return text


def _event(event: Event, indent: str) -> str:
    category = "any"
    if event.category is not None:
        category = event.category if is_plain(event.category) else string(event.category)
    condition = _layout(event.condition)
    line = f"{category} where {condition.flat}"
    if len(indent) + len(line) <= WIDTH:
        return line
    indent += INDENT
    return f"{category} where\n{indent}{condition.fit(indent, 0)}"


def _term(term: Term) -> str:
    text = f"{INDENT}{'!' * term.missing}[{_event(term.event, INDENT)}]{_by(term.by)}"
    return text + (f" with runs={term.runs}" if term.runs is not None else "")


def _by(keys: tuple[Expr, ...]) -> str:
    return f" by {_list(keys)}" if keys else ""


def _list(exprs: tuple[Expr, ...]) -> str:
    return ", ".join(_layout(expr).flat for expr in exprs)


def _layout(expr: Expr) -> Layout:
    match expr:
        case Lookup():
            return _lookup(expr)
        case And(args):
            return joined("and", _AND, _AND, [_layout(arg) for arg in args])
        case Or(args):
            # An `and` in an `or` takes brackets that it does not need, for the reader.
            return joined("or", _OR, _AND, [_layout(arg) for arg in args])
        case Not(arg):
            return prefixed("not ", _NOT, _layout(arg))
        case Compare(operator, left, right):
            return _binary(operator.value, _COMPARISON, _COMPARISON, left, right)
        case Arithmetic(sign, left, right):
            level = _SUM if sign in (Sign.ADD, Sign.SUBTRACT) else _PRODUCT
            return _binary(sign.value, level, level - 1, left, right)
        case Negative(operand):
            return Layout("-" + _layout(operand).inline(_SIGN), _SIGN)
        case Field():
            return Layout(field(expr), ATOM)
        case Call(name, args, fold):
            return Layout(f"{name}{'~' * fold}({_list(args)})", ATOM)
        case String(value):
            return Layout(string(value), ATOM)
        case Number(value):
            return Layout(repr(value), ATOM if value >= 0 else _SIGN)
        case Boolean(value):
            return Layout(str(value).lower(), ATOM)
        case Null():
            return Layout("null", ATOM)
        case _:
            assert_never(expr)


def _binary(operator: str, level: int, left_level: int, left: Expr, right: Expr) -> Layout:
    return Layout(f"{_layout(left).inline(left_level)} {operator} {_layout(right).inline(level)}", level)


def _lookup(expr: Lookup) -> Layout:
    head = f"{_layout(expr.operand).inline(_COMPARISON)} {'not ' * expr.negated}{expr.operator} "
    values = [_value(value, expr.operator) for value in expr.values]
    if len(values) == 1 and expr.operator not in (Search.IN, Search.IN_FOLD):
        return Layout(head + values[0], _COMPARISON)
    return listed(f"{head}(", _COMPARISON, values)


def _value(value: Expr, operator: Search) -> str:
    if isinstance(value, String):
        raw = operator in (Search.REGEX, Search.REGEX_FOLD) and _is_better_raw(value.value)
        return f'"""{value.value}"""' if raw else string(value.value)
    return _layout(value).flat


def _is_better_raw(text: str) -> bool:
    """Whether the text reads better, and can be written, between triple quotes, which escape nothing."""
    return "\\" in text and '"""' not in text and not text.endswith('"') and text.isprintable()


def field(field: Field) -> str:
    """A field's name, its parts quoted where they have to be.

    >>> field(Field("winlog.c-uri", optional=True))
    '?winlog.`c-uri`'
    """
    parts = field.name.split(".")
    if not all(parts):
        parts = [field.name]
    quoted = (part if is_plain(part) else "`" + part.replace("`", "``") + "`" for part in parts)
    return "?" * field.optional + ".".join(quoted)


def string(text: str) -> str:
    """A string in double quotes. Characters that would not show, or would reorder the text, are escaped.

    >>> print(string('a "b" ' + chr(27)))
    "a \\"b\\" \\u{1b}"
    """
    escaped = backslashed(text, '\\"')
    if not escaped.isascii() or not escaped.isprintable():
        escaped = escaped.translate(_CONTROLS)
        escaped = _HIDDEN.sub(lambda found: f"\\u{{{ord(found.group()):02x}}}", escaped)
    return f'"{escaped}"'
