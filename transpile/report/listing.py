"""Findings of a file as a compiler prints them: each once, with its line, a caret and the languages it concerns."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import TYPE_CHECKING

from transpile.batch.find import RuleFile, read_source
from transpile.codes import Effect
from transpile.conversion import Conversion
from transpile.diagnostics import Diagnostic, Severity, printable
from transpile.report.findings import Finding, gather

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

_TOLD = (Severity.ERROR, Severity.WARNING)
_BY_VALUE = (Effect.REFUSED, Effect.APPROXIMATE)
_MOST = 3


def show_findings(on: Console, file: RuleFile, found: Sequence[Finding], targets: Collection[str]) -> None:
    """Print findings on one file; the languages that one concerns are named where they are not all of `targets`.

    What a language cannot express is often the same for each of many values: of more than `_MOST` such findings with
    one code, the lines of the others are named together.
    """
    if not found:
        return
    from transpile.report.terminal import diagnostic_text

    source = read_source(file)
    alike: dict[Hashable, list[Finding]] = {}
    for one in found:
        if one.diagnostic.effect in _BY_VALUE:
            alike.setdefault((one.diagnostic.code, one.targets), []).append(one)
    rests = [group[_MOST - 1 :] for group in alike.values() if len(group) > _MOST]
    hidden = {id(one): rest for rest in rests for one in rest}
    for one in found:
        if rest := hidden.get(id(one)):
            if one is rest[-1]:
                on.print(_others(rest, file.path), soft_wrap=True)
            continue
        some = "" if len(one.targets) == len(targets) else f" [{', '.join(one.targets)}]"
        shown = one.diagnostic._replace(message=one.diagnostic.message + some)
        text = diagnostic_text(shown, None if isinstance(source, Diagnostic) else source, path=file.path)
        on.print(text, soft_wrap=True)


def _others(rest: Sequence[Finding], path: str) -> Text:
    """One line for findings that are like those above it."""
    from rich.text import Text

    first = rest[0].diagnostic
    lines = [one.diagnostic.span.line for one in rest if one.diagnostic.span]
    where = f", lines {min(lines)} to {max(lines)}" if lines else ""
    return Text.assemble(
        printable(f"{path}: "),
        (f"{first.severity.value} {first.code}", first.severity.value),
        f": {len(rest)} more of these{where} [{', '.join(rest[0].targets)}]",
    )


def show_problems(on: Console, file: RuleFile, conversions: Sequence[Conversion], targets: Collection[str]) -> None:
    """Print what kept rules from their queries or makes these approximate, and notes on the same places."""
    found = gather(conversions)
    places = {one.diagnostic.span for one in found if one.diagnostic.severity in _TOLD} - {None}
    told = [one for one in found if one.diagnostic.severity in _TOLD or one.diagnostic.span in places]
    show_findings(on, file, told, targets)
