"""`transpile convert`: rules in, queries out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from transpile import dialects
from transpile.batch import TIMEOUT, Check, convert_files
from transpile.batch.find import find
from transpile.cli import Interrupted, common, picking, selecting
from transpile.cli.files import check_output
from transpile.conversion import Conversion, Status
from transpile.diagnostics import printable
from transpile.report.output import Output, json_output, ndjson_output, text

if TYPE_CHECKING:
    from transpile.batch.write import Tree
    from transpile.report.summary import ResultTally

app = common.make_app()
_STDIN = "/dev/stdin"  # where there is none, what was redirected is not known


@app.command()
def convert(
    paths: common.Paths,
    to: common.To = None,
    read: common.From = "auto",
    source_model: common.SourceModel = "auto",
    macros: common.Macros = None,
    lookups: common.LookupTables = None,
    model: common.ModelNames = None,
    pipeline: common.Pipelines = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the queries: one file per rule and language.", metavar="DIR"),
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option("--out-file", help="File for everything that would go to standard output.", metavar="FILE"),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove from DIR the queries of earlier runs that this one does not write.")
    ] = False,
    form: Annotated[Output, typer.Option("--format", "-f", help="What to write on standard output.")] = Output.TEXT,
    allow_approximate: common.AllowApproximate = False,
    unmapped: common.UnmappedOption = common.Unmapped.REFUSE,
    windows: common.WindowsOption = common.WindowForm.SLIDING,
    values: common.ValuesFile = None,
    filters: common.FilterPaths = None,
    have: common.Have = None,
    strict_evidence: common.StrictEvidence = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Run each query on events generated from its rule; refuse wrong ones."),
    ] = False,
    fail_on: common.FailOnOption = common.FailOn.ERROR,
    summary_file: common.SummaryFile = None,
    where: selecting.Where = None,
    exclude: selecting.Exclude = None,
    changed_since: selecting.ChangedSince = None,
    ids: selecting.Ids = None,
    jobs: common.Jobs = None,
    timeout: common.Timeout = TIMEOUT,
    no_cache: common.NoCache = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Convert detection rules from any language to others.

    Each rule converts exactly, approximately (on request), or is refused with a reason. Queries go to standard output,
    to one file with --out-file, or to a mirrored folder tree with -o. Diagnostics and a summary go to standard error.

    Exit codes: 0 every rule was read (see --fail-on), 1 some were refused and --fail-on asks for that, 2 some could
    not be read, 3 usage error.
    """
    from transpile.batch.files import write_atomically
    from transpile.batch.write import Tree, without_queries
    from transpile.report.job_summary import JobSummary
    from transpile.report.listing import show_problems
    from transpile.report.plain import PlainText, console, progress
    from transpile.report.summary import ResultTally, summary

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
    _check_places(output, out_file, prune, options.targets)
    if output:
        check_output(output, paths)
    selected = selecting.select_files(paths, where, exclude, changed_since, ids)
    files, options = selected.files, selected.applied(options)
    if output and not (files := without_queries(selected.files, output)):
        raise common.UsageError(f"no rules in {', '.join(paths)}: earlier runs wrote all of these files to {output}")
    inputs = [_STDIN if file.content is not None else file.path for file in (*files, *find(filters or ()))]
    inputs += [str(one) for one in (values, ids) if one]
    for option, place in (("--out-file", out_file), ("--summary", summary_file)):
        if place:
            _check_not_read(option, place, inputs)
    tree = Tree(output, inputs, noted=not no_cache) if output else None
    if tree:
        with common.usage_errors(OSError):
            tree.open()
    tally = ResultTally()
    page = JobSummary("Converted detection rules", [status.value for status in Status])
    wrong = False
    errors = console(sys.stderr)
    stream = StringIO() if out_file else sys.stdout
    with ExitStack() as stack:
        stack.enter_context(_interruptible(tree, len(files)))
        alone = len(files) == len(options.targets) == 1
        emit = stack.enter_context(_emitter(form, stream, alone, silent=tree is not None))
        scrolls = form is Output.TEXT and not (tree or out_file) and sys.stdout.isatty()  # queries show the progress
        move = stack.enter_context(progress(errors, "converting", shown=not quiet and not scrolls))
        results = convert_files(
            files, options, jobs=jobs, timeout=timeout, progress=move, check=check, cached=not no_cache
        )
        groups = picking.platforms_in([name.lower() for name in common.split_names(to)])
        for file, made in results:
            conversions = list(picking.pick(made, len(options.targets), groups)) if groups else made
            done = tree.write(file, conversions) if tree else conversions
            tally.add(done)
            for one in done:
                page.add(one.target, one.status.value, one.path, one.diagnostics)
                wrong = wrong or (verify and any(why.kind == RUN001 for why in one.diagnostics))
            if form is Output.TEXT:  # whole rules of a tree that were refused are counted
                told = [one for one in done if one.status is Status.ERROR] if tree else done
                sys.stdout.flush()
                show_problems(errors, file, told, {one.target for one in told})
            emit(done)
    with common.usage_errors(OSError):
        if out_file:
            write_atomically(out_file, stream.getvalue().encode() if isinstance(stream, StringIO) else b"")
        ending = tree.finish(prune) if tree else _wrote(tally, out_file) if out_file else ""
        page.write(summary_file)
    if not quiet:
        errors.print(summary(tally, errors))
        if ending:
            errors.print(PlainText(printable(ending)), soft_wrap=True)
    if wrong and fail_on is common.FailOn.ERROR:  # a query that means something else is not a mere refusal
        fail_on = common.FailOn.REFUSED
    return common.outcome_code(tally.seen, fail_on)


