"""Fixes of findings: those that `check --fix` proves to change nothing else, and names that were meant.

Edits are of the piece's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transpile.assist.analysis import AnalysedFinding, TextPart
from transpile.dialects.sigma.load import load
from transpile.lint.document import Edit
from transpile.lint.fix import fix_text, is_safe
from transpile.lint.settings import LintSettings
from transpile.source import Source, Span

# Hints name what was probably meant in one of two ways.
_MEANT = re.compile(r"did you mean `(?:\w+: )?([^`\s]+)`|\bnear: ([^\s,]+)")


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix: what it does, the finding that it mends, its edits, and whether it is proved to change nothing else."""

    title: str
    found: AnalysedFinding
    edits: tuple[Edit, ...]
    proved: bool


def fixes(piece: TextPart, span: Span) -> Iterator[Fix]:
    """The fixes of the findings that touch a span of the piece; each once, though several findings may ask for it."""
    given: set[tuple[Edit, ...]] = set()
    for found in piece.findings:
        at = found.diagnostic.span
        if at is None or at.source is not None or not _touch(at, span):
            continue
        if found.edits and is_safe(piece.source, found.edits, found.diagnostic.kind.id):
            one: Fix | None = Fix(f"Fix {found.diagnostic.code}", found, found.edits, True)
        else:
            one = _meant(piece, found)
        if one is not None and one.edits not in given:
            given.add(one.edits)
            yield one


def _touch(one: Span, other: Span) -> bool:
    return (one.line, one.column) <= (other.end_line, other.end_column) and (other.line, other.column) <= (
        one.end_line,
        one.end_column,
    )


def _meant(piece: TextPart, found: AnalysedFinding) -> Fix | None:
    """The name that was meant in the place of the one that is there, if the text can be read with it."""
    diagnostic = found.diagnostic
    said = _MEANT.search(f"{diagnostic.hint} {diagnostic.message}")
    span = diagnostic.span
    if said is None or span is None or span.line != span.end_line:
        return None
    name = said[1] or said[2]
    wrong = re.search(r"['`]([^'`]+)['`]", diagnostic.message)
    text = piece.source.text_at(span)
    if wrong and wrong[1] in text:
        start = text.index(wrong[1])
        span = span._replace(column=span.column + start, end_column=span.column + start + len(wrong[1]))
    elif not re.fullmatch(r"[\w.\-]+", text) or (wrong and text not in wrong[1]):
        return None
    edit = Edit(*_offsets(piece.source.text, span), name)
    if any(document.problem for document in load(Source(_applied(piece.source.text, [edit])))):
        return None
    return Fix(f"Change to `{name}`", found, (edit,), False)


def _offsets(text: str, span: Span) -> tuple[int, int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1


def _applied(text: str, edits: Sequence[Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def fix_all(source: Source, settings: LintSettings) -> str | None:
    """The text with everything fixed that can be fixed safely; None where nothing can."""
    fixed = fix_text(source.text, source.path, settings)
    return fixed.text if fixed.mended else None
