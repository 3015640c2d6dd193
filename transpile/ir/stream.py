"""Streams: which events a rule reads, and what it asks of many of them together.

A stream is a sequence of rows in time. The rows of `Events` are the events that match a condition; every other stage
takes the rows of its inputs and makes rows of its own. An alert of a rule is a row of its body: the values of its keys
and the set of events that it was made of.

Meaning
- A row has a time (of an event, its timestamp; of what several rows made, the time of the last of them), columns, and
  the set of events that it comes from.
- `by` names the columns that put rows into groups. A row that lacks one of them, or in which one is empty, is in no
  group. No `by` at all means one group.
- A window is any interval of its length (`SLIDING`): for each row, the rows of its group that are at most `seconds`
  older, those exactly as old included. `TUMBLING` windows start at multiples of their length since 1970; a `SESSION`
  ends where the next row is more than its length away.

Everything is immutable, and a pass returns a new stream that shares what it did not change.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from transpile.ir.expr import Expr
from transpile.ir.match import Value
from transpile.source import Span

MATCHED = "#matched"  # the column of a `Together` row that counts the inputs of which it has a row


@dataclass(frozen=True, slots=True)
class LogSource:
    """Which logs a rule reads, in Sigma's three words; each may be absent."""

    category: str | None = None
    product: str | None = None
    service: str | None = None

    def __str__(self) -> str:
        words = (("category", self.category), ("product", self.product), ("service", self.service))
        return ", ".join(f"{name} {value}" for name, value in words if value) or "any"


@dataclass(frozen=True, slots=True)
class Events:
    """The events of a log source that match a condition.

    `dataset` is set by a data model: the Kusto table, EQL event category or CIM data set that holds the events; so is
    `time`, the column of the timestamp, where it is not the language's usual one.
    `name` tells the inputs of a stage apart; it is unique within a rule.
    """

    condition: Expr
    logsource: LogSource = LogSource()
    dataset: str | None = None
    name: str = ""
    time: str | None = None
    logsource_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """The rows of the input whose columns pass a condition (`Field` names a column)."""

    input: Stream
    condition: Expr
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column by name, and the value that fills it."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Compute:
    """The rows of the input with more columns. A correlation's alias is such a column, one for each input."""

    input: Stream
    columns: tuple[Column, ...]


class WindowKind(StrEnum):
    """Where windows lie in time; the module's text says what each means."""

    SLIDING = "sliding"
    TUMBLING = "tumbling"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Window:
    """The time within which rows belong together."""

    seconds: int
    kind: WindowKind = WindowKind.SLIDING


class MeasureKind(StrEnum):
    """What is computed of the rows of a window."""

    COUNT = "count"  # rows; each event once, though several inputs have it
    DISTINCT = "distinct"  # different tuples of the fields' values, of rows that have them all
    SUM = "sum"
    AVERAGE = "average"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    PERCENTILE = "percentile"  # nearest rank


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of an `Aggregate`. `rank` is a percentile's (0 to 100); a median is the 50th."""

    name: str
    kind: MeasureKind
    fields: tuple[str, ...] = ()
    rank: float | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Aggregate:
    """For each row of the input, its group and window as one row: `by`, the measures, `first` and `last` time.

    Without a window each group is one row, whenever its events were.
    """

    input: Stream
    measures: tuple[Measure, ...]
    by: tuple[str, ...] = ()
    window: Window | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a sequence. With `absent`, what must not happen between the steps around it."""

    input: Stream
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """A row of each step in this order, each later than the one before, all of one group and within one window.

    `until`: a row of this stream ends what was begun before it.
    """

    steps: tuple[Step, ...]
    by: tuple[str, ...] = ()
    within: Window | None = None
    until: Stream | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Rows of several inputs of one group and within one window, in any order.

    `holds` is a condition over the inputs: `Match(Field(name), Exists())` asks for a row of the input of that name,
    `Match(Field(MATCHED), Compare(...))` for how many inputs have one. None asks for all of them.
    """

    inputs: tuple[Stream, ...]
    by: tuple[str, ...] = ()
    within: Window | None = None
    holds: Expr | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Union:
    """The rows of every input, each event once."""

    inputs: tuple[Stream, ...]


class JoinKind(StrEnum):
    """Which rows of the left side a join keeps."""

    INNER = "inner"
    LEFT = "left"
    ANTI = "anti"  # those without a partner


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of the left side with the rows of the right that have the same values of `on`."""

    left: Stream
    right: Stream
    on: tuple[str, ...]
    kind: JoinKind = JoinKind.INNER
    within: Window | None = None


@dataclass(frozen=True, slots=True)
class OpaqueStage:
    """A stage that was read but has no form here, with its text: catalogued and reported, never written."""

    input: Stream | None
    language: str
    text: str
    span: Span | None = None


Stream = Events | Where | Compute | Aggregate | Sequence | Together | Union | Join | OpaqueStage
