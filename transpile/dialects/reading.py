"""Reading: from a text in any language to rules."""

from __future__ import annotations

from transpile.codes import Effect
from transpile.diagnostics import diagnose
from transpile.dialects import codes
from transpile.dialects.base import Dialect, Reading, ReadOptions
from transpile.ir.rule import Rule
from transpile.source import Source
from transpile.syntax.lexer import ParseError


def read(dialect: Dialect, source: Source, options: ReadOptions) -> list[Reading]:
    """The rules of a text. Never raises; a text that cannot be parsed is one reading without a rule."""
    if dialect.read is not None:
        return dialect.read(source, options)
    assert dialect.lift is not None
    title = source.path
    try:
        tree = dialect.parse(source)
    except ParseError as error:
        return [Reading(None, (diagnose(codes.DIA003, error.span, language=dialect.title, reason=error.message),))]
    lifted = dialect.lift(tree, source, options)
    refused = lifted.body is None or any(one.effect is Effect.REFUSED for one in lifted.diagnostics)
    if refused or lifted.body is None:
        return [Reading(None, lifted.diagnostics, title=title, left=lifted.left)]
    rule = Rule(title, lifted.body, source, parts=lifted.parts, fields=lifted.fields)
    return [Reading(rule, lifted.diagnostics, title=title, left=lifted.left)]
