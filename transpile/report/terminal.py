"""How results look: tables, queries in colour, diagnostics with their line and a caret.

Everything goes through a rich console, which leaves colour out where the output is not a terminal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich import box
from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from transpile.conversion import Conversion, Status
from transpile.diagnostics import Diagnostic, one_line, printable
from transpile.report.plain import Grid, Styled
from transpile.source import Source, mark

THEME = Theme(
    {
        "exact": "green",
        "approximate": "yellow",
        "refused": "red",
        "error": "bold red",
        "warning": "yellow",
        "note": "cyan",
        "query.comment": "dim italic",
        "query.string": "green",
        "query.number": "cyan",
        "query.variable": "yellow",
        "query.word": "bold magenta",
        "query.function": "blue",
    }
)

PLAIN_WIDTH = 1000  # where there is no window, nothing is folded


class QueryHighlighter(RegexHighlighter):
    """Colours for all the languages at once: they share how strings, numbers and words of logic look."""

    base_style = "query."
    highlights = [  # noqa: RUF012 (as rich declares it)
        r"(?P<comment>//[^\n]*)"
        r'|(?P<string>@?"""[\s\S]*?"""|@"(?:[^"]|"")*"|@\'(?:[^\']|\'\')*\'|"(?:[^"\\]|\\.)*"|`[^`]*`|/(?:[^/\\\s]|\\.)[^/\\\n]*(?:\\.[^/\\\n]*)*/)'
        r"|(?P<variable>\$\w+|#\w+)"
        r"|(?P<number>\b\d+(?:\.\d+)?\b)"
        r"|(?i:(?P<word>\b(?:and|or|not|in|where|any|like|regex|contains|has|has_any|has_all|startswith|endswith|matches|nocase"
        r"|contains_cs|startswith_cs|endswith_cs|extend|project|search|eval|regex|tstats|from|by|rule|meta|events|match|outcome|condition)\b~?))"
        r"|(?P<function>\b\w+(?:\.\w+)*(?=\())"
    ]


def console(stream: TextIO | None = None) -> Console:
    """A console on a stream (standard output by default): coloured and as wide as the window on a terminal only."""
    stream = stream or sys.stdout
    made = Console(file=stream, theme=THEME, highlight=False, soft_wrap=False)
    return made if made.is_terminal else plain_console(stream)


def plain_console(stream: TextIO) -> Console:
    """A console on what is not a terminal."""
    return Console(file=stream, theme=THEME, highlight=False, width=PLAIN_WIDTH)


def query_text(query: str) -> Text:
    """A query in colour, with what could do something to the terminal made visible."""
    return QueryHighlighter()(Text(printable(query), overflow="fold"))


def table(
    on: Console, headers: Sequence[str], rows: Iterable[Sequence[str | Text]], numbers: Iterable[int] = ()
) -> Table:
    """A table for this console; columns whose positions stand in `numbers` are right-aligned."""
    made = Table(box=box.SIMPLE_HEAD if on.is_terminal else None, pad_edge=False, header_style="bold")
    right = set(numbers)
    for position, header in enumerate(headers):
        made.add_column(header, justify="right" if position in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else escape(cell) for cell in row))
    return made


def table_of(on: Console, grid: Grid) -> Table:
    """A table for this console."""
    rows = [[Text(*cell) if isinstance(cell, Styled) else cell for cell in row] for row in grid.rows]
    return table(on, grid.headers, rows, grid.numbers)


def status_text(status: Status) -> Text:
    """A status in its colour."""
    return Text(status.value, style=status.value)


def heading(conversion: Conversion) -> Text:
    """The line above a query: which rule, which language, how it came out."""
    return Text.assemble(
        (one_line(conversion.title or conversion.path), "bold"),
        f"  {conversion.target}, model {conversion.model}: ",
        status_text(conversion.status),
    )


def diagnostic_text(diagnostic: Diagnostic, source: Source | None = None, path: str | None = None) -> Text:
    """A finding: place, severity, code and message; with a source its line and a caret; and what can be done.

    Without a path the place is left out.
    """
    span = diagnostic.span
    if span and span.source:
        source, path = span.source, span.source.path
    place = "" if path is None else f"{path}:{span.line}:{span.column}: " if span else f"{path}: "
    text = Text.assemble(
        printable(place),
        (f"{diagnostic.severity.value} {diagnostic.code}", diagnostic.severity.value),
        f": {one_line(diagnostic.message)}",
    )
    if source and span and (line := source.line(span.line)).strip():
        gutter = f"{span.line:>6} | "
        end = span.end_column if span.end_line == span.line else len(line) + 1
        before, marked, after = map(printable, mark(line, span.column - 1, max(end - 1, span.column - 1)))
        lead = "".join("\t" if char == "\t" else " " for char in before)
        text.append(f"\n{gutter}{before}{marked}{after}")
        text.append(f"\n{' ' * 6} | {lead}")
        text.append("^" * max(1, len(marked)), style=diagnostic.severity.value)
    if diagnostic.hint:
        text.append(f"\n       = {one_line(diagnostic.hint)}", style="dim")
    return text


@contextmanager
def progress(on: Console, what: str, shown: bool = True) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal while the block runs, moved by calls with what is done and what there is.

    None where the output is not a terminal or the user wants it not to be `shown`.

    It is drawn by those calls alone, not by a thread: worker processes are forked meanwhile.
    """
    if not (on.file.isatty() and on.is_terminal and shown):  # FORCE_COLOR makes a terminal of a pipe
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Only what goes to the terminal too must be written above the bar; a file or a pipe gets its own.
    above = sys.stdout.isatty()
    with Progress(*columns, console=on, transient=True, auto_refresh=False, redirect_stdout=above) as bar:
        task = bar.add_task(what)
        drawn = 0.0

        def move(done: int, total: int) -> None:
            nonlocal drawn
            bar.update(task, completed=done, total=total)
            if time.monotonic() - drawn > 0.1 or done == total:
                bar.refresh()
                drawn = time.monotonic()

        yield move
