"""`transpile codes`: every diagnostic code explained."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from transpile.cli import Exit, common
from transpile.codes import Code, Direction, Effect
from transpile.lint.codes import LintCode
from transpile.report.codes import all_codes, general_hint, meaning, split
from transpile.report.output import Output
from transpile.report.terminal import console, table

app = common.make_app()

# What each kind of finding does, for readers.
EFFECTS = {
    Effect.UNREADABLE: "The rule cannot be read, so there is no query for it in any language.",
    Effect.REFUSED: "The rule gets no query: the language or the data model does not support it.",
    Effect.APPROXIMATE: "The query is wider or narrower than the rule; it is given only with --allow-approximate. "
    "The code ends in W where the query may match more than the rule, in N where it may miss what the rule matches.",
    Effect.NOTE: "The query is exact all the same.",
    Effect.FAILED: "The tool or the machine broke off; nothing is said about the rule.",
}


@app.command()
def codes(
    code: Annotated[str, typer.Argument(help="Code, such as IO003; all codes by default.", metavar="[CODE]")] = "",
    form: Annotated[Output, typer.Option("--format", "-f", help="How to write the list.")] = Output.TEXT,
) -> int:
    """Explain diagnostic codes."""
    name = code.strip().upper()
    found = split(name)
    if name and found is None:
        raise common.UsageError(f"no code {code!r}{common.did_you_mean(name, all_codes(), fold=str.upper)}")
    chosen = {name: found[0]} if found else dict(all_codes())
    if form is not Output.TEXT:
        common.print_objects(form, (_to_dict(key, value) for key, value in chosen.items()))
    elif found:
        _explain(name, *found)
    else:
        on = console()
        rows = [(key, value.effect.value, meaning(value)) for key, value in chosen.items()]
        on.print(table(on, ("code", "effect", "what it says"), rows))
    return Exit.FINE


def _explain(name: str, row: Code, direction: Direction) -> None:
    on = console()
    on.print(Text.assemble((name, "bold"), f"  {meaning(row, direction)}\n"))
    on.print(Text(row.explanation))
    if hint := general_hint(row):
        on.print(Text(f"What can be done: {hint}."))
    if isinstance(row, LintCode):
        on.print(Text(_lint_rule(row), style="dim"))
    else:
        on.print(Text(EFFECTS[row.effect], style="dim"))


def _lint_rule(row: LintCode) -> str:
    """What else there is to say of a lint rule: its name, when it runs, how severe it is, and its fix."""
    when = "" if row.on else ", off by default"
    fix = f"; --fix {row.fix}" if row.fix else ""
    return f"Lint rule {row.name}: {row.level}{when}{fix}."


def _to_dict(name: str, row: Code) -> dict[str, Any]:
    return {
        "code": name,
        "effect": row.effect.value,
        "message": row.message,
        "explanation": row.explanation,
        "hint": general_hint(row) or None,
    } | ({"name": row.name, "severity": row.level, "on": row.on} if isinstance(row, LintCode) else {})
