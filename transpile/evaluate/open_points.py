"""What specifications leave open about rules on many events, and the readings of each point.

The first reading of a point is the one that the reference and every writer take. A verdict that another reading would
change is not proven; it is reported with the point's name. Where sources differ they are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import Any

from transpile.ir.polarity import Polarity, of_condition, of_input
from transpile.ir.stream import (
    Aggregate,
    MeasureKind,
    Sequence,
    Stream,
    Together,
    Union,
    Where,
    Window,
    WindowKind,
)
from transpile.ir.walk import inputs, name_of, stages
from transpile.record import record, replace


class Edge(StrEnum):
    """Two rows exactly one window's length apart."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Windows(StrEnum):
    """Which windows are asked about a condition that more rows can undo."""

    END = "end at a row"
    START = "start at a row"
    ANY = "lie anywhere"


class Shared(StrEnum):
    """An event that several counted inputs have."""

    ONCE = "counts once"
    EACH = "counts for each input"


class Ties(StrEnum):
    """Steps of a sequence at the same time."""

    UNORDERED = "unordered"
    ORDERED = "ordered as the steps are"


class Double(StrEnum):
    """One event for several inputs of `Together`."""

    ALLOWED = "serves them all"
    DISTINCT = "serves one"


class Keys(StrEnum):
    """A row whose group field is missing or empty."""

    NONE = "in no group"
    NULL = "in a group of its own"


class Letters(StrEnum):
    """Group keys and counted values that differ in case alone."""

    AS_IS = "different"
    FOLDED = "the same"


class Lists(StrEnum):
    """A group field with several values."""

    EACH = "the row is in the group of each value"
    WHOLE = "the list is one key"


class Tuples(StrEnum):
    """A count of values over a list of fields."""

    TUPLES = "distinct tuples"
    POOLED = "distinct values of all fields together"


class Empty(StrEnum):
    """A missing or empty value of a counted field."""

    SKIPPED = "not counted"
    COUNTED = "counted as a value"


class Rank(StrEnum):
    """A percentile between two values."""

    NEAREST = "nearest rank"
    LINEAR = "linear interpolation"


class EmptySum(StrEnum):
    """The sum where no row has a number."""

    NOTHING = "no value"
    ZERO = "zero"


class InnerTime(StrEnum):
    """The time of an inner rule's alert."""

    LAST = "its last event's"
    FIRST = "its first event's"


class InnerFields(StrEnum):
    """The fields of an inner rule's alert."""

    KEYS = "its group-by"
    LAST = "its group-by and those of its last event"


class InnerAlerts(StrEnum):
    """How often an inner rule alerts while its condition goes on to hold."""

    EACH = "at each event"
    QUIET = "once in its timespan"


@record
class Readings:
    """One reading of each open point; by default ours."""

    edge: Edge = Edge.INSIDE
    windows: Windows = Windows.END
    shared: Shared = Shared.ONCE
    ties: Ties = Ties.UNORDERED
    double: Double = Double.ALLOWED
    keys: Keys = Keys.NONE
    letters: Letters = Letters.AS_IS
    lists: Lists = Lists.EACH
    tuples: Tuples = Tuples.TUPLES
    empty: Empty = Empty.SKIPPED
    rank: Rank = Rank.NEAREST
    nothing: EmptySum = EmptySum.NOTHING
    inner_time: InnerTime = InnerTime.LAST
    inner_fields: InnerFields = InnerFields.KEYS
    inner_alerts: InnerAlerts = InnerAlerts.EACH


OURS = Readings()


@record
class OpenPoint:
    """A question that the specification does not answer. `name` is the attribute of `Readings`."""

    name: str
    question: str
    readings: type[StrEnum]
    source: str

    @property
    def ours(self) -> StrEnum:
        """The reading that the reference and every writer take."""
        return next(iter(self.readings))

    def __str__(self) -> str:
        return f"{self.question}: {', or '.join(self.readings)}"


