"""`transpile models`: what rules can be mapped with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from transpile.cli import Exit, common
from transpile.cli.output import Format

app = common.make_app()


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    form: Annotated[Format, typer.Option("--format", "-f", help="How to write the list.")] = Format.TEXT,
) -> int:
    """List the data models, and the pySigma pipelines that are installed.

    A data model says what a platform calls each field and log source. `--model NAME` takes one of them, or a file of
    your own; `--pipeline NAME` a pySigma pipeline.
    """
    if context.invoked_subcommand:
        return Exit.FINE
    rows = [*_data_models(), *_pysigma()]
    if form is Format.TEXT:
        from transpile.cli.show import console, table

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
    from sigma.plugins import InstalledSigmaPlugins

    plugins = InstalledSigmaPlugins.autodiscover(include_backends=False, include_validators=False)
    for name, pipeline in sorted(plugins.get_pipeline_resolver().list_pipelines()):
        yield {"name": name, "kind": "pySigma pipeline", "targets": [], "title": pipeline.name or ""}
