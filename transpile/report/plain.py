"""Output that is not a terminal's: text without colour, for which rich is not loaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TextIO

_ASKS_FOR_COLOUR = ("FORCE_COLOR", "TTY_COMPATIBLE")  # environment variables that rich heeds


class Styled(NamedTuple):
    """Text with the style that it has on a terminal."""

    text: str
    style: str


class Grid(NamedTuple):
    """A table: headers, rows, and which columns are right-aligned."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str | Styled]]
    numbers: range


class PlainText(str):
    """Lines to be printed as they are."""

    __slots__ = ()


class PlainConsole:
    """What `rich.console.Console` is to its callers; rich is loaded for whatever is not `PlainText`."""

    is_terminal = False

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def print(self, *objects: Any, **options: Any) -> None:
        """Print lines."""
        if len(objects) == 1 and isinstance(objects[0], PlainText):
            self.file.write(f"{objects[0]}\n")
            self.file.flush()
        else:
            self._rich().print(*objects, **options)

    def _rich(self) -> Any:
        from transpile.report.terminal import plain_console

        return plain_console(self.file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rich(), name)


def is_plain(stream: TextIO) -> bool:
    """Whether a stream is not a terminal, nor to be taken for one."""
    return not (stream.isatty() or any(map(os.environ.get, _ASKS_FOR_COLOUR)))


def table_text(grid: Grid) -> str | None:
    """A table as text, as rich lays it out; None for one with characters of another width than one.

    >>> print(table_text(Grid(("a", "n"), (("x", "10"), ("long", Styled("-", "dim"))), range(1, 2))))
    a      n
    x     10
    long   -
    """
    rows = [[cell.text if isinstance(cell, Styled) else cell for cell in row] for row in (grid.headers, *grid.rows)]
    if not all(cell.isascii() and cell.isprintable() for row in rows for cell in row):
        return None
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at in grid.numbers else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def console(stream: TextIO | None = None) -> Any:
    """`terminal.console`, without loading rich before it is needed."""
    stream = stream or sys.stdout
    if is_plain(stream):
        return PlainConsole(stream)
    from transpile.report import terminal

    return terminal.console(stream)


@contextmanager
def progress(on: Any, what: str, shown: bool = True) -> Iterator[Callable[[int, int], None] | None]:
    """`terminal.progress`, without loading rich where nothing is shown."""
    if isinstance(on, PlainConsole):
        yield None
        return
    from transpile.report import terminal

    with terminal.progress(on, what, shown) as move:
        yield move
