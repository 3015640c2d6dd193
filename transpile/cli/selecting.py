"""The options that select rules, alike in every command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from transpile.batch import RuleFile
from transpile.batch.narrow import narrow
from transpile.cli import common
from transpile.cli.files import find_files
from transpile.conversion import Options
from transpile.record import record, replace
from transpile.selection import ALL, Selection

Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        help="Only rules that meet a condition, such as `level >= high and tag ~ attack.t1021`.",
        metavar="CONDITION",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", help="Leave out files and folders that match a glob; may be given again.", metavar="GLOB"
    ),
]
ChangedSince = Annotated[
    str | None,
    typer.Option("--changed-since", help="Only files that changed since a git revision.", metavar="REV"),
]
Ids = Annotated[
    Path | None,
    typer.Option("--ids", help="Only rules whose id is in this file, one per line.", metavar="FILE", dir_okay=False),
]


@record
class Selected:
    """The rule files that a command is about, and which of their rules.

    `beside`: files that only serve rules of the others, by what these refer to.
    """

    files: list[RuleFile]
    selection: Selection = ALL
    beside: tuple[str, ...] = ()

    def applied(self, options: Options) -> Options:
        """The options, with this selection."""
        return replace(options, selection=self.selection, beside=self.beside)


def select_files(
    paths: Sequence[str],
    where: str | None = None,
    exclude: Sequence[str] | None = None,
    changed_since: str | None = None,
    ids: Path | None = None,
) -> Selected:
    """What the user selects of the rules that the paths name. Raises `UsageError`, also where the paths name none."""
    from transpile.selection import select

    with common.usage_errors(OSError, ValueError):
        selection = select(where, ids)
    with common.usage_errors(ValueError):
        narrowed = narrow(find_files(paths), exclude or (), changed_since)
    return Selected(narrowed.files, selection, narrowed.beside)
