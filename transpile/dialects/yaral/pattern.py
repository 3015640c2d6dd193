r"""Strings with wildcards as YARA-L has them: equality without, and regexes with them.

Every regex that we write begins with `(?s)`: Google documents that a regex without it sees only the first line of
a value (re.regex, "Notes"). With it `^` and `$` are the ends of the value, as in RE2 without `(?m)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from transpile.dialects.yaral.tree import Call, Compare, Expr, Or, Path, Quantified, Regex, String
from transpile.ir.match import ANY, Pattern, Shape
from transpile.text.regex import escape_re2

_MOST_EQUALS = 5  # more values than this are one regex rather than a comparison each
_WIDTH = 100  # a longer alternation is split into several regexes, each on a line

_EXTENSION = re.compile(r"(?<!\\)\\\.[A-Za-z0-9]+$")  # `\.exe`, the backslash being the dot's


class Ends(NamedTuple):
    """Which ends of the value a pattern is fixed to: neither for *contains*, both for *equals*."""

    start: bool
    end: bool


def ends(pattern: Pattern) -> Ends:
    """The ends that the pattern's first and last parts fix."""
    return Ends(pattern.parts[0] is not ANY, pattern.parts[-1] is not ANY)


def any_pattern(operand: Path | Quantified, patterns: Sequence[Pattern]) -> Expr:
    """The predicate that the field matches one of these patterns.

    They are all cased or all not and have the same `ends`; none is empty or `*` alone.
    """
    plain = [one for one in patterns if one.shape is Shape.EQUALS and one.literal.isprintable()]
    if len(plain) == len(patterns) <= _MOST_EQUALS:
        return either(equals(operand, one.literal, cased=one.cased) for one in patterns)
    bodies = [_body(one) for one in patterns]
    nocase = any(_cased(one.literal) for one in patterns) and not patterns[0].cased
    fixed = ends(patterns[0])
    return either(
        search(operand, f"(?s){'^' * fixed.start}{_alternation(some)}{'$' * fixed.end}", nocase=nocase)
        for some in _packed(bodies)
    )


def equals(operand: Path | Quantified, text: str, *, cased: bool = False) -> Expr:
    """The predicate that the field is this text; `nocase` only where it makes a difference."""
    return Compare(operand, "=", String(text), nocase=not cased and _cased(text))


def search(operand: Path | Quantified, pattern: str, *, nocase: bool = False) -> Expr:
    """The predicate that the field holds something that the regex matches.

    Over a repeated field it is `re.regex(any ...)`, which the documentation has, and not `any ... = /.../`.
    """
    if isinstance(operand, Path):
        return Compare(operand, "=", Regex(pattern), nocase)
    return Call("re.regex", (operand, String(pattern, raw="`" not in pattern)), nocase)


def either(exprs: Iterable[Expr]) -> Expr:
    """One of these."""
    args = tuple(exprs)
    return args[0] if len(args) == 1 else Or(args)


@lru_cache(maxsize=4096)
def _cased(text: str) -> bool:
    return text.lower() != text or text.upper() != text


@lru_cache(maxsize=4096)
def _body(pattern: Pattern) -> str:
    """The pattern as a regex without anchors; a wildcard at an end is the search itself."""
    parts = pattern.parts
    start, end = ends(pattern)
    return Pattern(parts[not start : len(parts) - (not end)]).render(escape_re2, ".*", ".")


def _packed(bodies: Sequence[str]) -> Iterator[list[str]]:
    """The alternatives in order, as many together as fit a line."""
    group: list[str] = []
    width = 0
    for body in bodies:
        if group and width + len(body) > _WIDTH:
            yield group
            group, width = [], 0
        group.append(body)
        width += len(body) + 1
    yield group


def _alternation(bodies: Sequence[str]) -> str:
    r"""One regex of several; a backslash that all begin with, and a file extension that all end with, stand once.

    >>> _alternation([r"\\\\net\\.exe", r"\\\\net1\\.exe"])
    '\\\\\\\\(net|net1)\\\\.exe'
    """
    if len(bodies) == 1:
        return bodies[0]
    before = r"\\" if all(body.startswith(r"\\") for body in bodies) else ""
    extension = _EXTENSION.search(bodies[0])
    after = extension.group() if extension else ""
    if not all(body.endswith(after) and len(body) > len(before + after) for body in bodies):
        after = ""
    if any(len(body) == len(before) for body in bodies):
        before = ""
    inner = "|".join(body[len(before) : len(body) - len(after)] for body in bodies)
    return f"{before}({inner}){after}"
