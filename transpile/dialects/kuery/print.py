"""Prints a Kibana query: on one line where it fits, else one part of an `and` or `or` on each line."""

from __future__ import annotations

import re
from typing import assert_never

from transpile.dialects.kuery.tree import (
    AllOf,
    And,
    AnyOf,
    Anywhere,
    Boolean,
    Everything,
    Expr,
    Is,
    Name,
    Nested,
    NoneOf,
    Not,
    Null,
    Or,
    Range,
    Text,
    Value,
    Values,
    Wildcard,
)
from transpile.syntax.emit import ATOM, Fragment, guard, infix

_WIDTH = 110
_INDENT = "  "
_OR, _AND, _NOT = 1, 2, 3
_SPECIAL = re.compile(r'[\\():<>"*{}]')
# A keyword between blanks; a text may end where a blank follows.
_KEYWORD = re.compile(r"(?:(?<=[ \t\r\n\u00a0])(?:or|and)|not)(?=[ \t\r\n\u00a0]|$)", re.IGNORECASE)
_CONTROLS = {"\t": r"\t", "\r": r"\r", "\n": r"\n"}
# Control characters, line separators, what sets the direction of text, and what is not a character.
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def print_query(query: Expr) -> str:
    """The text of a query, without a line break at its end.

    >>> print_query(Is(Text("process.name"), AnyOf((Text("cmd.exe"), Text("a b", quoted=True)))))
    'process.name:(cmd.exe or "a b")'
    """
    return _broken(query, 0, "")


def _broken(expr: Expr, level: int, indent: str) -> str:
    """The expression as an operand of an operator at `level`, on several lines if one is too short."""
    fragment = _flat(expr)
    line = guard(fragment, level) if level else fragment.text
    if len(indent) + len(line) <= _WIDTH:
        return line
    if fragment.level <= level:
        return f"(\n{indent}{_INDENT}{_broken(expr, 0, indent + _INDENT)}\n{indent})"
    match expr:
        case And(args):
            return f" and\n{indent}".join([_broken(arg, _AND, indent) for arg in args])
        case Or(args):
            return f" or\n{indent}".join([_broken(arg, _AND, indent) for arg in args])
        case Not(arg):
            return "not " + _broken(arg, _NOT, indent)
        case Is(name, AnyOf(args)):
            inner = f" or\n{indent}{_INDENT}".join([guard(_values(arg), _OR) for arg in args])
            return f"{_name(name)}:(\n{indent}{_INDENT}{inner}\n{indent})"
        case Nested(name, query):
            return f"{_name(name)}:{{\n{indent}{_INDENT}{_broken(query, 0, indent + _INDENT)}\n{indent}}}"
        case Is() | Anywhere() | Range() | Everything():
            return line
        case _:
            assert_never(expr)


def _flat(expr: Expr) -> Fragment:
    """The expression on one line. An `and` in an `or` takes parentheses that it does not need, for the reader."""
    match expr:
        case And(args):
            return infix(map(_flat, args), " and ", _AND)
        case Or(args):
            return Fragment(" or ".join([guard(_flat(arg), _AND) for arg in args]), _OR)
        case Not(arg):
            return Fragment("not " + guard(_flat(arg), _NOT), _NOT)
        case Anywhere(value):
            return Fragment(_value(value), ATOM)
        case Is(name, values):
            return Fragment(f"{_name(name)}:{_in_brackets(values)}", ATOM)
        case Range(name, order, value):
            return Fragment(f"{_name(name)} {order.value} {_value(value)}", ATOM)
        case Nested(name, query):
            return Fragment(f"{_name(name)}:{{ {_flat(query).text} }}", ATOM)
        case Everything():
            return Fragment("", ATOM)
        case _:
            assert_never(expr)


def _in_brackets(values: Values) -> str:
    fragment = _values(values)
    return fragment.text if fragment.level == ATOM else f"({fragment.text})"


def _values(values: Values) -> Fragment:
    match values:
        case AnyOf(args):
            return infix(map(_values, args), " or ", _OR)
        case AllOf(args):
            return infix(map(_values, args), " and ", _AND)
        case NoneOf(arg):
            return Fragment("not " + guard(_values(arg), _NOT), _NOT)
        case _:
            return Fragment(_value(values), ATOM)


def _name(name: Name) -> str:
    return _value(name)


def _value(value: Value) -> str:
    match value:
        case Text(text, True):
            return _quoted(text)
        case Text(text):
            return _unquoted(text)
        case Wildcard(parts):
            # `*` is not a blank, so that a keyword beside it needs no escape.
            return "".join("*" if part is None else _unquoted(part) for part in parts)
        case Boolean(truth):
            return str(truth).lower()
        case Null():
            return "null"
        case _:
            assert_never(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _HIDDEN.sub(_escape, escaped) + '"'


def _unquoted(text: str) -> str:
    escaped = _SPECIAL.sub(lambda found: "\\" + found.group(), text)
    escaped = _KEYWORD.sub(lambda found: f"\\u{ord(found.group()[0]):04x}{found.group()[1:]}", escaped)
    return _HIDDEN.sub(_escape, escaped)


def _escape(found: re.Match[str]) -> str:
    char = found.group()
    return _CONTROLS.get(char) or f"\\u{ord(char):04x}"
