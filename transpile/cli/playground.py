"""`transpile playground`: the page on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from transpile.cli import Exit, common

app = common.make_app()


@app.command()
def playground(
    folder: Annotated[
        Path,
        typer.Option(
            "--folder", help="A built playground: python web/build.py -o DIR.", metavar="DIR", file_okay=False
        ),
    ] = Path("web/out"),
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0 for a free one.")
    ] = 8651,
) -> int:
    """Serve the playground, a page for writing rules with their queries and proofs, on this machine only.

    The page runs in the browser; the same folder works from any static host and below any path.
    """
    from transpile.faces.serving import NotBuiltError, serve

    with common.usage_errors(NotBuiltError, OSError):
        serve(folder, port)
    return Exit.FINE
