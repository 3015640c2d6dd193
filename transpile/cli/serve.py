"""`transpile serve`: a session for editors and servers."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from transpile.cli import Exit, common

app = common.make_app()


@app.command()
def serve(
    stdio: Annotated[bool, typer.Option("--stdio", help="Read standard input and write standard output.")] = True,
) -> int:
    """Answer questions about rules: one JSON object a line in, one a line out, in order.

    A question has a `method` (convert, explain, check or verify), the text of a `rule`, and, if wanted, `id`, `path`,
    `to`, `models`, `read`, `allow_approximate` and `keep_unmapped`. Its answer has the `id`, and `result` or `error`.
    The session ends with its input; it reads no file and writes none.
    """
    from transpile.faces.lines import serve

    for line in serve(sys.stdin):
        sys.stdout.write(line)
        sys.stdout.flush()
    return Exit.FINE
