"""What stages are built of: rows in time, and the expressions that every stage uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from transpile.dialects.kql.lower_events import all_of
from transpile.dialects.kql.tree import (
    And,
    Assignment,
    Binary,
    Call,
    Columns,
    Duration,
    Expr,
    Key,
    Name,
    Operator,
    Pipeline,
    Sort,
    Statement,
    Where,
)
from transpile.record import record

TIME = "TimeGenerated"  # the usual name of the timestamp; a data model may set another (`Events.time`)
FIRST = "FirstSeen"  # when the first event of an alert happened
_OWN = re.compile(  # columns that a query makes, and steps of a scan
    r"FirstSeen|Step|Rule|StartTime|IsEnough|AllEvents|WindowStart|Numbers|s\d*|(TimeGenerated|Timestamp)1"
)
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def is_own(name: str) -> bool:
    """Whether a query makes a column of this name."""
    return _OWN.fullmatch(name) is not None


@record
class Rows:
    """A pipeline whose rows have a time.

    - `before`: statements that it needs; `time`: the column of its time.
    - `first`: the column of the time of a row's first event, if its rows are made of several.
    - `columns`: the columns that may be asked for; None if these are the columns of a table.
    - `once`: no two rows are of the same group and time.
    - `kept`: columns that every alert is to have, of the event at its time.
    """

    table: Pipeline
    time: str = TIME
    before: tuple[Statement, ...] = ()
    first: str | None = None
    columns: frozenset[str] | None = None
    once: bool = False
    kept: tuple[str, ...] = ()

    def then(self, *operators: Operator, **changes: object) -> Rows:
        """The rows after more operators."""
        table = Pipeline(self.table.source, (*self.table.operators, *operators))
        return replace(self, table=table, **changes)  # type: ignore[arg-type]

    @property
    def query(self) -> Expr:
        """The rows as a table expression."""
        source = self.table.source
        return source if not self.table.operators and isinstance(source, Expr) else self.table


@dataclass(slots=True)
class Names:
    """Names for what one query defines: each is new."""

    taken: set[str] = field(default_factory=set)

    def new(self, wanted: str) -> str:
        """The wanted name, or it with a number."""
        plain = re.sub(r"\W+", "_", wanted).strip("_") or "Row"
        plain = f"_{plain}" if plain[0].isdigit() else plain
        names = (plain, *(f"{plain}_{number}" for number in range(2, 1000)))
        name = next(one for one in names if one.lower() not in self.taken)
        self.taken.add(name.lower())
        return name


def duration(seconds: int) -> Duration:
    """A timespan in its largest whole unit.

    >>> duration(5400).text, duration(86400).text
    ('90m', '1d')
    """
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return Duration(f"{seconds // size}{unit}")


def extend(**columns: Expr) -> Columns:
    """`extend name = value, ...`"""
    return Columns("extend", tuple(Assignment((name,), value) for name, value in columns.items()))


def assign(columns: Iterable[tuple[str, Expr]]) -> tuple[Expr, ...]:
    """Columns by name; one that keeps its name is not assigned."""
    return tuple(value if value == Name(name) else Assignment((name,), value) for name, value in columns)


def present(columns: Iterable[str], rows: Rows) -> Iterator[Operator]:
    """Only rows that have a value in each of these columns, if it is not known that they have."""
    known: set[Expr] = set()
    for operator in rows.table.operators:
        match operator:
            case Where(And(args)):
                known.update(args)
            case Where(predicate):
                known.add(predicate)
            case Columns("project-away"):
                pass
            case Columns():
                known.clear()
            case _:
                pass
    tests = [test for name in columns if (test := Call("isnotempty", (Name(name),))) not in known]
    if tests:
        yield Where(all_of(tests))


def in_order(by: Iterable[str], time: str, *more: Key) -> Sort:
    """Rows by group, then by time."""
    return Sort("sort", (*(Key(Name(name), "asc") for name in by), Key(Name(time), "asc"), *more))


def apart(later: Expr, earlier: Expr, seconds: int) -> Expr:
    """The two moments are at most so many seconds apart."""
    return Binary("<=", Binary("-", later, earlier), duration(seconds))


def kept_by_all(rows: Iterable[Rows], taken: Iterable[str]) -> tuple[str, ...]:
    """The columns that are to be kept of every one of several tables, but those that their rows have anyway."""
    found = {one.kept for one in rows}
    return tuple(name for name in found.pop() if name not in taken) if len(found) == 1 else ()


def statements(rows: Iterable[Rows]) -> tuple[Statement, ...]:
    """The statements that several tables need, each once."""
    return tuple(dict.fromkeys(statement for one in rows for statement in one.before))
