"""Comments that silence findings: `# transpile: ignore CODE` for a line, `ignore-file CODE` for the whole file.

A comment behind a value is for its line; a comment on a line of its own is for the next line that is not a comment.
Several codes or names are separated by commas or spaces; without any, everything is silenced there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from transpile.codes import Effect
from transpile.diagnostics import Diagnostic, Severity
from transpile.lint.settings import resolve
from transpile.record import record
from transpile.source import Source, Span

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*transpile:\s*ignore(-file)?\b[: ]*([^#\n]*)")
_WORD = re.compile(r"[A-Za-z][\w-]*")
_CODE = re.compile(r"(?!LNT|SIG)[A-Z]{2,4}\d{3}[WN]?")  # of another room
EVERYTHING = "*"


class UnknownWord(NamedTuple):
    """A word in a comment that names nothing."""

    word: str
    span: Span


@record
class Comments:
    """The codes that are silenced in a file, and by line; `unknown` are words that are not codes."""

    file: frozenset[str] = frozenset()
    lines: Mapping[int, frozenset[str]] = field(default_factory=dict)
    unknown: tuple[UnknownWord, ...] = ()

    def silence(self, diagnostic: Diagnostic) -> bool:
        """Whether a finding is silenced. What keeps a rule from being read or converted never is."""
        if diagnostic.effect is not Effect.NOTE and diagnostic.severity is Severity.ERROR:
            return False
        here = self.lines.get(diagnostic.span.line, frozenset()) if diagnostic.span else frozenset()
        return not (self.file | here).isdisjoint((EVERYTHING, diagnostic.code, diagnostic.kind.id))


def read_comments(source: Source) -> Comments:
    """The comments of a text."""
    if "transpile:" not in source.text:
        return Comments()
    file: set[str] = set()
    lines: dict[int, frozenset[str]] = {}
    unknown: list[UnknownWord] = []
    texts = source.text.split("\n")
    for number, text in enumerate(texts, start=1):
        found = _COMMENT.search(text)
        if not found:
            continue
        codes = _codes(found, number, unknown)
        if found[1]:
            file |= codes
            continue
        line = number if text[: found.start()].strip() else _next(texts, number)
        lines[line] = lines.get(line, frozenset()) | codes
    return Comments(frozenset(file), lines, tuple(unknown))


def _next(texts: list[str], number: int) -> int:
    """The next line that is not a comment."""
    while number < len(texts) and (not texts[number].strip() or texts[number].lstrip().startswith("#")):
        number += 1
    return number + 1


def _codes(found: re.Match[str], line: int, unknown: list[UnknownWord]) -> set[str]:
    words = list(_WORD.finditer(found[2]))
    codes: set[str] = set()
    for word in words:
        code = resolve(word[0]) or (word[0].upper() if _CODE.fullmatch(word[0].upper()) else None)
        if code:
            codes.add(code)
        else:
            start = found.start(2) + word.start() + 1
            unknown.append(UnknownWord(word[0], Span(line, start, line, start + len(word[0]))))
    return codes if words else {EVERYTHING}
