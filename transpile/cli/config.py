"""`transpile config`: the project file, and the settings in effect."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from transpile.cli import Exit, common
from transpile.report.output import Output

app = common.make_app()


class Schema(StrEnum):
    """The files that have a JSON Schema."""

    PROJECT = "project"
    DEPLOY = "deploy"
    MODEL = "model"


@app.command()
def config(
    schema: Annotated[
        Schema | None,
        typer.Option("--schema", help="Print the JSON Schema of a file instead, for editors to complete it."),
    ] = None,
    form: Annotated[Output, typer.Option("--format", "-f", help="How to write the settings.")] = Output.TEXT,
) -> int:
    """Show the settings in effect in this folder, and where each comes from.

    The command line wins over environment variables (TRANSPILE_TO=kql,spl), and these over the nearest transpile.toml
    at or above the current folder. TRANSPILE_CONFIG names another file, or none if it is empty.

    Exit codes: 0 done, 3 the project file cannot be used.
    """
    from transpile.project.schema import SCHEMAS

    if schema is not None:
        print(json.dumps(SCHEMAS[schema.value](), indent=2))
        return Exit.FINE
    from transpile.project.report import rows
    from transpile.report.terminal import console, table

    project = common.load_project()
    held = rows(project)
    if form is not Output.TEXT:
        common.print_objects(form, held)
        return Exit.FINE
    on = console()
    on.print(f"Project file: {project.path or 'none (transpile init writes one)'}", soft_wrap=True)
    shown = [[str(one["name"]), _shown(one["value"]), str(one["origin"]), str(one["variable"] or "-")] for one in held]
    on.print(table(on, ["setting", "value", "from", "variable"], shown))
    return Exit.FINE


def _shown(value: object) -> str:
    return "-" if value is None else json.dumps(value)
