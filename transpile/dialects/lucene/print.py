"""Prints a query string: every group in parentheses, since the language has no precedence."""

from __future__ import annotations

from typing import assert_never

from transpile.dialects.kit.layout import Layout, joined, prefixed
from transpile.dialects.lucene.tree import (
    And,
    Clauses,
    Everything,
    Fuzzy,
    Match,
    Not,
    Or,
    Phrase,
    Plain,
    Query,
    Range,
    Regex,
    Value,
    Wild,
    Within,
)
from transpile.dialects.lucene.words import escape
from transpile.syntax.emit import ATOM, backslashed

_JOINED, _NOT = 1, 2


def print_query(query: Query) -> str:
    """The text of a query string.

    >>> print_query(Or((Match("a", Plain("x")), Not(Match("b", Phrase("y z"))))))
    'a:x OR (NOT b:"y z")'
    """
    return layout(query).fit("", 0)


def layout(query: Query) -> Layout:
    """A query, ready to be set in a line or over several."""
    match query:
        case Match(field, value, boost):
            text = (f"{escape(field)}:" if field is not None else "") + _value(value)
            return Layout(text + (f"^{boost}" if boost is not None else ""), ATOM)
        case Within(field, inner):
            return _within(escape(field) + ":", layout(inner))
        case And(args):
            # A NOT among them needs no parentheses: it prohibits what the others require.
            return joined("AND", _JOINED, _JOINED, [layout(arg) for arg in args])
        case Or(args):
            return joined("OR", _JOINED, _NOT, [layout(arg) for arg in args])
        case Not(arg):
            operand = layout(arg)
            return prefixed("NOT ", _NOT, operand if operand.level > _NOT else operand._replace(level=0))
        case Clauses(clauses):
            parts = [f"{occur.value}{layout(one).inline(_NOT)}" for occur, one in clauses]
            return Layout(" ".join(parts), _JOINED)
        case Everything():
            return Layout("*:*", ATOM)
        case _:
            assert_never(query)


def _within(head: str, inner: Layout) -> Layout:
    def broken(indent: str) -> str:
        return f"{head}(\n{indent}  {inner.fit(indent + '  ', 0)}\n{indent})"

    return Layout(f"{head}({inner.flat})", ATOM, broken if inner.broken else None)


def _value(value: Value) -> str:
    match value:
        case Plain(text):
            return escape(text)
        case Phrase(text):
            return f'"{backslashed(text, chr(92) + chr(34))}"'
        case Wild(parts):
            return "".join(escape(part) if isinstance(part, str) else part.value for part in parts)
        case Regex(pattern):
            return f"/{pattern}/"
        case Range(low, high, includes_low, includes_high):
            return f"{'[' if includes_low else '{'}{_bound(low)} TO {_bound(high)}{']' if includes_high else '}'}"
        case Fuzzy(inner, distance):
            return f"{_value(inner)}~{distance}"
        case _:
            assert_never(value)


def _bound(text: str | None) -> str:
    if text is None:
        return "*"
    plain = text.lstrip("-").replace(".", "").isalnum() and text.isascii()
    return text if plain and text != "TO" else f'"{backslashed(text, chr(92) + chr(34))}"'
