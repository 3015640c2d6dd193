"""Findings of a file as a compiler prints them: each once, with its line, a caret and the languages it concerns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from transpile.batch.find import RuleFile, read_source
from transpile.conversion import Conversion
from transpile.diagnostics import Diagnostic, Severity
from transpile.report.findings import Finding, gather

if TYPE_CHECKING:
    from rich.console import Console

_TOLD = (Severity.ERROR, Severity.WARNING)


def show_findings(on: Console, file: RuleFile, found: Sequence[Finding], targets: Collection[str]) -> None:
    """Print findings on one file; the languages that one concerns are named where they are not all of `targets`."""
    if not found:
        return
    from transpile.report.terminal import diagnostic_text

    source = read_source(file)
    for one in found:
        some = "" if len(one.targets) == len(targets) else f" [{', '.join(one.targets)}]"
        shown = one.diagnostic._replace(message=one.diagnostic.message + some)
        text = diagnostic_text(shown, None if isinstance(source, Diagnostic) else source, path=file.path)
        on.print(text, soft_wrap=True)


def show_problems(on: Console, file: RuleFile, conversions: Sequence[Conversion], targets: Collection[str]) -> None:
    """Print what kept rules from their queries or makes these approximate, and notes on the same places."""
    found = gather(conversions)
    places = {one.diagnostic.span for one in found if one.diagnostic.severity in _TOLD} - {None}
    told = [one for one in found if one.diagnostic.severity in _TOLD or one.diagnostic.span in places]
    show_findings(on, file, told, targets)
