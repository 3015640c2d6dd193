"""`transpile lsp`: the language server."""

from __future__ import annotations

from transpile.cli import Exit, common

app = common.make_app()


@app.command()
def lsp() -> int:
    """Run the language server for editors, on standard input and output.

    Findings as you type, completion, hover, quick fixes, outline, definitions, renaming, code lenses and colours.
    Settings come from transpile.toml in the workspace's folder. Needs the extra: pip install 'transpile[lsp]'.
    """
    with common.extra("lsp"):
        from transpile.faces.lsp.server import serve
    return Exit.FINE if serve() else Exit.FINDINGS
