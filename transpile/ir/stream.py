"""Streams: which events a rule reads, and what it asks of many of them together.

A stream is a sequence of rows in time. The rows of `Events` are the events that match a condition; every other stage
takes the rows of its inputs and makes rows of its own. An alert of a rule is a row of its body: the values of its keys
and the set of events that it was made of.

Meaning
- A row has a time, columns, and the set of events that it was made of. A row of `Events` is one event: the columns are
  its fields. What several rows made has the time of the last of them and only the columns that its stage names.
- `by` names the columns that put rows into groups. A row that lacks one of them, or in which one is empty, is in no
  group. No `by` at all means one group. Two values are the same key if they are spelled alike, letter by letter; 1 and
  "1" are.
- A window is any interval of its length. For a condition that more rows cannot undo, it is enough to look at the
  windows that end at a row: `SLIDING` takes, for each row, the rows of its group that are at most `seconds` older,
  those exactly as old and those of the same time included. Conditions that more rows can undo are asked of the same
  windows; `transpile.evaluate.open_points` lists what else they may mean.
  `TUMBLING` windows start at multiples of their length since 1970 and leave out their end; a `SESSION` ends where the
  next row of the group is more than its length away.
- Every stage but `Events` works on rows, whatever made them, so that stages nest: an `Aggregate` over an `Aggregate`
  counts the rows of the inner one, at the time of each.
- Names: an input of `Together` or `Sequence` is known by its `name`; a stage without one has the name of its only input
  (`walk.name_of`). Names of the inputs of one stage differ, and so do those of all `Events` in a rule.

A Sigma correlation arrives as
- `event_count`: `Where(Aggregate(input, (Measure("event_count", COUNT),), by, Window(s)), condition on "event_count")`;
  `value_count`, `value_sum`, `value_avg`, `value_percentile`, `value_median` likewise, the measure named as the type
  with its fields. `input` is the `Events` of one rule or the `Union` of several.
- `temporal`: `Together(inputs, by, Window(s), holds)`; `temporal_ordered`: `Sequence(steps, by, Window(s))`.
- An alias: a `Compute` around each input, with the column under the alias's name.
- A correlation of correlations: the inner one, with its `name`, in the place of an `Events`.

Everything is immutable, and a pass returns a new stream that shares what it did not change.
"""

from __future__ import annotations

from enum import StrEnum

from transpile.ir.expr import Expr
from transpile.ir.match import Field, Value
from transpile.record import record
from transpile.source import Span

MATCHED = "#matched"  # the column of a `Together` row that counts the inputs of which it has a row


@record
class LogSource:
    """Which logs a rule reads, in Sigma's three words; each may be absent."""

    category: str | None = None
    product: str | None = None
    service: str | None = None

    def __str__(self) -> str:
        words = (("category", self.category), ("product", self.product), ("service", self.service))
        return ", ".join(f"{name} {value}" for name, value in words if value) or "any"


@record
class Events:
    """The events of a log source that match a condition.

    `dataset` is set by a data model: the Kusto table, EQL event category or CIM data set that holds the events; so is
    `time`, the column of the timestamp, where it is not the language's usual one, `places`, what the model says holds
    the events (index patterns of Elasticsearch), `columns`, the fields that later stages ask for, with their types
    (`walk.column_of` finds them), and `kept`, the columns that an alert must have.
    `name` tells the inputs of a stage apart; it is unique among the `Events` of a rule.
    """

    condition: Expr
    logsource: LogSource = LogSource()
    dataset: str | None = None
    name: str = ""
    time: str | None = None
    logsource_span: Span | None = None
    columns: tuple[Field, ...] = ()
    kept: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


@record
class Where:
    """The rows of the input whose columns pass a condition (`Field` names a column)."""

    input: Stream
    condition: Expr
    span: Span | None = None
    name: str = ""


@record
class Column:
    """A column by name, and the value that fills it."""

    name: str
    value: Value


@record
class Compute:
    """The rows of the input with more columns. A correlation's alias is such a column, one for each input.

    A new column hides one of the same name; where its value has none, the row lacks it.
    """

    input: Stream
    columns: tuple[Column, ...]


