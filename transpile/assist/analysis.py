"""A text as an editor holds it: its pieces, each with its findings and queries, remembered while they do not change.

The documents of a Sigma file are pieces of their own, so that a keystroke costs one rule and not the file. A file whose
documents refer to each other (correlations, filters, Sigma's collections) is one piece.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from transpile import dialects, formats
from transpile.conversion import Conversion, Options, convert_source
from transpile.diagnostics import Diagnostic
from transpile.lint.document import Edit, LintDocument, documents
from transpile.lint.run import Linted, is_sigma, lint_documents
from transpile.lint.settings import DEFAULTS, LintSettings
from transpile.report.findings import with_lint
from transpile.source import Source, Span

REMEMBERED = 400  # pieces
MOST_REMEMBERED = 1_000_000  # characters of them

# At the start of a line: a selection may have such a name, too. Documents in flow style may hold anything.
_RELATES = re.compile(r"^(?:---[ \t]+)?(?:[\"']?(?:correlation|filter|action)[\"']?[ \t]*:|\{)", re.MULTILINE)
_BREAK = re.compile(r"^---(?=\s|$)[^\n]*\n?", re.MULTILINE)
_SIGMA = re.compile(r"^[\"']?(?:title|logsource|detection|correlation|filter)[\"']?[ \t]*:", re.MULTILINE)
_YAML = (".yml", ".yaml")


_Key = tuple[str, str, tuple[Source, ...]]  # path, text and other texts of a piece


@dataclass(frozen=True, slots=True)
class AnalysedFinding:
    """A finding, the languages that it concerns, and the edits of the piece's text that mend it."""

    diagnostic: Diagnostic
    targets: tuple[str, ...]
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TextPart:
    """A part of a text that is read by itself; `line` is the number of lines before it, `offset` that of characters."""

    source: Source
    line: int
    offset: int
    findings: tuple[AnalysedFinding, ...] = ()
    documents: tuple[LintDocument, ...] = ()
    conversions: tuple[Conversion, ...] = ()

    def whole(self, span: Span) -> Span:
        """A span of the piece as one of the text."""
        return span._replace(line=span.line + self.line, end_line=span.end_line + self.line)

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """A diagnostic of the piece with its place in the text."""
        span = diagnostic.span
        return diagnostic if span is None or span.source else diagnostic._replace(span=self.whole(span))

    @property
    def rules(self) -> list[tuple[Conversion, ...]]:
        """The conversions of each rule, which are as many as languages."""
        count = len({one.target for one in self.conversions}) or 1
        return [self.conversions[start : start + count] for start in range(0, len(self.conversions), count)]

    def of(self, document: LintDocument) -> tuple[Conversion, ...]:
        """The conversions of a document; none for a filter."""
        name = document.reading.id, document.reading.title
        return next((one for one in self.rules if (one[0].id, one[0].title) == name), ())


@dataclass(frozen=True, slots=True)
class Analysis:
    """A text in pieces."""

    source: Source
    pieces: tuple[TextPart, ...]

    def at(self, line: int) -> TextPart | None:
        """The piece that a line of the text is in."""
        found = None
        for piece in self.pieces:
            if piece.line < line:
                found = piece
        return found

    def findings(self) -> Iterator[tuple[TextPart, AnalysedFinding]]:
        """Every finding with its piece, in order."""
        for piece in self.pieces:
            for one in piece.findings:
                yield piece, one


class Analyst:
    """Analyses texts by the options of a workspace, and remembers the last pieces."""

    def __init__(self, options: Options, settings: LintSettings = DEFAULTS) -> None:
        self.options = replace(options, allow_approximate=True)
        self.settings = settings
        self._known: OrderedDict[_Key, TextPart] = OrderedDict()
        self._size = 0  # characters of what is remembered

    def analyse(self, source: Source, others: tuple[Source, ...] = (), *, is_rule: bool = False) -> Analysis:
        """The pieces of a text. One that does not look like a rule has none, unless it `is_rule`. Never raises.

        `others` are texts that hold what rules of this one refer to.
        """
        if not (is_rule or holds_rules(source)):
            return Analysis(source, ())
        return Analysis(source, tuple(self._piece(*one, others) for one in _split(source)))

    def options_for(self, source: Source, others: tuple[Source, ...]) -> Options:
        """The options for a text, which know it and the others as they are here."""
        library = self.options.library
        known = library is not None and any(one.path == source.path for one in library.sources)
        return with_references(self.options, (*others, source)) if others or known else self.options

    def _piece(self, source: Source, line: int, offset: int, others: tuple[Source, ...]) -> TextPart:
        key = source.path, source.text, others
        known = self._known.pop(key, None)
        if known is None:
            known = _analysed(source, self.options_for(source, others), self.settings)
            self._size += len(source.text)
        self._known[key] = known
        while len(self._known) > REMEMBERED or (self._size > MOST_REMEMBERED and len(self._known) > 1):
            self._size -= len(self._known.popitem(last=False)[1].source.text)
        return replace(known, line=line, offset=offset)


def relates(source: Source) -> bool:
    """Whether documents of a text may refer to each other, or to those of other texts."""
    return _RELATES.search(source.text) is not None


def with_references(options: Options, texts: Iterable[Source]) -> Options:
    """The options with what the rules of these texts must know of each other, besides what is known already.

    A text takes the place of what is known of its path.
    """
    known = options.library.sources if options.library else ()
    texts = {one.path: one for one in (*known, *texts)}.values()
    for dialect in map(dialects.load, dialects.readers()):
        if dialect.collect is not None:
            own = [one for one in texts if PurePath(one.path).suffix.lower() in ("", *dialect.extensions)]
            options = replace(options, library=dialect.collect(own))
    return options


def holds_rules(source: Source) -> bool:
    """Whether a text is analysed: one that is neither Sigma nor in a known format is not."""
    if PurePath(source.path).suffix.lower() in (*_YAML, "") and _SIGMA.search(source.text):
        return True
    return formats.recognise(source) is not None


def _split(source: Source) -> Iterator[tuple[Source, int, int]]:
    """The pieces of a text, each with the lines and characters before it."""
    text = source.text
    if formats.recognise(source) is not None or relates(source):
        yield source, 0, 0
        return
    starts = [0, *(found.end() for found in _BREAK.finditer(text))]
    ends = [*(found.start() for found in _BREAK.finditer(text)), len(text)]
    for start, end in zip(starts, ends, strict=True):
        piece = text[start:end]
        if piece.strip() or len(starts) == 1:
            yield Source(piece, source.path), text.count("\n", 0, start), start


def _analysed(source: Source, options: Options, settings: LintSettings) -> TextPart:
    conversions = convert_source(source, options)
    linted, docs = Linted(source.path), list[LintDocument]()
    if is_sigma(source):
        docs, rest = documents(source)
        linted = lint_documents(source, docs, rest, settings)
    edits = {(one.diagnostic.code, one.diagnostic.span): one.edits for one in linted.findings if one.edits}
    found = tuple(
        AnalysedFinding(one.diagnostic, one.targets, edits.get((one.diagnostic.code, one.diagnostic.span), ()))
        for one in with_lint(conversions, linted, settings, options.targets)
    )
    return TextPart(source, 0, 0, found, tuple(docs), tuple(conversions))
