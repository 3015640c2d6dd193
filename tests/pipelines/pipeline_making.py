"""Short ways to write rules in these tests."""

from __future__ import annotations

from transpile.ir.expr import Expr, Match
from transpile.ir.match import ANY, Field, Null, Part, Pattern, Test
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.source import Source

PROCESS = LogSource("process_creation", "windows")
SECURITY = LogSource(None, "windows", "security")


def parts(text: str) -> tuple[Part, ...]:
    """`*` is a wildcard, everything else literal."""
    return tuple(piece for run in text.split("*") for piece in (ANY, run))[1:]


def match(name: str, value: str | Test | None) -> Match:
    if value is None:
        return Match(Field(name), Null())
    return Match(Field(name), Pattern.of(*parts(value)) if isinstance(value, str) else value)


def rule(condition: Expr, logsource: LogSource = PROCESS) -> Rule:
    return Rule.on_events("a rule", condition, Source(""), logsource=logsource)
