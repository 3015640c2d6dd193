"""`transpile explain`: a readable report on one rule."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from transpile.batch import TIMEOUT, with_library
from transpile.batch.here import convert_here
from transpile.cli import common, selecting
from transpile.report.rule import show_rule
from transpile.report.terminal import console

app = common.make_app()


@app.command()
def explain(
    file: Annotated[str, typer.Argument(help="Rule file, or - for standard input.", metavar="FILE")],
    to: common.To = None,
    read: common.From = "auto",
    source_model: common.SourceModel = "auto",
    macros: common.Macros = None,
    lookups: common.LookupTables = None,
    model: common.ModelNames = None,
    pipeline: common.Pipelines = None,
    unmapped: common.UnmappedOption = common.Unmapped.REFUSE,
    values: common.ValuesFile = None,
    filters: common.FilterPaths = None,
    where: selecting.Where = None,
    exclude: selecting.Exclude = None,
    changed_since: selecting.ChangedSince = None,
    ids: selecting.Ids = None,
    timeout: common.Timeout = TIMEOUT,
    cost: Annotated[
        bool,
        typer.Option("--cost", help="Count what an index cannot serve: leading wildcards, regular expressions, scans."),
    ] = False,
) -> int:
    """Show a rule: what it looks for, how the data models map it, its queries, and every diagnostic.

    Approximate queries are included and labelled. For a folder, shows the rules that the options select.

    With --cost, count what a platform's index cannot serve: leading wildcards, regular expressions, and scans
    (searches that nothing narrows first, and tests of computed values).
    """
    options = common.make_options(
        to,
        model,
        pipeline,
        True,
        unmapped,
        values,
        read=read,
        filters=filters,
        source_model=source_model,
        macros=macros,
        lookups=lookups,
        paths=[file],
    )
    selected = selecting.select_files([file], where, exclude, changed_since, ids)
    if len(selected.files) > 1 and not (where or ids or exclude or changed_since):
        raise common.UsageError(f"{file} holds {len(selected.files)} files; name one, or select rules with --where")
    options = with_library(selected.files, selected.applied(options))
    on = console()
    statuses = set()
    for one in selected.files:
        source, conversions = convert_here(one, options, timeout)
        if source is None:
            raise common.UsageError(f"{one.path}: {conversions[0].diagnostics[0].message}")
        for start in range(0, len(conversions), len(options.targets)):
            show_rule(conversions[start : start + len(options.targets)], source, on, cost=cost)
        statuses |= {conversion.status for conversion in conversions}
    if not statuses:
        print("no rule is selected", file=sys.stderr)
    return common.exit_code(statuses)
