"""Where text came from: every diagnostic can point at a line and a column."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from typing import NamedTuple

from transpile.record import record

WIDEST = 160  # characters of a line that are shown
_CUT = "..."
_KEY_LINES = 2_000  # that a list of values may have below its key


class Span(NamedTuple):
    """A stretch of a source; lines and columns count from 1, the end is exclusive.

    `source` is set where it is not the source of the rule at hand: for a filter or a base rule in another file.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    source: Source | None = None

    def __repr__(self) -> str:
        place = f"line={self.line}, column={self.column}, end_line={self.end_line}, end_column={self.end_column}"
        return f"Span({place}{f', source={self.source.path!r}' if self.source else ''})"


class MarkedLine(NamedTuple):
    """A line as it is shown: the text before the marked place, the marked text, and the text after it."""

    before: str
    marked: str
    after: str


def mark(line: str, start: int, end: int) -> MarkedLine:
    """A line with the characters from `start` to `end` (offsets) marked; a long one is cut around them.

    >>> mark("a: bc", 3, 5)
    MarkedLine(before='a: ', marked='bc', after='')
    >>> mark("x" * 1000 + "bc" + "y" * 1000, 1000, 1002).before
    '...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
    """
    if len(line) <= WIDEST:
        return MarkedLine(line[:start], line[start:end], line[end:])
    first = max(min(start - WIDEST // 4, len(line) - WIDEST), 0)
    last = first + WIDEST
    head, tail = _CUT if first else "", _CUT if last < len(line) else ""
    return MarkedLine(
        head + line[first:start], line[start : min(end, last)], line[max(start, min(end, last)) : last] + tail
    )


@lru_cache(maxsize=8)
def _line_starts(text: str) -> tuple[int, ...]:
    """The offsets at which the lines of a text begin; kept, because a reader asks for many places in one text."""
    return (0, *(found.end() for found in re.finditer("\n", text)))


@record
class Source:
    """A text and the path it was read from (`<stdin>` or `<text>` where there is none).

    The text may be a piece of a file, such as the query in a rule file (`excerpt`). Then `file` is the whole, and
    `places` says where each line of the piece begins in it, so that spans are those of the file the user has.
    """

    text: str
    path: str = "<text>"
    file: Source | None = None
    places: tuple[tuple[int, int], ...] = ()

    def line(self, number: int) -> str:
        """The text of line `number` (from 1) of the file, without its line break; `""` past the end."""
        if self.file is not None:
            return self.file.line(number)
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def text_at(self, span: Span) -> str:
        """The text of a span, which is of the file that the user has.

        >>> Source("ab\\ncd").text_at(Span(1, 2, 2, 2))
        'b\\nc'
        """
        lines = (self.file or self).text.split("\n")[span.line - 1 : span.end_line]
        if not lines:
            return ""
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return "\n".join(lines)

    def name_before(self, name: str, span: Span) -> Span | None:
        """Where a name stands as a whole word before a span of the file, at most some lines above; None if nowhere.

        >>> Source("Imag|endswith:\\n  - x").name_before("Imag", Span(2, 5, 2, 6))
        Span(line=1, column=1, end_line=1, end_column=5)
        """
        lines = (self.file or self).text.split("\n")
        word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])")
        for number in range(span.line, max(span.line - _KEY_LINES, 0), -1):
            line = lines[number - 1] if number <= len(lines) else ""
            found = list(word.finditer(line[: span.column - 1] if number == span.line else line))
            if found:
                return Span(number, found[-1].start() + 1, number, found[-1].end() + 1)
        return None

    def span(self, start: int, end: int) -> Span:
        """The span between two character offsets of the text.

        >>> Source("ab\\ncd").span(3, 5)
        Span(line=2, column=1, end_line=2, end_column=3)
        """
        starts = _line_starts(self.text)
        first, last = bisect_right(starts, start), bisect_right(starts, end)
        found = Span(first, start - starts[first - 1] + 1, last, end - starts[last - 1] + 1)
        return found if self.file is None else self._in_file(found)

    def _in_file(self, span: Span) -> Span:
        """A span of the piece as one of the file."""
        line, column, end_line, end_column = span[:4]
        last = len(self.places) - 1
        first, final = self.places[min(line - 1, last)], self.places[min(end_line - 1, last)]
        return Span(first[0], first[1] + column - 1, final[0], final[1] + end_column - 1)

    def excerpt(self, text: str, start: int = 0) -> Source:
        r"""A piece of this file as a source of its own; it is looked for from the offset `start`.

        Containers indent and escape what they hold, so each line is looked for by itself; one that is not found as it
        is takes the place of the line before.

        >>> Source("a: |\n  bc\n  de", "f.yml").excerpt("bc\nde").span(3, 5)
        Span(line=3, column=3, end_line=3, end_column=5)
        """
        whole = self.text
        at = max(whole.find(text, start), 0)
        places: list[tuple[int, int]] = []
        at = at or start
        for line in text.split("\n"):
            wanted = line.strip()
            found = whole.find(wanted, at) if wanted else -1
            if found >= 0:
                at = found
                place = self.span(at, at)
                places.append((place.line, place.column - (len(line) - len(line.lstrip()))))
                at += len(wanted)
            else:
                here = self.span(at, at)
                places.append(places[-1] if places else (here.line, here.column))
        return Source(text, self.path, self, tuple(places))
