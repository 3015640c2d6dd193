"""Reading: from the text of one query to what it means."""

from __future__ import annotations

from dataclasses import replace

from transpile.codes import Effect
from transpile.diagnostics import diagnose
from transpile.dialects import codes
from transpile.dialects.base import Dialect, Lifted, ReadOptions
from transpile.source import Source
from transpile.syntax.lexer import ParseError


def read_query(dialect: Dialect, source: Source, options: ReadOptions) -> Lifted:
    """What a query means. Never raises; the result has no body where the text cannot be parsed or lifted."""
    assert dialect.lift is not None, f"{dialect.name} has no reader"
    try:
        tree = dialect.parse(source)
    except ParseError as error:
        problem = diagnose(codes.DIA003, error.span, language=dialect.title, reason=error.message)
        return Lifted(None, diagnostics=(problem,))
    lifted = dialect.lift(tree, source, options)
    if any(one.effect is Effect.REFUSED for one in lifted.diagnostics):
        return replace(lifted, body=None)
    return lifted
