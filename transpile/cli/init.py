"""`transpile init`: a project file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from transpile.cli import Exit, common

app = common.make_app()


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the project.", metavar="DIR", file_okay=False)] = Path(),
) -> int:
    """Write a commented transpile.toml: defaults for options that the command line does not give.

    Exit codes: 0 written, 3 the file exists already.
    """
    from transpile.project import FILE
    from transpile.project.template import text

    place = folder / FILE
    rules = next((name for name in ("rules", "detections", "sigma") if (folder / name).is_dir()), ".")
    with common.usage_errors(OSError):
        if place.exists():
            raise common.UsageError(f"{place} is there already; `transpile config` shows what holds")
        folder.mkdir(parents=True, exist_ok=True)
        place.write_text(text(rules), encoding="utf-8")
    where = "this folder" if rules == "." else f"{rules}/"
    print(f"wrote {place} for the rules in {where}; next: transpile check, transpile convert --to kql")
    return Exit.FINE
