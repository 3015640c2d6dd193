"""`transpile explain`: a readable report on one rule."""

from __future__ import annotations

from typing import Annotated

import typer

from transpile.batch import with_library
from transpile.batch.find import read_source
from transpile.cli import common
from transpile.conversion import convert_source
from transpile.diagnostics import Diagnostic
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
) -> int:
    """Show one rule: what it looks for, what the data models made of it, its queries, and every diagnostic.

    Approximate queries are shown too, and marked so.
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
    files = common.find_files([file])
    if len(files) > 1:
        raise common.UsageError(f"{file} holds {len(files)} files; one is explained at a time")
    source = read_source(files[0])
    if isinstance(source, Diagnostic):
        raise common.UsageError(f"{file}: {source.message}")
    on = console()
    conversions = convert_source(source, with_library(files, options))
    for start in range(0, len(conversions), len(options.targets)):
        show_rule(conversions[start : start + len(options.targets)], source, on)
    return common.exit_code({conversion.status for conversion in conversions})
