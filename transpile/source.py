"""Where text came from: every diagnostic can point at a line and a column."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple


class Span(NamedTuple):
    """A stretch of a source; lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@lru_cache(maxsize=8)
def _line_starts(text: str) -> tuple[int, ...]:
    """The offsets at which the lines of a text begin; kept, because a reader asks for many places in one text."""
    return (0, *(found.end() for found in re.finditer("\n", text)))


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the path it was read from (`<stdin>` or `<text>` where there is none)."""

    text: str
    path: str = "<text>"

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its line break; `""` past the end."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def span(self, start: int, end: int) -> Span:
        """The span between two character offsets of the text.

        >>> Source("ab\\ncd").span(3, 5)
        Span(line=2, column=1, end_line=2, end_column=3)
        """
        starts = _line_starts(self.text)
        first, last = bisect_right(starts, start), bisect_right(starts, end)
        return Span(first, start - starts[first - 1] + 1, last, end - starts[last - 1] + 1)
