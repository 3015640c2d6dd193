"""The diagnostics of a rule over several languages: each once, with the languages that it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from transpile.conversion import Conversion
from transpile.diagnostics import Diagnostic, Severity
from transpile.record import record

if TYPE_CHECKING:
    from transpile.lint.run import Linted
    from transpile.lint.settings import LintSettings


@record
class Finding:
    """A diagnostic of one rule, and the languages that it concerns."""

    path: str
    id: str | None
    title: str | None
    diagnostic: Diagnostic
    targets: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready values."""
        about = {"path": self.path, "id": self.id, "title": self.title}
        return about | self.diagnostic.to_dict() | {"targets": list(self.targets)}


def with_lint(
    conversions: Sequence[Conversion],
    linted: Linted,
    settings: LintSettings,
    targets: tuple[str, ...],
    some: bool = False,
) -> list[Finding]:
    """The findings of conversions and of the linter for one file, as settings and comments of the file want them.

    With `some`, the linter's are those on the rules that were converted.

    What reading finds is part of both; it is taken from the conversions, which know the options that it was read with.
    A note of the linter on what is an error for every language adds nothing.
    """
    from transpile.lint.settings import is_of_linter

    found = []
    converted = {(one.id, one.title) for one in conversions}
    for one in gather(conversions):
        diagnostic = settings.adjust(one.diagnostic, one.id)
        if diagnostic is not None and not linted.comments.silence(diagnostic):
            found.append(replace(one, diagnostic=diagnostic))
    errors = (one for one in found if one.diagnostic.severity is Severity.ERROR and len(one.targets) == len(targets))
    wrong = {one.diagnostic.span for one in errors} - {None}
    for path, id_, title, diagnostic, _ in linted.findings:
        if diagnostic.severity is Severity.NOTE and diagnostic.span in wrong:
            continue
        if is_of_linter(diagnostic.kind) and (not some or (id_, title) in converted):
            found.append(Finding(path, id_, title, diagnostic, targets))
    return sorted(found, key=lambda one: (one.diagnostic.span or (0, 0))[:2])


def gather(conversions: Iterable[Conversion]) -> list[Finding]:
    """The findings of conversions, in the order of their place in the file; those without a place come first."""
    found: dict[tuple[str, str | None, str | None, Diagnostic], list[str]] = {}
    for one in conversions:
        for diagnostic in one.diagnostics:
            targets = found.setdefault((one.path, one.id, one.title, diagnostic), [])
            if one.target not in targets:
                targets.append(one.target)
    findings = [Finding(*key, tuple(targets)) for key, targets in found.items()]
    return sorted(findings, key=lambda one: (one.diagnostic.span or (0, 0))[:2])
