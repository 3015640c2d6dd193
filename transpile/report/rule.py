"""A readable report on one rule."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from transpile import dialects
from transpile.conversion import Conversion
from transpile.diagnostics import one_line, printable
from transpile.ir.walk import all_events
from transpile.report.findings import gather
from transpile.report.terminal import diagnostic_text, heading, query_text, status_text, table
from transpile.report.words import OutlineLine, outline
from transpile.source import Source

WIDE, WIDEST = 130, 260  # columns of a window that holds two queries, or four, side by side


def show_rule(conversions: Sequence[Conversion], source: Source, on: Console, *, cost: bool = False) -> None:
    """Print one rule, from its metadata to its queries, or what these cost; `conversions` are those of one rule."""
    on.print(_head(conversions[0], on))
    for title, part in (
        ("What it looks for", _stages(conversions[0])),
        ("What the data models made of it", _mapping(conversions, on)),
        ("Diagnostics", _diagnostics(conversions, source)),
        ("Queries", _queries(conversions, on)),
        ("What no index serves", cost_table(conversions, on) if cost else None),
    ):
        if part is not None:
            on.print()
            on.print(f"[bold]{title}[/bold]")
            on.print(part)
    on.print()


def _head(conversion: Conversion, on: Console) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    rule = conversion.rule
    title = one_line(conversion.title or conversion.path)
    facts = [("file", conversion.path), ("id", conversion.id)]
    if rule is not None:
        facts += [
            ("log source", "; ".join(dict.fromkeys(str(events.logsource) for events in all_events(rule.body)))),
            ("level", rule.level),
            ("status", rule.status),
            ("tags", ", ".join(rule.tags)),
            ("description", rule.description),
        ]
    for name, value in facts:
        if value:
            grid.add_row(Text(name, style="dim"), Text(one_line(value)))
    if not on.is_terminal:
        return Group(Text(title, style="bold"), grid)
    return Panel(grid, title=f"[bold]{escape(title)}[/bold]", title_align="left")


def _stages(conversion: Conversion) -> RenderableType | None:
    """The rule's condition as written, and each of its parts in words."""
    rule = conversion.rule
    if rule is None:
        return None

    def grow(tree: Tree, words: OutlineLine) -> None:
        branch = tree.add(Text(printable(words.line)))
        for below in words.below:
            grow(branch, below)

    top = Tree(Text("condition: " + one_line("; ".join(rule.conditions))), guide_style="dim")
    for part in rule.parts:
        grow(top.add(Text(one_line(part.name), style="bold cyan")), outline(part.expr))
    return top


def _mapping(conversions: Sequence[Conversion], on: Console) -> RenderableType | None:
    """A row for each name that a data model put in the place of the rule's, once a model."""
    rows = {
        (conversion.model, one_line(was), one_line(became) or "(nothing: the log source says it)", str(place)): None
        for conversion in conversions
        for was, became, place in conversion.trace
    }
    return table(on, ("model", "in the rule", "on the platform", "by line"), rows) if rows else None


def _diagnostics(conversions: Sequence[Conversion], source: Source) -> RenderableType | None:
    """Each finding once, with the languages that it concerns where not all."""
    findings = gather(conversions)
    if not findings:
        return None
    return Group(
        *(
            Text.assemble((f"[{', '.join(found.targets)}] ", "dim"), diagnostic_text(found.diagnostic, source))
            for found in findings
        )
    )


def cost_table(conversions: Sequence[Conversion], on: Console) -> RenderableType | None:
    """A row for each query: how much of it no index of the platform serves."""
    rows = []
    for one in conversions:
        dialect = dialects.load(one.target)
        if one.tree is not None and dialect.cost is not None:
            found = dialect.cost(one.tree)
            rows.append((one.target, one.model, str(found.leading), str(found.regexes), str(found.scans)))
    headers = ("target", "model", "leading wildcards", "regular expressions", "scans")
    return table(on, headers, rows, numbers=(2, 3, 4)) if rows else None


def _queries(conversions: Sequence[Conversion], on: Console) -> RenderableType:
    """The queries: side by side where the window is wide enough, else one below the other."""

    def body(conversion: Conversion) -> Text:
        return query_text(conversion.query.rstrip()) if conversion.query is not None else Text("no query", style="dim")

    if not on.is_terminal:
        return Group(*(Group(Text(""), heading(one), body(one)) for one in conversions))
    across = 1 if on.width < WIDE else 2 if on.width < WIDEST else 4
    grid = Table.grid(expand=True)
    for _ in range(across):
        grid.add_column(ratio=1)
    panels = [
        Panel(
            body(one),
            title=Text.assemble((one.target, "bold"), f" {one.model}, ", status_text(one.status)),
            title_align="left",
        )
        for one in conversions
    ]
    for start in range(0, len(panels), across):
        grid.add_row(*panels[start : start + across])
    return grid
