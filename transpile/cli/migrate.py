"""`transpile migrate`: whole folders of rules for a platform, with a report on every rule."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from transpile.batch import TIMEOUT
from transpile.cli import common, selecting
from transpile.report.output import Output

app = common.make_app()


@app.command()
def migrate(
    paths: common.Paths,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            "-t",
            help="Platform (splunk, elastic, sentinel, defender, secops) or language to write.",
            metavar="NAME",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder for the files and the reports.", metavar="DIR", file_okay=False),
    ],
    read: common.From = "auto",
    source_model: common.SourceModel = "auto",
    macros: common.Macros = None,
    lookups: common.LookupTables = None,
    model: common.ModelNames = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="File with schedules, severities and other settings.", metavar="FILE"),
    ] = None,
    allow_approximate: common.AllowApproximate = False,
    unmapped: common.UnmappedOption = common.Unmapped.REFUSE,
    values: common.ValuesFile = None,
    filters: common.FilterPaths = None,
    have: common.Have = None,
    form: Annotated[
        Output | None,
        typer.Option("--format", "-f", help="How to write the summary; text on a terminal, JSON elsewhere."),
    ] = None,
    where: selecting.Where = None,
    exclude: selecting.Exclude = None,
    changed_since: selecting.ChangedSince = None,
    ids: selecting.Ids = None,
    timeout: common.Timeout = TIMEOUT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary and no progress bar.")] = False,
) -> int:
    """Convert folders of rules, in any language, for a platform: one file per rule, and a report on every rule.

    DIR gets a deployment file for each rule (or its bare query, in `queries/`, if the platform has no format for it),
    and report.json, report.csv and report.html. Files from an earlier run whose rule is gone are removed.

    Exit codes: 0 every rule has a query, 1 some were refused, 2 some could not be read, 3 usage error.
    """
    from transpile.deploy import output as folder
    from transpile.deploy.migration import choose_target
    from transpile.deploy.migration import migrate as move_rules
    from transpile.deploy.settings import Config, load
    from transpile.report.migration import report_files, show_migration, summary_object
    from transpile.report.terminal import console, progress

    with common.usage_errors(ValueError):
        target = choose_target(to)
    options = common.make_options(
        target.languages,
        common.serving(model, target.languages) or ([target.model] if target.model else None),
        None,
        allow_approximate,
        unmapped,
        values,
        read=read,
        source_model=source_model,
        macros=macros,
        lookups=lookups,
        paths=paths,
        filters=filters,
        have=have,
    )
    selected = selecting.select_files(paths, where, exclude, changed_since, ids)
    options = selected.applied(options)
    below = os.path.realpath(output)
    files = [file for file in selected.files if not _is_inside(file.path, below)]
    with progress(console(sys.stderr), "migrating", shown=not quiet) as move, common.usage_errors(OSError, ValueError):
        found = move_rules(files, target, options, load(config) if config else Config(), move, timeout)
        written = [*found.files, *report_files(found)]
        changes = folder.write(output, [*written, folder.manifest(found.rows, written)])
    kinds = Counter(change.kind for change in changes)
    if not quiet:
        shown = form or (Output.TEXT if sys.stdout.isatty() else Output.JSON)
        if shown is Output.TEXT:
            show_migration(console(), found, kinds)
        else:
            common.print_objects(shown, [summary_object(found, kinds)])
    return common.exit_code({rule.verdict for rule in found.rules})


def _is_inside(path: str, output: str) -> bool:
    """Whether a file is of an earlier run: rules are not read from the folder that they are written to.

    `output` has no links on its way. `Path.resolve` would raise for a link to itself; reading that says what is wrong.
    """
    return Path(os.path.realpath(path)).is_relative_to(output)