class WindowKind(StrEnum):
    """Where windows lie in time; the module's text says what each means."""

    SLIDING = "sliding"
    TUMBLING = "tumbling"
    SESSION = "session"


@record
class Window:
    """The time within which rows belong together."""

    seconds: int
    kind: WindowKind = WindowKind.SLIDING


class MeasureKind(StrEnum):
    """What is computed of the rows of a window."""

    COUNT = "count"  # rows; each set of events once, though several inputs have it
    DISTINCT = "distinct"  # different tuples of the fields' values, of rows that have them all, none empty
    SUM = "sum"  # this and all below: of the numbers in the field; nothing where there is none
    AVERAGE = "average"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    PERCENTILE = "percentile"  # nearest rank: of n numbers, the ceil(rank / 100 * n)-th from below, at least the first


@record
class Measure:
    """A column of an `Aggregate`. `rank` is a percentile's (0 to 100); a median is the 50th."""

    name: str
    kind: MeasureKind
    fields: tuple[str, ...] = ()
    rank: float | None = None
    span: Span | None = None


@record
class Aggregate:
    """A row for each group and window: `by`, the measures, and the times `first` and `last` of the window's rows.

    A sliding window gives a row for each row of the input, the others one for each window. Without a window each group
    is one row, whenever its rows were.
    """

    input: Stream
    measures: tuple[Measure, ...]
    by: tuple[str, ...] = ()
    window: Window | None = None
    span: Span | None = None
    name: str = ""


@record
class Step:
    """A step of a sequence. With `absent`, what must not happen between the steps around it."""

    input: Stream
    absent: bool = False


@record
class Sequence:
    """A row of each step in this order, each later than the one before, all of one group and within one window.

    Each row of the last step that ends such a sequence gives a row, of the latest that can be taken of the steps
    before; columns: `by`, `first` and `last`. The window is inclusive: last - first <= `within`.
    An absent step has no row of the group strictly between the rows around it; as the first step, none within the
    window before the last row; as the last, none within the window after the first row.
    `until`: a row of the group in this stream, later than the first row and earlier than the last, ends the sequence.
    """

    steps: tuple[Step, ...]
    by: tuple[str, ...] = ()
    within: Window | None = None
    until: Stream | None = None
    span: Span | None = None
    name: str = ""


@record
class Together:
    """Rows of several inputs of one group and within one window, in any order.

    Each row of an input gives a row if `holds` is true of the window that ends at it; columns: `by`, `MATCHED`, `first`
    and `last`. `holds` is a condition over the inputs: `Match(Field(name), Exists())` asks for a row of the input of
    that name, `Match(Field(MATCHED), Compare(...))` for how many inputs have one. None asks for all of them. One event
    may serve several inputs.
    """

    inputs: tuple[Stream, ...]
    by: tuple[str, ...] = ()
    within: Window | None = None
    holds: Expr | None = None
    span: Span | None = None
    name: str = ""


@record
class Union:
    """The rows of every input. Rows with the same events and columns are one; `COUNT` counts each event once anyway."""

    inputs: tuple[Stream, ...]
    name: str = ""


class JoinKind(StrEnum):
    """Which rows of the left side a join keeps."""

    INNER = "inner"
    LEFT = "left"
    ANTI = "anti"  # those without a partner


@record
class Join:
    """Rows of the left side with the rows of the right that have the same values of `on`.

    A pair is a row: the columns of both (the left's where both have one), the events of both, the later time. `within`
    asks that the two be at most that far apart. A row that lacks a column of `on` has no partner.
    """

    left: Stream
    right: Stream
    on: tuple[str, ...]
    kind: JoinKind = JoinKind.INNER
    within: Window | None = None
    name: str = ""


@record
class OpaqueStage:
    """A stage that was read but has no form here, with its text: catalogued and reported, never written."""

    input: Stream | None
    language: str
    text: str
    span: Span | None = None


Stream = Events | Where | Compute | Aggregate | Sequence | Together | Union | Join | OpaqueStage
