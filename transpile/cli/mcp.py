"""`transpile mcp`: tools for agents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from transpile.cli import Exit, common

app = common.make_app()


@app.command()
def mcp(
    root: Annotated[
        Path,
        typer.Option("--root", help="The only folder whose files may be read.", metavar="DIR", file_okay=False),
    ] = Path(),
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds that one call may take.")] = 30.0,
) -> int:
    """Run the MCP server, which offers tools to agents, on standard input and output.

    Tools: convert, explain, check, verify, match, diff, catalog, languages, explain_code. They write nothing, open no
    connection, and read files below --root only. Needs the extra: pip install 'transpile[mcp]'.
    """
    if not root.is_dir():
        raise common.UsageError(f"no such folder: {root}")
    with common.extra("mcp"):
        from transpile.faces.agents import serve
    serve(root, timeout)
    return Exit.FINE