_SIGMA = "Sigma correlation rules specification 2.1"
OPEN_POINTS: Mapping[str, OpenPoint] = MappingProxyType(
    {
        one.name: one
        for one in (
            OpenPoint(
                "edge",
                "two events exactly one timespan apart",
                Edge,
                f"{_SIGMA} does not say; Elastic's maxspan, rsigma and Kusto's samples take them as inside",
            ),
            OpenPoint(
                "windows",
                "the windows about which a condition is asked that more events can undo",
                Windows,
                f"{_SIGMA} speaks of any interval of the timespan's length",
            ),
            OpenPoint("shared", "an event that two counted rules match", Shared, f"{_SIGMA} does not say"),
            OpenPoint("ties", "events of ordered rules at the same time", Ties, f"{_SIGMA} does not say"),
            OpenPoint("double", "one event that several temporal rules match", Double, f"{_SIGMA} does not say"),
            OpenPoint("keys", "a group-by field that is missing or empty", Keys, f"{_SIGMA} does not say"),
            OpenPoint("letters", "keys and counted values that differ in case", Letters, f"{_SIGMA} does not say"),
            OpenPoint("lists", "a group-by field with several values", Lists, f"{_SIGMA} does not say"),
            OpenPoint(
                "tuples", "value_count over several fields", Tuples, "SigmaHQ/sigma-specification issue 190 is open"
            ),
            OpenPoint("empty", "a counted field that is missing or empty", Empty, f"{_SIGMA} does not say"),
            OpenPoint("rank", "a percentile between two values", Rank, f"{_SIGMA} names no method"),
            OpenPoint("nothing", "the sum of no numbers", EmptySum, f"{_SIGMA} does not say"),
            OpenPoint("inner_time", "the time of an inner rule's alert", InnerTime, f"{_SIGMA} does not say"),
            OpenPoint(
                "inner_fields",
                "the fields of an inner rule's alert",
                InnerFields,
                f"{_SIGMA}: the outer rule uses its own group-by only",
            ),
            OpenPoint(
                "inner_alerts",
                "the alerts of an inner rule whose condition goes on to hold",
                InnerAlerts,
                f"{_SIGMA} does not say",
            ),
        )
    }
)


def relevant(stream: Stream) -> tuple[OpenPoint, ...]:
    """The points that may decide what the rows of a stream are, by its stages alone."""
    found = list(stages(stream))
    return tuple(point for name, point in OPEN_POINTS.items() if _RELEVANT[name](found))


def variations(points: tuple[OpenPoint, ...]) -> Iterator[Readings]:
    """Every combination of the readings of these points, ours first."""
    for chosen in product(*(point.readings for point in points)):
        changes: dict[str, Any] = {point.name: one for point, one in zip(points, chosen, strict=True)}
        yield replace(OURS, **changes)


def alternatives(point: OpenPoint) -> Iterator[Readings]:
    """The other readings of one point, all else being ours."""
    yield from list(variations((point,)))[1:]


def _has_window(found: list[Stream]) -> bool:
    return any(_slides(window_of(one)) for one in found)


def _slides(window: Window | None) -> bool:
    return window is not None and window.kind is WindowKind.SLIDING


def window_of(stage: Stream) -> Window | None:
    """The window of a stage, if it has one."""
    match stage:
        case Aggregate(window=window):
            return window
        case Sequence(within=window) | Together(within=window):
            return window
        case _:
            return None


def _measures(*kinds: MeasureKind) -> Callable[[list[Stream]], bool]:
    return lambda found: any(
        measure.kind in kinds for one in found if isinstance(one, Aggregate) for measure in one.measures
    )


def _may_be_undone(found: list[Stream]) -> bool:
    """Whether more rows may make a condition on a sliding window false."""
    for one in found:
        match one:
            case Where(Aggregate() as stage, condition) if _slides(stage.window):
                if of_condition(condition, stage) is not Polarity.MORE:
                    return True
            case Together(inputs, holds=holds) if holds is not None:
                if any(of_input(holds, name_of(one)) not in (Polarity.MORE, None) for one in inputs):
                    return True
            case _:
                pass
    return False


def _nests(found: list[Stream]) -> bool:
    """Whether the rows of one correlation are the input of another."""
    return any(is_correlation(one) for stage in found for one in _fed(stage))


def _fed(stage: Stream) -> tuple[Stream, ...]:
    return inputs(stage) if isinstance(stage, Aggregate | Sequence | Together | Union) else ()


def is_correlation(stream: Stream) -> bool:
    """Whether the rows of a stream are alerts on many events, through conditions on them."""
    while isinstance(stream, Where):
        stream = stream.input
    return isinstance(stream, Aggregate | Sequence | Together)


def _groups(found: list[Stream]) -> bool:
    return any(isinstance(one, Aggregate | Sequence | Together) and one.by for one in found)


_RELEVANT: Mapping[str, Callable[[list[Stream]], bool]] = MappingProxyType(
    {
        "edge": _has_window,
        "windows": _may_be_undone,
        "shared": lambda found: any(isinstance(one, Union) for one in found),
        "ties": lambda found: any(isinstance(one, Sequence) for one in found),
        "double": lambda found: any(isinstance(one, Together) for one in found),
        "keys": _groups,
        "letters": lambda found: _groups(found) or _measures(MeasureKind.DISTINCT)(found),
        "lists": _groups,
        "tuples": lambda found: any(
            len(measure.fields) > 1 for one in found if isinstance(one, Aggregate) for measure in one.measures
        ),
        "empty": _measures(MeasureKind.DISTINCT),
        "rank": _measures(MeasureKind.PERCENTILE),
        "nothing": _measures(MeasureKind.SUM),
        "inner_time": _nests,
        "inner_fields": _nests,
        "inner_alerts": _nests,
    }
)
