"""`transpile check`: are these rules sound and convertible?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from transpile.batch import TIMEOUT, RuleFile, convert_files
from transpile.batch.find import read_source
from transpile.cli import Exit, common
from transpile.conversion import Conversion, Status
from transpile.diagnostics import Diagnostic, Severity, diagnose
from transpile.dialects.sigma import codes
from transpile.report.findings import Finding, gather
from transpile.report.output import json_output

app = common.make_app()


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


@app.command()
def check(
    paths: common.Paths,
    to: common.To = "",
    read: common.From = "auto",
    model: common.ModelNames = None,
    pipeline: common.Pipelines = None,
    form: Annotated[Format, typer.Option("--format", "-f", help="How to write the findings.")] = Format.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help="Notes are findings too.")] = False,
    unmapped: common.UnmappedOption = common.Unmapped.REFUSE,
    values: common.ValuesFile = None,
    jobs: common.Jobs = None,
    timeout: common.Timeout = TIMEOUT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Say whether rules are sound, and can be converted to the languages asked for.

    A rule that can only be converted approximately is a warning; one that cannot be converted or read is an error.
    Notes are things worth knowing about a rule that is converted all the same.

    Exit codes: 0 no warnings and errors (with --strict: no notes either), 1 there are some, 2 a rule could not be
    read, 3 wrong use.
    """
    from transpile.report.terminal import console, progress

    options = replace(
        common.make_options(to, model, pipeline, unmapped=unmapped, values=values, read=read), allow_approximate=True
    )
    files = common.find_files(paths)
    findings: list[tuple[RuleFile, list[Finding]]] = []
    places: dict[str, str] = {}
    rules = unreadable = 0
    errors = console(sys.stderr)
    with progress(errors, "checking", shown=not quiet) as move:
        for file, conversions in convert_files(files, options, jobs=jobs, timeout=timeout, progress=move):
            rules += len(conversions) // len(options.targets)
            unreadable += any(one.status is Status.ERROR for one in conversions)
            if found := [*_repeated(conversions, places), *gather(conversions)]:
                findings.append((file, found))
    flat = [finding for _, found in findings for finding in found]
    if form is Format.SARIF:
        from transpile.report.sarif import to_sarif

        print(json.dumps(to_sarif(flat), indent=2))
    elif form is Format.JSON:
        with json_output(sys.stdout) as emit:
            emit(finding.to_dict() for finding in flat)
    else:
        _show(findings, options.targets)
    counts = {severity: sum(one.diagnostic.severity is severity for one in flat) for severity in Severity}
    if not quiet:
        tally = ", ".join(
            f"{count:,} {severity.value}{'' if count == 1 else 's'}" for severity, count in counts.items()
        )
        errors.print(
            f"{rules:,} rule{'' if rules == 1 else 's'} in {len(files):,} file{'' if len(files) == 1 else 's'}: {tally}"
        )
    if unreadable:
        return Exit.UNREADABLE
    bad = counts[Severity.ERROR] + counts[Severity.WARNING] + (counts[Severity.NOTE] if strict else 0)
    return Exit.FINDINGS if bad else Exit.FINE


def _repeated(conversions: Sequence[Conversion], places: dict[str, str]) -> Iterator[Finding]:
    """A finding for each rule whose id is also that of an earlier one; `places` holds where each id was seen."""
    targets = tuple(dict.fromkeys(one.target for one in conversions))
    for one in conversions[:: len(targets) or 1]:
        if one.id is None:
            continue
        if one.id in places:
            yield Finding(
                one.path, one.id, one.title, diagnose(codes.SIG079, value=one.id, path=places[one.id]), targets
            )
        places.setdefault(one.id, one.path)


def _show(findings: Sequence[tuple[RuleFile, list[Finding]]], targets: Sequence[str]) -> None:
    """Each finding with its line; the languages that it concerns are named where they are not all."""
    from transpile.report.terminal import console, diagnostic_text

    on = console()
    for file, found in findings:
        source = read_source(file)
        for one in found:
            some = "" if len(one.targets) == len(targets) else f" [{', '.join(one.targets)}]"
            shown = one.diagnostic._replace(message=one.diagnostic.message + some)
            text = diagnostic_text(shown, None if isinstance(source, Diagnostic) else source, path=file.path)
            on.print(text, soft_wrap=True)
