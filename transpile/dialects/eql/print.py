"""Prints an EQL query: on one line where it fits, else a condition a line as detection engineers write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, assert_never

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
from transpile.syntax.emit import ATOM, backslashed

_WIDTH = 110
_INDENT = "  "
_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN = range(1, 8)
_CONTROLS = str.maketrans({ESCAPES[letter]: f"\\{letter}" for letter in "nrt"})
# Control characters, line separators, what sets the direction of text, and what is not a character.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


class _Layout(NamedTuple):
    """A printed expression on one line, how tightly it binds, and how it is written on several lines.

    `broken` takes the indentation of the line that it starts on; the lines below are to be indented alike.
    """

    flat: str
    level: int
    broken: Callable[[str], str] | None = None

    def fit(self, indent: str, level: int) -> str:
        """The expression as an operand of an operator at `level`, on one line if that is short enough."""
        flat = self.flat if self.level > level else f"({self.flat})"
        if self.broken is None or len(indent) + len(flat) <= _WIDTH:
            return flat
        if self.level > level:
            return self.broken(indent)
        return f"(\n{indent}{_INDENT}{self.broken(indent + _INDENT)}\n{indent})"

    def inline(self, level: int) -> str:
        """The expression as an operand of an operator at `level`, on one line."""
        return self.flat if self.level > level else f"({self.flat})"


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
    if len(indent) + len(line) <= _WIDTH:
        return line
    indent += _INDENT
    return f"{category} where\n{indent}{condition.fit(indent, 0)}"


def _term(term: Term) -> str:
    text = f"{_INDENT}{'!' * term.missing}[{_event(term.event, _INDENT)}]{_by(term.by)}"
    return text + (f" with runs={term.runs}" if term.runs is not None else "")


def _by(keys: tuple[Expr, ...]) -> str:
    return f" by {_list(keys)}" if keys else ""


def _list(exprs: tuple[Expr, ...]) -> str:
    return ", ".join(_layout(expr).flat for expr in exprs)


def _layout(expr: Expr) -> _Layout:
    match expr:
        case Lookup():
            return _lookup(expr)
        case And(args):
            return _joined(" and", _AND, _AND, args)
        case Or(args):
            # An `and` in an `or` takes brackets that it does not need, for the reader.
            return _joined(" or", _OR, _AND, args)
        case Not(arg):
            inner = _layout(arg)
            return _Layout("not " + inner.inline(_AND), _NOT, lambda indent: "not " + inner.fit(indent, _AND))
        case Compare(operator, left, right):
            return _binary(operator.value, _COMPARISON, _COMPARISON, left, right)
        case Arithmetic(sign, left, right):
            level = _SUM if sign in (Sign.ADD, Sign.SUBTRACT) else _PRODUCT
            return _binary(sign.value, level, level - 1, left, right)
        case Negative(operand):
            return _Layout("-" + _layout(operand).inline(_SIGN), _SIGN)
        case Field():
            return _Layout(field(expr), ATOM)
        case Call(name, args, fold):
            return _Layout(f"{name}{'~' * fold}({_list(args)})", ATOM)
        case String(value):
            return _Layout(string(value), ATOM)
        case Number(value):
            return _Layout(repr(value), ATOM if value >= 0 else _SIGN)
        case Boolean(value):
            return _Layout(str(value).lower(), ATOM)
        case Null():
            return _Layout("null", ATOM)
        case _:
            assert_never(expr)


def _joined(word: str, level: int, guarded: int, args: tuple[Expr, ...]) -> _Layout:
    layouts = [_layout(arg) for arg in args]
    return _Layout(
        f"{word} ".join([layout.inline(guarded) for layout in layouts]),
        level,
        lambda indent: f"{word}\n{indent}".join([layout.fit(indent, guarded) for layout in layouts]),
    )


def _binary(operator: str, level: int, left_level: int, left: Expr, right: Expr) -> _Layout:
    return _Layout(f"{_layout(left).inline(left_level)} {operator} {_layout(right).inline(level)}", level)


def _lookup(expr: Lookup) -> _Layout:
    head = f"{_layout(expr.operand).inline(_COMPARISON)} {'not ' * expr.negated}{expr.operator} "
    values = [_value(value, expr.operator) for value in expr.values]
    if len(values) == 1 and expr.operator not in (Search.IN, Search.IN_FOLD):
        return _Layout(head + values[0], _COMPARISON)

    def broken(indent: str) -> str:
        inner = "\n" + indent + _INDENT
        return f"{head}({inner}{f',{inner}'.join(values)}\n{indent})"

    return _Layout(f"{head}({', '.join(values)})", _COMPARISON, broken)


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
