"""The linter at work: one text, and many files with what only shows among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from transpile import formats
from transpile.batch import TIMEOUT, Progress, RuleFile, map_files
from transpile.diagnostics import Diagnostic, Severity, diagnose
from transpile.dialects.base import Reading
from transpile.lint import conditions, correlations, files, logsource, metadata, modifiers, tags, values
from transpile.lint.codes import CODES
from transpile.lint.comments import Comments, read_comments
from transpile.lint.document import Check, Edit, LintDocument, LintHit, documents
from transpile.lint.duplicates import SET_CHECKS, Member, member
from transpile.lint.menders import mends
from transpile.lint.settings import DEFAULTS, KNOWN, LintSettings, nearest
from transpile.pipelines.load import kinds
from transpile.record import record
from transpile.source import Source, Span

CHECKS: Mapping[str, Check] = MappingProxyType(
    dict(
        sorted(
            (code, check)
            for room in (metadata, tags, logsource, values, modifiers, conditions, files, correlations)
            for code, check in room.CHECKS.items()
        )
    )
)
_NO_COMMENTS = Comments()


class LintFinding(NamedTuple):
    """A finding about one rule, and the edits that mend it."""

    path: str
    id: str | None
    title: str | None
    diagnostic: Diagnostic
    edits: tuple[Edit, ...] = ()


@record
class Linted:
    """A file after linting: its findings, and its rules as members of the set."""

    path: str
    findings: tuple[LintFinding, ...] = ()
    members: tuple[Member, ...] = ()
    comments: Comments = field(default_factory=Comments)


def lint_text(text: str, path: str = "<text>", settings: LintSettings = DEFAULTS) -> list[LintFinding]:
    """The findings about a text, those of reading among them, with what shows among its own rules.

    >>> [one.diagnostic.code for one in lint_text("title: A.\\nlogsource: {}\\ndetection: {}\\n")][:2]
    ['LNT001', 'LNT003']
    """
    linted = lint_source(Source(text, path), settings)
    return _in_order([*linted.findings, *_of_set([linted], settings)])


def lint_source(source: Source, settings: LintSettings = DEFAULTS) -> Linted:
    """The findings about one source, those of reading among them. Never raises for what a text may hold."""
    return lint_documents(source, *documents(source), settings)


def lint_documents(
    source: Source, docs: Sequence[LintDocument], rest: Sequence[Reading], settings: LintSettings = DEFAULTS
) -> Linted:
    """`lint_source` for a source whose documents are already read, as `documents` gives them."""
    comments = read_comments(source)
    findings = [LintFinding(source.path, one.id, one.title, found) for one in rest for found in one.diagnostics]
    for doc in docs:
        findings += _of_reading(doc)
        findings += _of_checks(doc, settings)
    for word, span in comments.unknown:
        if "LNT190" in settings.enabled:
            found = _diagnose("LNT190", LintHit(span, {"word": word, "hint": nearest(word)}))
            findings.append(LintFinding(source.path, None, None, found))
    kept = _kept(findings, settings, comments)
    return Linted(source.path, tuple(kept), tuple(map(member, docs)), comments)


def _of_reading(doc: LintDocument) -> Iterator[LintFinding]:
    edits = dict(mends(doc)) if doc.reading.diagnostics else {}
    for found in doc.reading.diagnostics:
        key = (found.code, found.span) if found.span else None
        yield _finding(doc, found, edits.get(key, ()) if key else ())


def _of_checks(doc: LintDocument, settings: LintSettings) -> Iterator[LintFinding]:
    for code, check in CHECKS.items():
        if code in settings.enabled:
            for found in check(doc, settings.options):
                yield _finding(doc, _diagnose(code, found), found.edits)


def _finding(doc: LintDocument, diagnostic: Diagnostic, edits: tuple[Edit, ...]) -> LintFinding:
    return LintFinding(doc.source.path, doc.reading.id, doc.reading.title, diagnostic, edits)


def _diagnose(code: str, found: LintHit) -> Diagnostic:
    row = CODES.get(code)
    if row is None:
        return diagnose(KNOWN[code], found.span, **found.facts)
    return diagnose(row, found.span, **found.facts)._replace(severity=Severity(row.level))


def _kept(findings: Sequence[LintFinding], settings: LintSettings, comments: Comments) -> list[LintFinding]:
    """What settings and comments leave, each once: documents that lend to others are seen with each of them."""
    kept: dict[tuple[str, Span | None, str], LintFinding] = {}
    for one in findings:
        diagnostic = settings.adjust(one.diagnostic, one.id)
        if diagnostic is not None and not comments.silence(diagnostic):
            kept.setdefault((diagnostic.code, diagnostic.span, diagnostic.message), one._replace(diagnostic=diagnostic))
    return _in_order(kept.values())


def _in_order(findings: Iterable[LintFinding]) -> list[LintFinding]:
    return sorted(findings, key=lambda one: (one.diagnostic.span or (0, 0))[:2])


def lint_files(
    paths: Sequence[RuleFile],
    settings: LintSettings = DEFAULTS,
    *,
    jobs: int | None = None,
    timeout: float = TIMEOUT,
    progress: Progress | None = None,
) -> list[Linted]:
    """Each file with its findings, in order, those that show only among all of them included.

    A file that cannot be read has one finding that says why; one that is not Sigma has none.
    """
    kinds()  # loads what the processes share
    work = partial(_lint, settings)
    done = [one for _, one in map_files(work, _lost, paths, jobs=jobs, timeout=timeout, progress=progress)]
    of_set: dict[str, list[LintFinding]] = {}
    for one in _of_set(done, settings):
        of_set.setdefault(one.path, []).append(one)
    return [replace(one, findings=tuple(_in_order([*one.findings, *of_set.get(one.path, ())]))) for one in done]


def _lint(settings: LintSettings, source: Source) -> Linted:
    return lint_source(source, settings) if is_sigma(source) else Linted(source.path)


def is_sigma(source: Source) -> bool:
    """Whether a file is linted: files of other formats and languages that hold rules are not."""
    return formats.recognise(source) is None


def _lost(path: str, reason: Diagnostic) -> Linted:
    return Linted(path, (LintFinding(path, None, None, reason),))


def _of_set(linted: Sequence[Linted], settings: LintSettings) -> Iterator[LintFinding]:
    """What shows only among the rules of all files."""
    members = [one for each in linted for one in each.members]
    comments = {each.path: each.comments for each in linted}
    for code, check in SET_CHECKS.items():
        if code in CODES and code not in settings.enabled:
            continue
        for one, found in check(members):
            diagnostic = settings.adjust(_diagnose(code, found), one.id)
            if diagnostic is not None and not comments.get(one.path, _NO_COMMENTS).silence(diagnostic):
                yield LintFinding(one.path, one.id, one.title, diagnostic)