@contextmanager
def _interruptible(tree: Tree | None, total: int) -> Iterator[None]:
    """On Ctrl-C the folder remembers what was written, and the interruption says how far it came."""
    try:
        yield
    except KeyboardInterrupt:
        if tree is None:
            raise
        with suppress(OSError):
            tree.finish()
        raise Interrupted(f"{tree.done:,} of {total:,} rule files written") from None


def _check_places(output: Path | None, out_file: Path | None, prune: bool, targets: Sequence[str]) -> None:
    """Raise `UsageError` where the queries cannot go."""
    if output and out_file:
        raise common.UsageError("give either --output DIR or --out-file FILE, not both")
    if prune and not output:
        raise common.UsageError("--prune removes files of an output folder; give --output DIR too")
    if output and not output.is_dir():
        endings = {ending for target in targets for ending in dialects.load(target).extensions}
        if output.exists() or output.suffix.lower() in endings:
            raise common.UsageError(f"--output names a folder; for one file write --out-file {output}")


def _check_not_read(option: str, place: Path, read: Sequence[str]) -> None:
    """Raise `UsageError` for a file to write that is one of those that the run reads."""
    from transpile.batch.files import identity

    if (wanted := identity(place)) and wanted in map(identity, read):
        raise common.UsageError(f"{option} {place}: the run reads this file; name another one")


def _wrote(tally: ResultTally, out_file: Path) -> str:
    count = sum(count for (_, status), count in tally.statuses.items() if status in (Status.EXACT, Status.APPROXIMATE))
    return f"wrote {count:,} {'query' if count == 1 else 'queries'} to {out_file}"


@contextmanager
def _emitter(form: Output, stream: TextIO, alone: bool, silent: bool) -> Iterator[Callable[[list[Conversion]], None]]:
    """What puts results on a stream in a format; text says nothing where the queries go to files."""
    if form is Output.TEXT:
        if silent:
            yield _nothing
        elif stream.isatty():
            yield _colourful
        else:
            yield lambda found: stream.writelines(text(found, bare=alone and len(found) == 1))
        return
    with (json_output if form is Output.JSON else ndjson_output)(stream) as emit:
        yield lambda found: emit(conversion.to_dict() for conversion in found)


def _nothing(found: list[Conversion]) -> None:
    pass


def _colourful(found: list[Conversion]) -> None:
    from transpile.report.terminal import console, diagnostic_text, heading, query_text

    on = console()
    for conversion in found:
        on.print(heading(conversion))
        if conversion.query is not None:
            for diagnostic in conversion.diagnostics:
                on.print(diagnostic_text(diagnostic, path=conversion.path))
            on.print(query_text(conversion.query), soft_wrap=True)
        on.print()
