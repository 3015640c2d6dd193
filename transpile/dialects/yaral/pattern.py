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
from transpile.ir.match import ANY, Part, Pattern
from transpile.regex import escape_re2

_MOST_EQUALS = 5  # more values than this are one regex rather than a comparison each
_WIDTH = 140  # a longer alternation is split into several regexes, each on a line

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
    fixed = ends(patterns[0])
    if fixed == (True, True) and len(patterns) <= _MOST_EQUALS:
        texts = [text for one in patterns if (text := _plain(one)) is not None]
        if len(texts) == len(patterns):
            return either(equals(operand, text, cased=patterns[0].cased) for text in texts)
    bodies = [_body(one.parts[not fixed.start : len(one.parts) - (not fixed.end)]) for one in patterns]
    nocase = not patterns[0].cased and any(_cased(one.literal) for one in patterns)
    return either(
        search(operand, f"(?s){'^' * fixed.start}{_alternation(some)}{'$' * fixed.end}", nocase=nocase)
        for some in _packed(bodies)
    )


def _plain(pattern: Pattern) -> str | None:
    """The text of a pattern that is nothing else; None too where a string literal could not say it."""
    match pattern.parts:
        case (str(text),) if text.isprintable():
            return text
        case _:
            return None


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


def _body(parts: tuple[Part, ...]) -> str:
    """The parts between the wildcards at the ends, which are the search itself, as a regex without anchors."""
    return "".join(escape_re2(part) if isinstance(part, str) else ".*" if part is ANY else "." for part in parts)


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

    >>> print(_alternation([r"\\net\.exe", r"\\net1\.exe"]))
    \\(net|net1)\.exe
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
