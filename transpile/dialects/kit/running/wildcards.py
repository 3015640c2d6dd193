"""Patterns of plain text with `*` for any run of characters and `?` for one, compared with a whole text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

ANY: Final = None  # among the parts of a pattern; `ONE` is ONE
ONE: Final = 1
Part = str | int | None


def matcher(parts: Sequence[Part]) -> Callable[[str], bool]:
    """Whether a whole text matches the parts: literal runs, `ANY` and `ONE`.

    >>> matcher(["a", ANY, "c"])("abc"), matcher(["a", ONE])("a")
    (True, False)
    """
    runs: list[list[Part]] = [[]]
    for part in parts:
        if part is ANY:
            runs.append([])
        else:
            runs[-1].append(part)
    first, *rest = ("".join("." if part is ONE else re.escape(str(part)) for part in run) for run in runs)
    # What is between two `*` is taken where it is first found, so that matching never backtracks far.
    body = first + "".join(f"(?>.*?{run})" for run in rest[:-1]) + (f".*{rest[-1]}" if rest else "")
    match = re.compile(body, re.DOTALL).fullmatch
    return lambda text: match(text) is not None


def plain(pattern: str) -> list[Part]:
    """The parts of a pattern in which nothing can be escaped.

    >>> plain("a*b\\\\?")
    ['a', None, 'b\\\\', 1]
    """
    pieces = re.findall(r"[*?]|[^*?]+", pattern)
    return [{"*": ANY, "?": ONE}.get(piece, piece) for piece in pieces]
