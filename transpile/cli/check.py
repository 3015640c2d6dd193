"""`transpile check`: problems in rules, and whether they convert."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from transpile.batch import TIMEOUT, RuleFile, convert_files, find
from transpile.batch.find import read_source
from transpile.cli import Exit, common, selecting
from transpile.conversion import Status
from transpile.diagnostics import Severity
from transpile.lint.fix import fix_files
from transpile.lint.load import load_settings
from transpile.lint.run import lint_files
from transpile.lint.settings import DEFAULTS, LintSettings, LintSettingsError
from transpile.report.findings import Finding, with_lint
from transpile.report.output import json_output, until_closed
from transpile.selection import ALL
from transpile.source import Source

app = common.make_app()


class LintFormat(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


@app.command()
def check(
    paths: common.Paths,
    to: common.To = None,
    read: common.From = "auto",
    source_model: common.SourceModel = "auto",
    macros: common.Macros = None,
    lookups: common.LookupTables = None,
    model: common.ModelNames = None,
    pipeline: common.Pipelines = None,
    form: Annotated[LintFormat, typer.Option("--format", "-f", help="How to write the findings.")] = LintFormat.TEXT,
    fail_on: Annotated[
        common.FailOn,
        typer.Option(
            "--fail-on",
            help="When the command fails: for rules that cannot be read (exit code 2), for errors (refused rules) "
            "too, or for warnings (approximate rules) too (exit code 1).",
        ),
    ] = common.FailOn.APPROXIMATE,
    strict: Annotated[bool, typer.Option("--strict", help="Notes are findings too.")] = False,
    fix: Annotated[bool, typer.Option("--fix", help="First fix, in place, what can be fixed safely.")] = False,
    lint_config: Annotated[
        Path | None,
        typer.Option(
            "--lint-config", help="TOML file with a [lint] table, or a pySigma validation file.", metavar="FILE"
        ),
    ] = None,
    unmapped: common.UnmappedOption = common.Unmapped.REFUSE,
    values: common.ValuesFile = None,
    filters: common.FilterPaths = None,
    where: selecting.Where = None,
    exclude: selecting.Exclude = None,
    changed_since: selecting.ChangedSince = None,
    ids: selecting.Ids = None,
    jobs: common.Jobs = None,
    timeout: common.Timeout = TIMEOUT,
    no_cache: common.NoCache = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Find problems in rules, and report whether they convert to the target languages.

    A rule that only converts approximately is a warning; one that cannot be converted or read is an error. A note does
    not prevent conversion. Linter findings (LNT) are included; a comment `# transpile: ignore CODE` silences one.

    Exit codes: 0 no warnings or errors (see --fail-on; with --strict, no notes either), 1 some were found, 2 a rule
    could not be read, 3 usage error.
    """
    from transpile.report.terminal import console, progress

    options = replace(
        common.make_options(
            to,
            model,
            pipeline,
            unmapped=unmapped,
            values=values,
            read=read,
            filters=filters,
            source_model=source_model,
            macros=macros,
            lookups=lookups,
            paths=paths,
        ),
        allow_approximate=True,
    )
    settings = _settings(lint_config)
    selected = selecting.select_files(paths, where, exclude, changed_since, ids)
    files, options = selected.files, selected.applied(options)
    findings: list[tuple[RuleFile, list[Finding]]] = []
    rules = unreadable = blank = 0
    errors = console(sys.stderr)
    if fix and (mended := _mend(files, settings, jobs, timeout)) and not quiet:
        errors.print(mended)
    with progress(errors, "linting", shown=not quiet) as move:
        whole = [*files, *find(selected.beside)]  # what shows among rules shows among all
        linted = dict(zip(whole, lint_files(whole, settings, jobs=jobs, timeout=timeout, progress=move), strict=True))
    with progress(errors, "checking", shown=not quiet) as move:
        for file, conversions in convert_files(
            files, options, jobs=jobs, timeout=timeout, progress=move, cached=not no_cache
        ):
            rules += len(conversions) // len(options.targets)
            unreadable += any(one.status is Status.ERROR for one in conversions)
            blank += not conversions and _is_blank(file)
            if found := with_lint(conversions, linted[file], settings, options.targets, options.selection != ALL):
                findings.append((file, found))
    flat = [finding for _, found in findings for finding in found]
    with until_closed():
        if form is LintFormat.SARIF:
            from transpile.report.sarif import to_sarif

            print(json.dumps(to_sarif(flat), indent=2))
        elif form is LintFormat.JSON:
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
            + (f"; {blank:,} file{' is' if blank == 1 else 's are'} empty and skipped" if blank else "")
        )
        if len(flat) > _SCREEN:
            worse = [one for one in flat if one.diagnostic.severity is not Severity.NOTE]
            most = Counter(finding.diagnostic.code for finding in worse or flat).most_common(5)
            codes = ", ".join(f"{code} ({count:,})" for code, count in most)
            errors.print(f"most often: {codes}; `transpile codes CODE` explains one")
    return _code(counts, bool(unreadable), fail_on, strict)


def _code(counts: Mapping[Severity, int], unreadable: bool, fail_on: common.FailOn, strict: bool) -> int:
    """The exit code for so many findings, by what the user wants the command to fail on."""
    if fail_on is common.FailOn.NONE:
        return Exit.FINE
    if unreadable:
        return Exit.UNREADABLE
    failing: dict[common.FailOn, tuple[Severity, ...]] = {
        common.FailOn.REFUSED: (Severity.ERROR,),
        common.FailOn.APPROXIMATE: (Severity.ERROR, Severity.WARNING),
    }
    wanted = (*failing.get(fail_on, ()), *([Severity.NOTE] if strict else []))
    return Exit.FINDINGS if any(counts[severity] for severity in wanted) else Exit.FINE


def _is_blank(file: RuleFile) -> bool:
    source = read_source(file)
    return isinstance(source, Source) and not source.text.strip()


_SCREEN = 30  # findings, of which one sees all


def _settings(path: Path | None) -> LintSettings:
    path = path or common.load_project().path
    with common.usage_errors(LintSettingsError):
        return load_settings(path) if path else DEFAULTS


def _mend(files: Sequence[RuleFile], settings: LintSettings, jobs: int | None, timeout: float) -> str:
    """Mend what can be mended safely, in place; what was done, in words."""
    with common.usage_errors(OSError):
        fixed = fix_files(files, settings, jobs=jobs, timeout=timeout)
    count = sum(len(one.mended) for one in fixed)
    return f"fixed {count:,} finding{'' if count == 1 else 's'} in {len(fixed):,} file{'' if len(fixed) == 1 else 's'}"


def _show(findings: Sequence[tuple[RuleFile, list[Finding]]], targets: Sequence[str]) -> None:
    from transpile.report.listing import show_findings
    from transpile.report.terminal import console

    on = console()
    for file, found in findings:
        show_findings(on, file, found, targets)
