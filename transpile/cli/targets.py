"""`transpile targets`: the languages that rules can be converted to."""

from __future__ import annotations

from typing import Annotated

import typer

from transpile import dialects
from transpile.cli import Exit, common
from transpile.report.output import Output

app = common.make_app()


@app.command()
def targets(
    form: Annotated[Output, typer.Option("--format", "-f", help="How to write the list.")] = Output.TEXT,
) -> int:
    """List the languages that rules can be converted to."""
    known = [dialects.load(name) for name in dialects.writers()]
    if form is Output.TEXT:
        from transpile.report.terminal import console, table

        on = console()
        rows = [(one.name, one.title, one.extension, one.default_model) for one in known]
        on.print(table(on, ("target", "language", "files", "default model"), rows))
    else:
        common.print_objects(
            form,
            (
                {"name": one.name, "title": one.title, "extension": one.extension, "default_model": one.default_model}
                for one in known
            ),
        )
    return Exit.FINE
