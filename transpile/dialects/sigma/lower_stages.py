"""From the stages of IR to correlation rules and the rules that they name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from transpile.codes import Code
from transpile.diagnostics import Report
from transpile.dialects.sigma import codes
from transpile.dialects.sigma import condition as conditions
from transpile.dialects.sigma.condition import AllOf, Condition, Name, Negation, OneOf
from transpile.dialects.sigma.measures import KINDS, MEDIAN
from transpile.dialects.sigma.naming import slug
from transpile.dialects.sigma.plain import Map, Plain
from transpile.dialects.sigma.timespan import timespan
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import Compare, Exists, Field, Number
from transpile.ir.stream import (
    MATCHED,
    Aggregate,
    Compute,
    Events,
    Measure,
    MeasureKind,
    Stream,
    Together,
    Union,
    Where,
    Window,
    WindowKind,
)
from transpile.ir.stream import Sequence as Ordered
from transpile.ir.walk import name_of
from transpile.record import record, replace
from transpile.source import Span

_SHORTEST = 60  # seconds of a correlation that a single event raises
_TYPES = {kind: name for name, kind in KINDS.items() if name not in ("value_min", "value_max")}


@record
class Block:
    """A correlation: the name that others know it by, and the map under `correlation`."""

    name: str
    block: Map


@dataclass(slots=True)
class Correlations:
    """The correlations of a rule, outermost first, and the events that they are built on, each with its name."""

    correlations: list[Block] = field(default_factory=list)
    events: list[Events] = field(default_factory=list)


class _Refused(Exception):
    """A stage has no form in Sigma; the reason is in the report."""


def correlation_of(body: Stream, report: Report, prefix: str, taken: Collection[str]) -> Correlations | None:
    """The correlations that mean a stream; None, with the reason in the report, where Sigma has none.

    Rules are named as their streams are, or with a `prefix` before that; `taken` are names that they must not have.
    """
    writer = _Writer(report, prefix, frozenset(taken), Correlations())
    try:
        writer.stage(body, "")
    except _Refused:
        return None
    return writer.found


@dataclass(slots=True)
class _Writer:
    report: Report
    prefix: str
    reserved: frozenset[str]
    found: Correlations

    def refuse(self, span: Span | None, what: str, code: Code = codes.SIG120) -> _Refused:
        self.report.refuse(code, span, what=what)
        return _Refused()

    def stage(self, stage: Stream, name: str) -> None:
        """Add the correlation of a stage, then those of its inputs."""
        place = len(self.found.correlations)
        self.found.correlations.append(Block(name, Map(())))
        match stage:
            case Where(Aggregate() as rows, condition):
                block = self.counted(rows, condition, stage.span)
            case Aggregate():
                block = self.counted(stage, None, stage.span)
            case Union(inputs):
                block = self.any_of(inputs)
            case Together():
                block = self.together(stage)
            case Ordered():
                block = self.ordered(stage)
            case _:
                raise self.refuse(getattr(stage, "span", None), "this combination of stages")
        self.found.correlations[place] = Block(name, block)

    def counted(self, rows: Aggregate, condition: Expr | None, span: Span | None) -> Map:
        """`event_count` and its like: one measure, compared with numbers."""
        tests = [] if condition is None else list(condition.args) if isinstance(condition, And) else [condition]
        measures = [one for one in rows.measures if one.kind in _TYPES and any(_is_bound(test, one) for test in tests)]
        if tests and not measures:
            raise self.refuse(span, "a condition on anything but one measure")
        bounds = [self.bound(test, span) for test in tests if _is_bound(test, measures[0])] or [("gte", 1)]
        for test in tests:
            if not _is_bound(test, measures[0]):
                self.report.approximate(codes.SIG125, span, wider=True, column=_column(test) or "several columns")
        if len(dict(bounds)) < len(bounds):
            raise self.refuse(span, "two comparisons of one kind")
        measure = measures[0] if measures else Measure("event_count", MeasureKind.COUNT)
        kind, more = self.kind(measure)
        inputs = rows.input.inputs if isinstance(rows.input, Union) else (rows.input,)
        names, aliases = self.inputs(inputs, rows.by + measure.fields)
        return self.block(kind, names, rows.by, self.timespan(rows.window, rows.span), Map((*bounds, *more)), aliases)

    def any_of(self, inputs: Sequence[Stream]) -> Map:
        """Events of any of several rules: each is an event that is counted, and one is enough."""
        names, aliases = self.inputs(inputs, ())
        return self.block("event_count", names, (), timespan(_SHORTEST), Map((("gte", 1),)), aliases)

    def kind(self, measure: Measure) -> tuple[str, list[tuple[str, Plain]]]:
        """The type of a correlation and, in its condition, the fields and the rank."""
        if measure.kind not in _TYPES:
            raise self.refuse(measure.span, f"the {measure.kind.value} of a field")
        fields: Plain = measure.fields[0] if len(measure.fields) == 1 else measure.fields
        more: list[tuple[str, Plain]] = [("field", fields)] if measure.fields else []
        if measure.kind is not MeasureKind.PERCENTILE:
            return _TYPES[measure.kind], more
        if measure.rank == MEDIAN and measure.name != "value_percentile":
            return "value_median", more
        rank = measure.rank if measure.rank is not None else MEDIAN
        return "value_percentile", [*more, ("percentile", int(rank) if rank.is_integer() else rank)]

    def bound(self, test: Expr, span: Span | None) -> tuple[str, Plain]:
        match test:
            case Match(_, Compare(order, value)):
                return order.name.lower(), _whole(value)
            case Match(_, Number(value)):
                return "eq", _whole(value)
            case Not(Match(_, Number(value))):
                return "neq", _whole(value)
            case _:
                raise self.refuse(span, "this condition on a measure")

    def together(self, stage: Together) -> Map:
        """`temporal`: every rule, some of them, or a condition over them."""
        names, aliases = self.inputs(stage.inputs, stage.by)
        known = {name_of(one): name for one, name in zip(stage.inputs, names, strict=True)}
        condition: Plain = None
        if stage.holds is not None:
            tests = list(stage.holds.args) if isinstance(stage.holds, And) else [stage.holds]
            if all(_column(test) == MATCHED for test in tests):
                condition = Map(tuple(self.bound(test, stage.span) for test in tests))
            else:
                condition = conditions.show(self.named(stage.holds, known, stage.span))
        return self.block("temporal", names, stage.by, self.timespan(stage.within, stage.span), condition, aliases)

    def named(self, expr: Expr, known: dict[str, str], span: Span | None) -> Condition:
        """A condition over inputs by their names."""
        match expr:
            case Match(Field(name), Exists()) if name in known:
                return Name(known[name], 0, 0)
            case And(args):
                return AllOf(tuple(self.named(arg, known, span) for arg in args))
            case Or(args):
                return OneOf(tuple(self.named(arg, known, span) for arg in args))
            case Not(arg):
                return Negation(self.named(arg, known, span))
            case _:
                raise self.refuse(span, "this condition over events")

    def ordered(self, stage: Ordered) -> Map:
        """`temporal_ordered`."""
        if any(step.absent for step in stage.steps):
            raise self.refuse(stage.span, "events that must not happen between others")
        if stage.until is not None:
            raise self.refuse(stage.span, "an event that ends a sequence")
        names, aliases = self.inputs([step.input for step in stage.steps], stage.by)
        span = self.timespan(stage.within, stage.span)
        return self.block("temporal_ordered", names, stage.by, span, None, aliases)

    def timespan(self, window: Window | None, span: Span | None) -> str:
        """The length of a window; fixed windows are part of all that Sigma's are."""
        if window is None:
            raise self.refuse(span, "a correlation without a time span")
        if window.kind is WindowKind.SESSION:
            raise self.refuse(span, "a session, which ends after a pause")
        if window.kind is WindowKind.TUMBLING:
            self.report.approximate(codes.SIG121, span, wider=True)
        return timespan(window.seconds)

    def inputs(self, streams: Sequence[Stream], columns: tuple[str, ...]) -> tuple[tuple[str, ...], Plain]:
        """The names of the rules that a correlation names, which are added, and its aliases."""
        names: list[str] = []
        fields: list[dict[str, str]] = []
        for stream in streams:
            aliases: dict[str, str] = {}
            if isinstance(stream, Compute):
                for column in stream.columns:
                    if not isinstance(column.value, Field):
                        raise self.refuse(None, "a correlation by a computed value")
                    aliases[column.name] = column.value.name
                stream = stream.input
            name = self.fresh(name_of(stream))
            names.append(name)
            fields.append(aliases)
            self.add(stream, name)
        wanted = [column for column in dict.fromkeys(columns) if any(column in one for one in fields)]
        maps = tuple(
            (alias, Map(tuple((name, one.get(alias, alias)) for name, one in zip(names, fields, strict=True))))
            for alias in wanted
        )
        return tuple(names), Map(maps) if maps else None

    def add(self, stream: Stream, name: str) -> None:
        """Add a rule that a correlation names."""
        if isinstance(stream, Where) and isinstance(stream.input, Events):
            inner = stream.input
            stream = replace(inner, condition=And((inner.condition, stream.condition)))
        if isinstance(stream, Events):
            self.found.events.append(replace(stream, name=name))
        else:
            self.stage(stream, name)

    def fresh(self, name: str) -> str:
        """The name under which a rule is written: one of the rule's, that no other has."""
        wanted = name if not self.prefix and name else f"{self.prefix}{slug(name) or 'event'}"
        taken = {
            *self.reserved,
            *(one.name for one in self.found.correlations),
            *(one.name for one in self.found.events),
        }
        chosen, count = wanted, 1
        while chosen in taken:
            count += 1
            chosen = f"{wanted}_{count}"
        return chosen

    def block(
        self, kind: str, names: tuple[str, ...], by: tuple[str, ...], length: str, condition: Plain, aliases: Plain
    ) -> Map:
        """The map of a correlation."""
        entries: list[tuple[str, Plain]] = [("type", kind), ("rules", names)]
        entries += [("group-by", by)] if by else []
        entries.append(("timespan", length))
        entries += [("condition", condition)] if condition is not None else []
        entries += [("aliases", aliases)] if aliases is not None else []
        return Map(tuple(entries))


def _column(test: Expr) -> str | None:
    """The column that a comparison is of."""
    inner = test.arg if isinstance(test, Not) else test
    return inner.value.name if isinstance(inner, Match) and isinstance(inner.value, Field) else None


def _is_bound(test: Expr, measure: Measure) -> bool:
    """Whether a test compares this measure with a number."""
    inner = test.arg if isinstance(test, Not) else test
    compares = isinstance(inner, Match) and isinstance(inner.test, Number if inner is not test else Number | Compare)
    return compares and _column(test) == measure.name


def _whole(value: float) -> int | float:
    return int(value) if isinstance(value, float) and value.is_integer() else value
