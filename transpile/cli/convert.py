"""`transpile convert`: rules in, queries out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from transpile.batch import TIMEOUT, Check, convert_files
from transpile.cli import common
from transpile.conversion import Conversion, Status
from transpile.diagnostics import Severity
from transpile.report.output import Format, json_output, ndjson_output, text

if TYPE_CHECKING:
    from rich.console import Console

app = common.make_app()


@app.command()
def convert(
    paths: common.Paths,
    to: common.To = "",
    read: common.From = "auto",
    source_model: common.SourceModel = "auto",
    macros: common.Macros = None,
    lookups: common.LookupTables = None,
    model: common.ModelNames = None,
    pipeline: common.Pipelines = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder for the queries: a file a rule and language.", metavar="DIR", file_okay=False
        ),
    ] = None,
    form: Annotated[Format, typer.Option("--format", "-f", help="What to write on standard output.")] = Format.TEXT,
    allow_approximate: common.AllowApproximate = False,
    unmapped: common.UnmappedOption = common.Unmapped.REFUSE,
    windows: common.WindowsOption = common.Windows.SLIDING,
    values: common.ValuesFile = None,
    filters: common.FilterPaths = None,
    have: common.Have = None,
    strict_evidence: common.StrictEvidence = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Run each query on events made from its rule; refuse one that is wrong.")
    ] = False,
    fail_on: common.FailOnOption = common.FailOn.ERROR,
    summary_file: common.SummaryFile = None,
    jobs: common.Jobs = None,
    timeout: common.Timeout = TIMEOUT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Convert Sigma rules to other languages.

    Every rule comes out exact, approximate (on request), or refused with a reason. Queries go to standard output, or
    to files in a mirrored tree with -o; a summary goes to standard error.

    Exit codes: 0 every rule was read (see --fail-on), 1 some were refused and --fail-on asks for that, 2 some could
    not be read, 3 usage error.
    """
    from transpile.batch.write import Tree
    from transpile.report.job_summary import JobSummary
    from transpile.report.summary import Tally, summary
    from transpile.report.terminal import console, progress

    check: Check | None = None
    if verify:
        from transpile.verify import reject_disproven as check
        from transpile.verify.codes import RUN001

    options = common.make_options(
        to,
        model,
        pipeline,
        allow_approximate,
        unmapped,
        values,
        read=read,
        filters=filters,
        have=have,
        strict_evidence=strict_evidence,
        windows=windows,
        source_model=source_model,
        macros=macros,
        lookups=lookups,
        paths=paths,
    )
    files = common.find_files(paths)
    tree = Tree(output) if output else None
    tally = Tally()
    page = JobSummary("Converted detection rules", [status.value for status in Status])
    wrong = False
    errors = console(sys.stderr)
    with ExitStack() as stack:
        alone = len(files) == len(options.targets) == 1
        emit = stack.enter_context(_emitter(form, alone, silent=tree is not None))
        scrolls = form is Format.TEXT and tree is None and sys.stdout.isatty()  # the queries are the progress then
        move = stack.enter_context(progress(errors, "converting", shown=not quiet and not scrolls))
        results = convert_files(files, options, jobs=jobs, timeout=timeout, progress=move, check=check)
        for file, conversions in results:
            done = tree.write(file, conversions) if tree else conversions
            tally.add(done)
            for one in done:
                page.add(one.target, one.status.value, one.path, one.diagnostics)
                wrong = wrong or (verify and any(why.kind == RUN001 for why in one.diagnostics))
            emit(done)
            if tree and not quiet:
                _tell_failures(done, errors)
    if not quiet:
        errors.print(summary(tally, errors))
    with common.usage_errors(OSError):
        page.write(summary_file)
    if wrong and fail_on is common.FailOn.ERROR:  # a query that means something else is not a mere refusal
        fail_on = common.FailOn.REFUSED
    return common.outcome_code(tally.seen, fail_on)


@contextmanager
def _emitter(form: Format, alone: bool, silent: bool) -> Iterator[Callable[[list[Conversion]], None]]:
    """What puts results on standard output in a format; text says nothing where the queries go to files."""
    if form is Format.TEXT:
        yield _nothing if silent else _colourful if sys.stdout.isatty() else lambda found: _plain(found, alone)
        return
    with (json_output if form is Format.JSON else ndjson_output)(sys.stdout) as emit:
        yield lambda found: emit(conversion.to_dict() for conversion in found)


def _tell_failures(found: list[Conversion], on: Console) -> None:
    """What kept the rules of a file from being read or written, which the files cannot say."""
    from transpile.report.terminal import diagnostic_text

    failed = [one for one in found if one.status is Status.ERROR]
    for diagnostic in dict.fromkeys(diagnostic for one in failed for diagnostic in one.diagnostics):
        if diagnostic.severity is Severity.ERROR:
            on.print(diagnostic_text(diagnostic, path=found[0].path), soft_wrap=True)


def _nothing(found: list[Conversion]) -> None:
    pass


def _plain(found: list[Conversion], alone: bool) -> None:
    sys.stdout.writelines(text(found, bare=alone and len(found) == 1))


def _colourful(found: list[Conversion]) -> None:
    from transpile.report.terminal import console, diagnostic_text, heading, query_text

    on = console()
    for conversion in found:
        on.print(heading(conversion))
        for diagnostic in conversion.diagnostics:
            on.print(diagnostic_text(diagnostic, path=conversion.path))
        if conversion.query is not None:
            on.print(query_text(conversion.query), soft_wrap=True)
        on.print()
