"""What a row of the linter's table is: a code with a name, a severity, and what `--fix` does about it."""

from __future__ import annotations

from typing import Literal

from transpile.codes import Code, Effect
from transpile.record import record

Level = Literal["error", "warning", "note"]


@record(eq=False)
class LintCode(Code):
    """A lint rule. `level` is its severity by default, `fix` what `--fix` does, `on` whether it runs by default.

    The lint rules that are off by default are conventions of one rule repository, SigmaHQ's.
    """

    name: str = ""
    level: Level = "note"
    fix: str = ""
    on: bool = True


def lint(
    code: str,
    name: str,
    level: Level,
    message: str,
    explanation: str,
    hint: str = "",
    *,
    fix: str = "",
    on: bool = True,
) -> LintCode:
    """A row of the table."""
    return LintCode(code, Effect.NOTE, message, explanation, hint, name, level, fix, on)
