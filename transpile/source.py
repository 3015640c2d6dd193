"""Where text came from: every diagnostic can point at a line and a column."""

from __future__ import annotations

import json
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


@lru_cache(maxsize=64)
def _places_of(name: str, text: str) -> tuple[tuple[int, int], ...]:
    """The line (from 1) and column (from 0) of each place where a name is a whole word.

    Kept, because a list of thousands of values asks for the same name once a value.
    """
    starts = _line_starts(text)
    found = []
    for one in re.finditer(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", text):
        line = bisect_right(starts, one.start())
        found.append((line, one.start() - starts[line - 1]))
    return tuple(found)


@record
class Source:
    """A text and the path it was read from (`<stdin>` or `<text>` where there is none).

    The text may be a piece of a file, such as the query in a rule file (`excerpt`). Then `file` is the whole, and
    `places` says from which offset of the text on which line and column of the file follow, so that spans are those of
    the file the user has.
    """

    text: str
    path: str = "<text>"
    file: Source | None = None
    places: tuple[tuple[int, int, int], ...] = ()

    def line(self, number: int) -> str:
        """The text of line `number` (from 1) of the file, without its line break; `""` past the end."""
        if self.file is not None:
            return self.file.line(number)
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def text_at(self, span: Span) -> str:
        """The text of a span, which is of the file that the user has: as it is in the piece where the span lies in it.

        >>> Source("ab\\ncd").text_at(Span(1, 2, 2, 2))
        'b\\nc'
        """
        found = self.offsets(span)
        if found is not None:
            return self.text[found[0] : found[1]]
        lines = (self.file or self).text.split("\n")[span.line - 1 : span.end_line]
        if not lines:
            return ""
        lines[-1] = lines[-1][: span.end_column - 1]
        lines[0] = lines[0][span.column - 1 :]
        return "\n".join(lines)

    def offsets(self, span: Span) -> tuple[int, int] | None:
        """The characters of the text that a span covers; None if it does not lie in it.

        >>> piece = Source("a: |\\n  bc\\n  de", "f.yml").excerpt("bc\\nde")
        >>> piece.offsets(piece.span(3, 5)), piece.offsets(Span(1, 1, 1, 2))
        ((3, 5), None)
        """
        start, end = self._offset(span.line, span.column), self._offset(span.end_line, span.end_column)
        return (start, end) if start is not None and end is not None and start <= end else None

    def _offset(self, line: int, column: int) -> int | None:
        if self.file is None:
            starts = _line_starts(self.text)
            return starts[line - 1] + column - 1 if 0 < line <= len(starts) else None
        at = bisect_right(self.places, (line, column), key=lambda place: place[1:])
        if not at or self.places[at - 1][1] != line:
            return None
        offset, _, first = self.places[at - 1]
        limit = self.places[at][0] if at < len(self.places) else len(self.text)
        return found if (found := offset + column - first) <= limit else None

    def name_before(self, name: str, span: Span) -> Span | None:
        """Where a name is a whole word before a span of the file, at most some lines above; None if nowhere.

        >>> Source("Imag|endswith:\\n  - x").name_before("Imag", Span(2, 5, 2, 6))
        Span(line=1, column=1, end_line=1, end_column=5)
        """
        places = _places_of(name, (self.file or self).text)
        at = bisect_right(places, (span.line, span.column - 1 - len(name)))
        line, start = places[at - 1] if at else (0, 0)
        if line <= max(span.line - _KEY_LINES, 0):
            return None
        return Span(line, start + 1, line, start + 1 + len(name))

    def span(self, start: int, end: int) -> Span:
        """The span between two character offsets of the text.

        >>> Source("ab\\ncd").span(3, 5)
        Span(line=2, column=1, end_line=2, end_column=3)
        """
        if self.file is not None:
            line, column = self._in_file(start)
            end_line, end_column = self._in_file(end - 1) if end > start else (line, column - 1)
            return Span(line, column, end_line, end_column + 1)
        starts = _line_starts(self.text)
        first, last = bisect_right(starts, start), bisect_right(starts, end)
        return Span(first, start - starts[first - 1] + 1, last, end - starts[last - 1] + 1)

    def _in_file(self, offset: int) -> tuple[int, int]:
        """The line and the column in the file of a character of the piece."""
        before = bisect_right(self.places, offset, key=lambda place: place[0])
        start, line, column = self.places[max(before - 1, 0)]
        return line, column + offset - start

    def excerpt(self, text: str, start: int = 0) -> Source:
        r"""A piece of this file as a source of its own; it is looked for from the offset `start`.

        Containers indent, fold and escape what they hold, so each line is looked for by itself, and the words of a line
        that is not found as it is. What is not found at all takes the place before it.

        >>> Source("a: |\n  bc\n  de", "f.yml").excerpt("bc\nde").span(3, 5)
        Span(line=3, column=3, end_line=3, end_column=5)
        >>> Source("a: 'b c\n  it''s d'", "f.yml").excerpt("b c it's d").span(9, 10)
        Span(line=2, column=9, end_line=2, end_column=10)
        """
        whole = self.text
        at = whole.find(text, start)
        at = start if at < 0 else at
        places: list[tuple[int, int, int]] = []

        def put(offset: int, found: int) -> None:
            place = self.span(found, found)
            places.append((offset, place.line, place.column))

        offset = 0
        for line in text.split("\n"):
            wanted = line.strip()
            found = whole.find(wanted, at) if wanted else -1
            if found >= 0:
                put(offset + len(line) - len(line.lstrip()), found)
                at = found + len(wanted)
            elif wanted and (words := _words(whole, at, line)):
                for within, place in words:
                    put(offset + within, place)
                at = words[-1][1]
            elif not places:
                put(offset, at)
            offset += len(line) + 1
        return Source(text, self.path, self, tuple(places))


_WORD = re.compile(r"\S+")
_BETWEEN = re.compile(r"(?:\\?\s)*")  # words; a line may end in a backslash
_SEVERAL = 5  # words that are looked for together, to find where a line begins


def _words(whole: str, start: int, line: str) -> list[tuple[int, int]]:
    """The offsets of the words of a line, in the line and in the text that holds them escaped or folded."""
    words = [(one.start(), _written(one.group())) for one in _WORD.finditer(line)]
    first = (_between(tuple("|".join(map(re.escape, forms)) for _, forms in words[:count])) for count in (_SEVERAL, 1))
    at = next((begun.start() for one in first if (begun := one.search(whole, start))), start)
    found = []
    for within, forms in words:
        between = _BETWEEN.match(whole, at)
        here = between.end() if between else at
        form = next((form for form in forms if whole.startswith(form, here)), None)
        if form is not None:
            found.append((within, here))
            at = here + len(form)
    return found


def _between(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(_BETWEEN.pattern.join(f"(?:{word})" for word in words))


def _written(word: str) -> tuple[str, ...]:
    """A word as it is, and as YAML and JSON escape it."""
    if word.isalnum():
        return (word,)
    json_word = json.dumps(word)
    return tuple(
        dict.fromkeys((word, word.replace("'", "''"), json_word[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]))
    )
