"""`transpile verify`: do the queries mean their rules?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from transpile.cli import Exit, common, selecting
from transpile.conversion import NO_MODEL
from transpile.report.junit import to_junit
from transpile.report.output import json_output, ndjson_output
from transpile.report.proofs import ProofTally, case_of, show_proofs, show_summary
from transpile.report.terminal import console, progress
from transpile.verify import Proof, Verdict, verify_files
from transpile.verify.audit import audit_files

if TYPE_CHECKING:
    from rich.console import Console

    from transpile.verify.exported import ExportedDocument

app = common.make_app()

TIMEOUT = 120.0  # seconds for one file; a rule that lists hundreds of values takes some


class ProofFormat(StrEnum):
    """How proofs are written."""

    TEXT = "text"
    JSON = "json"
    NDJSON = "ndjson"
    JUNIT = "junit"


@app.command()
def verify(
    paths: common.Paths,
    to: common.To = None,
    read: common.From = "auto",
    source_model: common.SourceModel = "auto",
    macros: common.Macros = None,
    lookups: common.LookupTables = None,
    model: common.ModelNames = None,
    pipeline: common.Pipelines = None,
    form: Annotated[ProofFormat, typer.Option("--format", "-f", help="How to write the proofs.")] = ProofFormat.TEXT,
    strict: Annotated[
        bool, typer.Option("--strict", help="Count a query that could not be proven as a finding too.")
    ] = False,
    allow_approximate: common.AllowApproximate = False,
    unmapped: common.UnmappedOption = common.Unmapped.REFUSE,
    windows: common.WindowsOption = common.WindowForm.SLIDING,
    values: common.ValuesFile = None,
    filters: common.FilterPaths = None,
    query: Annotated[
        Path | None,
        typer.Option(
            "--query",
            help="Verify the query in this file instead: a query (.spl, .kql ...) or a platform's rule file.",
            metavar="FILE",
        ),
    ] = None,
    queries: Annotated[
        Path | None,
        typer.Option(
            "--queries",
            help="Verify the queries in a folder, savedsearches.conf or other rule file, each by the rule of its name.",
            metavar="PATH",
        ),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            "--backend",
            help="Verify the queries of a pySigma backend (splunk, elasticsearch ...); --pipeline maps fields.",
            metavar="NAME",
        ),
    ] = None,
    documents: Annotated[
        list[str] | None,
        typer.Option(
            "--documents",
            help="File or folder with documents exported from your index, to run the queries on; may be given again.",
            metavar="PATH",
        ),
    ] = None,
    have: common.Have = None,
    where: selecting.Where = None,
    exclude: selecting.Exclude = None,
    changed_since: selecting.ChangedSince = None,
    ids: selecting.Ids = None,
    jobs: common.Jobs = None,
    timeout: common.Timeout = TIMEOUT,
    no_cache: common.NoCache = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Run each query on events generated from its rule, and compare the results with what the rule means.

    A query is proven if it agrees with the rule on every event: one for each way to match, and near misses. One event
    disproves it; that event is shown reduced to what matters, with the part of the rule at fault. An approximate query
    is held to its direction: a wider one must not miss events, a narrower one must not match more.

    With --documents, the queries run on documents that your platform stored: JSON lines or lists, as Elasticsearch and
    Splunk export them. The rule is evaluated on the same documents, mapped back through the data model; each
    disagreement is reported with its file and line.

    With --query or --queries, verify queries that somebody else wrote, converted or edited; with --backend, those of
    another converter. They also run on events generated from the queries themselves.

    Exit codes: 0 nothing is disproven (with --strict, everything is proven), 1 otherwise, 2 a rule could not be read,
    3 usage error.
    """
    options = common.make_options(
        to,
        model,
        pipeline,
        allow_approximate,
        unmapped,
        values,
        read=read,
        filters=filters,
        windows=windows,
        source_model=source_model,
        macros=macros,
        lookups=lookups,
        paths=[*paths, *(str(one) for one in (query, queries) if one)],  # macros lie beside the searches too
        have=have,
    )
    selected = selecting.select_files(paths, where, exclude, changed_since, ids)
    files, options = selected.files, selected.applied(options)
    errors = console(sys.stderr)
    tally = ProofTally()
    if query or queries or backend:
        from transpile.batch.backends import convert_by
        from transpile.batch.queries import find_queries

        with common.usage_errors(OSError, ValueError):
            if backend:
                given = list(convert_by(backend, files, options.pipelines))
                options = options if model else replace(options, models=(NO_MODEL,))
            else:
                given = find_queries(files, query, queries)
        options = replace(options, targets=tuple(sorted({one.target for one in given})), models=options.models)
        with _emitter(form, alone=len(files) == 1) as emit:
            for proofs in audit_files(given, options):
                tally.add(proofs)
                emit(proofs)
        if not quiet:
            show_summary(options.targets, tally, errors)
        return _exit_code(tally.seen, strict)
    exported = _documents(documents, errors) if documents else None
    shown = not quiet and (form is ProofFormat.TEXT or not sys.stdout.isatty())
    # On one terminal, proofs go through the bar's own console, which writes them above it.
    on = errors if shown and sys.stdout.isatty() and errors.file.isatty() else None
    with progress(errors, "verifying", shown) as move, _emitter(form, len(files) == 1, on) as emit:
        if exported is not None:
            from transpile.verify.exported import judge_files

            proven = judge_files(files, options, exported, move)
        else:
            proven = verify_files(files, options, jobs=jobs, timeout=timeout, progress=move, cached=not no_cache)
        for proofs in proven:
            tally.add(proofs)
            emit(proofs)
    if not quiet:
        show_summary(options.targets, tally, errors)
    return _exit_code(tally.seen, strict)


def _documents(paths: list[str], errors: Console) -> list[ExportedDocument]:
    """The documents of an export; places that hold none are told."""
    from transpile.matching.logs import Broken, Unreadable
    from transpile.verify.exported import read_export

    found = []
    with common.usage_errors(FileNotFoundError, Unreadable):
        for one in read_export(paths):
            if isinstance(one, Broken):
                errors.print(one.reason, highlight=False, soft_wrap=True)
            else:
                found.append(one)
    return found


def _exit_code(seen: set[Verdict], strict: bool) -> int:
    if Verdict.ERROR in seen:
        return Exit.UNREADABLE
    bad = Verdict.DISPROVEN in seen or (strict and Verdict.UNPROVEN in seen)
    return Exit.FINDINGS if bad else Exit.FINE


@contextmanager
def _emitter(
    form: ProofFormat, alone: bool, shown_on: Console | None = None
) -> Iterator[Callable[[list[Proof]], None]]:
    """What puts proofs on standard output in a format."""
    match form:
        case ProofFormat.TEXT:
            on = shown_on or console()
            yield lambda proofs: show_proofs(proofs, on, alone)
        case ProofFormat.JSON | ProofFormat.NDJSON:
            with (json_output if form is ProofFormat.JSON else ndjson_output)(sys.stdout) as emit:
                yield lambda proofs: emit(proof.to_dict() for proof in proofs)
        case ProofFormat.JUNIT:
            kept: list[Proof] = []
            yield kept.extend
            sys.stdout.write(to_junit(map(case_of, kept)))
        case _:
            assert_never(form)
