"""`transpile models`: the data models that map rules."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from transpile.batch import map_files
from transpile.batch.find import read_source
from transpile.cli import Exit, common, selecting
from transpile.conversion import NO_MODEL, Options, read_source_rules
from transpile.diagnostics import Diagnostic
from transpile.report.output import Output
from transpile.selection import ALL
from transpile.source import Source

if TYPE_CHECKING:
    from transpile.pipelines.coverage import Coverage
    from transpile.pipelines.model import Model

app = common.make_app()


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    form: Annotated[Output, typer.Option("--format", "-f", help="How to write the list.")] = Output.TEXT,
) -> int:
    """List the data models, and the pySigma pipelines that are installed.

    A data model says what a platform calls each field and log source. `--model NAME` takes one of them, or a file of
    your own; `--pipeline NAME` a pySigma pipeline.
    """
    if context.invoked_subcommand:
        return Exit.FINE
    rows = [*_data_models(), *_pysigma()]
    if form is Output.TEXT:
        from transpile.report.terminal import console, table

        on = console()
        cells = [(row["name"], row["kind"], ", ".join(row["targets"]) or "any", row["title"]) for row in rows]
        on.print(table(on, ("name", "kind", "for", "what it is"), cells))
    else:
        common.print_objects(form, rows)
    return Exit.FINE


def _data_models() -> Iterator[dict[str, Any]]:
    from transpile.pipelines import load

    for name in load.names():
        model = load.load(name)
        yield {"name": name, "kind": "model", "targets": list(model.target), "title": model.title}


def _pysigma() -> Iterator[dict[str, Any]]:
    """The pipelines that installed pySigma packages offer, as pySigma itself finds them."""
    from transpile.pipelines.pysigma import installed

    for name, make in installed().items():
        yield {"name": name, "kind": "pySigma pipeline", "targets": [], "title": make().name or ""}


@app.command()
def coverage(
    paths: common.Paths,
    model: common.ModelNames = None,
    where: selecting.Where = None,
    exclude: selecting.Exclude = None,
    changed_since: selecting.ChangedSince = None,
    ids: selecting.Ids = None,
    top: Annotated[int, typer.Option("--top", help="Number of log sources and fields to list for each model.")] = 8,
    form: Annotated[Output, typer.Option("--format", "-f", help="How to write the numbers.")] = Output.TEXT,
    jobs: common.Jobs = None,
) -> int:
    """Show how well each data model covers your rules, and what is missing most often.

    The numbers count rules. A rule counts once for each field that it lacks.
    """
    from transpile.pipelines import load

    selected = selecting.select_files(paths, where, exclude, changed_since, ids)
    options = selected.applied(Options(()))
    names = tuple(name for name in (model or load.names()) if name != NO_MODEL)
    with common.usage_errors(ValueError):
        models_ = [load.load(name) for name in names]
    tallies = {name: ModelTally() for name in names}
    lost = 0
    for _, outcome in map_files(partial(_cover, names, options), _no_coverage, selected.files, jobs=jobs):
        lost += outcome is None
        for name, found in outcome or ():
            tallies[name].add(found)
    if form is Output.TEXT:
        _show_coverage(models_, tallies, top)
        if lost:
            print(f"{lost} files hold no rule that can be read", file=sys.stderr)
    else:
        common.print_objects(form, (tallies[name].to_dict(name, top) for name in names))
    return Exit.FINE


@app.command()
def needs(
    paths: common.Paths,
    model: common.ModelNames = None,
    have: common.Have = None,
    where: selecting.Where = None,
    exclude: selecting.Exclude = None,
    changed_since: selecting.ChangedSince = None,
    ids: selecting.Ids = None,
    form: Annotated[Output, typer.Option("--format", "-f", help="How to write the list.")] = Output.TEXT,
) -> int:
    """List the data that rules need on each platform, and the rules that can never match the data that you have.

    The numbers count rules. Data are tables, index patterns or source types; for Windows also channels, event
    numbers and the audit policies that log them.
    """
    from transpile.pipelines import load
    from transpile.pipelines.coverage import needs_of_rules
    from transpile.pipelines.needs import rows as rows_of

    selected = selecting.select_files(paths, where, exclude, changed_since, ids)
    options = selected.applied(Options(()))
    names = tuple(name for name in (model or load.names()) if name != NO_MODEL)
    profile = common.read_profile(have)
    with common.usage_errors(ValueError):
        models_ = [load.load_for(name, profile) for name in names]
    rules = []
    for source in map(read_source, selected.files):
        if not isinstance(source, Diagnostic):
            rules += [one.rule for one in read_source_rules(source, options) if one.rule is not None]
    rows = [{"model": one.name, **row} for one in models_ for row in rows_of(needs_of_rules(rules, one))]
    if form is Output.TEXT:
        from transpile.report.terminal import console, table

        on = console()
        cells = [(row["model"], row["kind"], row["name"], f"{row['rules']:,}") for row in rows]
        on.print(table(on, ("model", "kind", "name", "rules"), cells, numbers=(3,)))
    else:
        common.print_objects(form, rows)
    return Exit.FINE


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Data model, by name or file.", metavar="MODEL")],
    logsource: Annotated[
        str, typer.Argument(help="Log source or part of one, such as windows/process_creation.", metavar="LOG")
    ] = "",
    form: Annotated[Output, typer.Option("--format", "-f", help="How to write the list.")] = Output.TEXT,
) -> int:
    """Show a data model: its log sources, or the fields of the log sources whose name contains LOG."""
    from transpile.pipelines.pages import field_rows, source_rows

    (model,) = _loaded([name])
    rows = field_rows(model, logsource) if logsource else source_rows(model)
    if not rows:
        raise common.UsageError(f"{model.name} has no log source {logsource!r}")
    _print_rows(rows, form)
    return Exit.FINE


@app.command()
def diff(
    first: Annotated[str, typer.Argument(help="Data model, by name or file.", metavar="FIRST")],
    second: Annotated[str, typer.Argument(help="Data model, by name or file.", metavar="SECOND")],
    form: Annotated[Output, typer.Option("--format", "-f", help="How to write the list.")] = Output.TEXT,
) -> int:
    """List the log sources and fields that two data models map differently, or that only one of them has.

    Exit codes: 0 no difference, 1 they differ, 3 usage error.
    """
    from transpile.pipelines.pages import differences

    rows = differences(*_loaded([first, second]))
    _print_rows(rows, form)
    return Exit.FINDINGS if rows else Exit.FINE


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="File to write, such as ours.yml.", metavar="FILE", dir_okay=False)],
    include: Annotated[str, typer.Option("--include", help="Data model that the new one adds to.", metavar="NAME")],
) -> int:
    """Write a starting point for your own data model; its lines take precedence over those of the model it includes."""
    from transpile.pipelines.pages import starter

    (model,) = _loaded([include])
    with common.usage_errors(OSError):
        if file.exists():
            raise common.UsageError(f"{file} is there already")
        file.write_text(starter(model), encoding="utf-8")
    print(f"wrote {file}; try: transpile convert rules --to {model.target[0]} --model {file}")
    return Exit.FINE


def _loaded(names: Sequence[str]) -> list[Model]:
    from transpile.pipelines import load

    with common.usage_errors(ValueError):
        return [load.load(name) for name in names]


def _print_rows(rows: Sequence[Mapping[str, Any]], form: Output) -> None:
    """Rows of the same keys as a table, or as JSON."""
    if form is not Output.TEXT:
        common.print_objects(form, rows)
    elif rows:
        from transpile.report.terminal import console, table

        on = console()
        on.print(table(on, tuple(rows[0]), [tuple(map(str, row.values())) for row in rows]))


def _cover(names: Sequence[str], options: Options, source: Source) -> list[tuple[str, Coverage]] | None:
    """How each model takes each selected rule of a file; None if it holds no rule that can be read."""
    from transpile.pipelines.coverage import cover
    from transpile.pipelines.load import load

    read = read_source_rules(source, options)
    if options.selection == ALL and not any(one.rule for one in read):
        return None
    rules = [one.rule for one in read if one.rule is not None and one.rule.is_single]
    return [(name, cover(rule, load(name))) for rule in rules for name in names]


def _no_coverage(path: str, reason: Diagnostic) -> None:
    return None


class ModelTally:
    """Counts how one model takes rules."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.missing: Counter[tuple[str, str]] = Counter()  # by log source and field; "" is the log source itself

    def add(self, found: Coverage) -> None:
        """Count one rule."""
        self.outcomes[found.outcome] += 1
        self.missing.update((found.logsource, name) for name in (found.missing if found.known else ("",)))

    def to_dict(self, name: str, top: int) -> dict[str, Any]:
        """The counts as JSON-ready values."""
        missing = [
            {"logsource": logsource, "field": field or None, "rules": count}
            for (logsource, field), count in self.missing.most_common(top)
        ]
        return {"model": name, "rules": self.outcomes.total(), **self.outcomes, "missing": missing}


def _show_coverage(models_: Sequence[Model], tallies: Mapping[str, ModelTally], top: int) -> None:
    from transpile.report.terminal import console, table

    on = console()
    outcomes = ("exact", "approximate", "refused")
    rows = [
        (
            one.name,
            ", ".join(one.target),
            *(f"{tallies[one.name].outcomes[outcome]:,}" for outcome in outcomes),
            f"{sum(count for (_, field), count in tallies[one.name].missing.items() if not field):,}",
        )
        for one in models_
    ]
    on.print(table(on, ("model", "for", *outcomes, "log source not known"), rows, numbers=range(2, 6)))
    gaps = [
        (one.name, logsource, field or "(all of it)", f"{count:,}")
        for one in models_
        for (logsource, field), count in tallies[one.name].missing.most_common(top)
    ]
    if gaps:
        on.print()
        on.print(table(on, ("model", "log source", "missing field", "rules"), gaps, numbers=(3,)))
