"""Patterns and regexes as Kusto's string operators.

`=~`, `contains` and the like fold ASCII letters only; for others the reference says to use `tolower` ("in~ operator").
What that makes of a final sigma or a dotted I is not documented, so those are left to a regex: the syntax is that of
Rust's regex crate, where `(?i)` is Unicode's simple case folding and `$` is the very end ("Regex syntax").
"""

from __future__ import annotations

from typing import assert_never

from transpile.dialects.kql.tree import Binary, Call, Expr, Star, String
from transpile.ir.match import ANY, ONE, Case, Pattern, Shape
from transpile.regex import Node, to_rust
from transpile.regex.chars import is_cased, variants
from transpile.regex.print import escape_re2
from transpile.regex.tree import (
    Anchor,
    Atomic,
    Backreference,
    Capture,
    Choice,
    Dot,
    Literal,
    Look,
    Repeat,
    Sequence,
    Set,
    choice,
    sequence,
    walk,
)

_MOST_GROUPS = 16  # "matches regex operator"

# shape: ignoring case, minding it
_OPERATORS = {
    Shape.EQUALS: ("=~", "=="),
    Shape.CONTAINS: ("contains", "contains_cs"),
    Shape.STARTS: ("startswith", "startswith_cs"),
    Shape.ENDS: ("endswith", "endswith_cs"),
}


def compare(text: Expr, test: Pattern) -> Expr:
    """The pattern against a text (or `*`, every column). It is neither empty nor `*` alone.

    >>> compare(String("a"), Pattern.of(ANY, "x")).operator
    'endswith'
    """
    shape = test.shape
    if shape not in _OPERATORS:
        return Binary("matches regex", text, String(wildcard_regex(test)))
    ignoring, minding = _OPERATORS[shape]
    value = test.literal
    if test.cased:
        return Binary(minding, text, String(value))
    if test.case is not Case.ASCII and folds_beyond_ascii(value):
        if isinstance(text, Star) or not _has_plain_case(value):
            return Binary("matches regex", text, String(wildcard_regex(test)))
        return Binary(minding, Call("tolower", (text,)), String("".join(map(str.lower, value))))
    # The reference advises == over =~ where both do.
    return Binary(ignoring if is_cased(value) or shape is not Shape.EQUALS else minding, text, String(value))


def compare_columns(left: Expr, right: Expr, shape: Shape, cased: bool) -> Expr:
    """One text against another; what letters they hold, nobody knows beforehand."""
    if not cased:
        left, right = Call("tolower", (left,)), Call("tolower", (right,))
    return Binary(_OPERATORS[shape][True], left, right)


def folds_beyond_ascii(text: str) -> bool:
    """Whether ignoring case makes a difference to a character outside of ASCII."""
    return not text.isascii() and is_cased("".join(char for char in text if not char.isascii()))


def _has_plain_case(text: str) -> bool:
    """Whether each letter beyond ASCII is one of a pair, an upper and a lower case."""
    return all(len(variants(char)) == 2 for char in text if not char.isascii() and is_cased(char))


def wildcard_regex(test: Pattern) -> str:
    """The pattern as a regex; it is anchored at each end that has no `*`. A dot of it matches line breaks, too.

    >>> wildcard_regex(Pattern.of("a", ANY, "b.", ANY))
    '(?is)^a.*b\\\\.'
    """
    parts = test.parts
    start, end = parts[0] is ANY, parts[-1] is ANY
    inner = Pattern(parts[start : len(parts) - end])
    body = inner.render(escape_re2, ".*", ".")
    flags = "i" * (not test.cased) + "s" * (len(inner.parts) > 1 or ONE in inner.parts)
    return f"(?{flags}){'' if start else '^'}{body}{'' if end else '$'}"


def to_kusto(node: Node) -> str:
    """The regex in Kusto's syntax. Raises `RegexError` where that cannot say it."""
    groups = sum(isinstance(one, Capture) for one in walk(node))
    return to_rust(_without_groups(node) if groups > _MOST_GROUPS else node)


def _without_groups(node: Node) -> Node:
    match node:
        case Capture(item):
            return _without_groups(item)
        case Sequence(parts):
            return sequence(*map(_without_groups, parts))
        case Choice(branches):
            return choice(*map(_without_groups, branches))
        case Repeat(item, low, high, mode):
            return Repeat(_without_groups(item), low, high, mode)
        case Literal() | Dot() | Set() | Anchor() | Look() | Backreference() | Atomic():
            return node
        case _:
            assert_never(node)
