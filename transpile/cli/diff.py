"""`transpile diff`: do two rules match the same events?"""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.text import Text

from transpile.batch.find import read_source
from transpile.cli import Exit, common
from transpile.cli.files import find_files
from transpile.conversion import AUTO, Options, read_source_rules
from transpile.diagnostics import Diagnostic, Severity, one_line, printable
from transpile.ir.rule import Rule
from transpile.report.output import Output
from transpile.report.terminal import console
from transpile.verify.compare import Comparison, Relation, compare_rules

app = common.make_app()

WORDS = {
    Relation.EQUAL: ("equal", "green"),
    Relation.WIDER: ("the second rule matches more", "yellow"),
    Relation.NARROWER: ("the second rule matches less", "yellow"),
    Relation.DIFFERENT: ("each rule matches events that the other does not", "red"),
    Relation.UNPROVEN: ("not compared", "yellow"),
}


@app.command()
def diff(
    first: Annotated[str, typer.Argument(help="Rule file in any language, or - for standard input.", metavar="FIRST")],
    second: Annotated[str, typer.Argument(help="Rule file in any language.", metavar="SECOND")],
    source_model: common.SourceModel = AUTO,
    values: common.ValuesFile = None,
    form: Annotated[Output, typer.Option("--format", "-f", help="How to write the result.")] = Output.TEXT,
) -> int:
    """Compare what two rules match, in the same language or in two.

    Both run on events generated from each of them. If they differ, shows the smallest event that only one of them
    matches. Compares the first rule of each file.

    Exit codes: 0 no event tells them apart, 1 they differ or cannot be compared, 2 one cannot be read, 3 usage error.
    """
    options = common.make_options(None, values=values, source_model=source_model, paths=[first, second])
    rules = [_rule(path, options) for path in (first, second)]
    broken = [one for one in rules if isinstance(one, str)]
    on = console()
    if broken:
        for message in broken:
            on.print(Text(message, style="error"))
        return Exit.UNREADABLE
    one, other = (rule for rule in rules if isinstance(rule, Rule))
    found = compare_rules(one, other)
    if form is not Output.TEXT:
        common.print_objects(form, [found.to_dict()])
    else:
        _show(found, (first, second))
    return Exit.FINE if found.relation is Relation.EQUAL else Exit.FINDINGS


def _rule(path: str, options: Options) -> Rule | str:
    """The first rule of a file, or why there is none."""
    files = find_files([path])
    source = read_source(files[0])
    if isinstance(source, Diagnostic):
        return f"{path}: {one_line(source.message)}"
    readings = read_source_rules(source, options)
    rule = next((one.rule for one in readings if one.rule is not None), None)
    if rule is not None:
        return rule
    errors = [one for reading in readings for one in reading.diagnostics if one.severity is Severity.ERROR]
    return f"{path}: {one_line(errors[0].message) if errors else 'holds no rule'}"


def _show(found: Comparison, paths: tuple[str, str]) -> None:
    on = console()
    words, style = WORDS[found.relation]
    on.print(Text.assemble((words, style), f"  ({found.events:,} events compared, {found.common:,} match both)"))
    if found.reason:
        on.print(Text(f"  {one_line(found.reason)}"))
    for path, event in zip(paths, (found.only_first, found.only_second), strict=True):
        if event is not None:
            shown: Any = json.dumps(dict(event), ensure_ascii=False, default=str)
            on.print(Text(f"  only {path}: {printable(shown)}"))
