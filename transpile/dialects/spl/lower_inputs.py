"""The searches that a rule on many events reads: one for each input that is nothing but events."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from transpile.diagnostics import Report
from transpile.dialects.kit.writing.columns import in_turn
from transpile.dialects.spl import codes
from transpile.dialects.spl.lower_value import compute
from transpile.dialects.spl.lower_where import where
from transpile.dialects.spl.tree import Call, EvalExpr, Name
from transpile.ir.apart import are_apart
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import ANY, Field, Null, Pattern, Value
from transpile.ir.match import Call as Computed
from transpile.ir.passes import simplify_expr
from transpile.ir.stream import Aggregate, Compute, Events, MeasureKind, Sequence, Stream, Together, Union
from transpile.ir.walk import all_events, field_names, inputs, value_fields
from transpile.record import record, replace

PRESENT = Pattern((ANY,))
TAG = "matched_rule"  # which of several searches an event comes from


@record
class Input:
    """A stream that is nothing but events: the condition that finds them, and columns computed of each."""

    stage: Stream
    name: str
    condition: Expr
    columns: tuple[tuple[str, EvalExpr], ...]


def inputs_of(body: Stream, report: Report) -> list[Input]:
    """The inputs of a rule, without events that lack a value for a group of the stages above or for what is counted."""
    found = [_input(stage, by, report) for stage, by in _leaves(body, ())]
    names: dict[str, int] = {}
    unique = []
    for number, one in enumerate(found, 1):
        names[one.name] = names.get(one.name, 0) + 1
        unique.append(
            replace(one, name=one.name or f"rule {number}")
            if names[one.name] == 1
            else replace(one, name=f"{one.name} {number}")
        )
    return unique


def _leaves(stage: Stream, by: tuple[str, ...]) -> Iterator[tuple[Stream, tuple[str, ...]]]:
    if _is_events(stage):
        yield stage, by
        return
    if isinstance(stage, Aggregate | Sequence | Together):
        by = (*by, *stage.by, *_counted(stage))
    if isinstance(stage, Compute):  # what is asked of a column is asked of the field that it holds
        held = {column.name: column.value for column in stage.columns}
        values = (held.get(name, Field(name)) for name in by)
        by = tuple(value.name for value in values if isinstance(value, Field))
    for one in inputs(stage):
        yield from _leaves(one, by)


def _counted(stage: Stream) -> tuple[str, ...]:
    """The fields of which different values are counted, and nothing else: an event without one adds nothing."""
    kinds = {measure.kind for measure in stage.measures} if isinstance(stage, Aggregate) else set()
    if kinds != {MeasureKind.DISTINCT} or not isinstance(stage, Aggregate) or len(stage.measures) > 1:
        return ()
    return stage.measures[0].fields


def _is_events(stage: Stream) -> bool:
    """Whether a stream is events, each once, with columns of their own."""
    match stage:
        case Events():
            return True
        case Compute(input):
            return _is_events(input)
        case Union(streams):
            return all(map(_is_events, streams))
        case _:
            return False


def _input(stage: Stream, by: tuple[str, ...], report: Report) -> Input:
    for events in all_events(stage):
        if events.dataset is not None:
            report.refuse(codes.SPL021, events.logsource_span, what=f"single events of the data model {events.dataset}")
    conditions, columns = _spread(stage)
    present = [_grouped(condition, held, by) for condition, held in zip(conditions, columns, strict=True)]
    whole = present[0] if len(present) == 1 else Or(tuple(present))
    names = ", ".join(dict.fromkeys(events.name for events in all_events(stage) if events.name))
    return Input(stage, names, simplify_expr(whole), tuple(in_turn(_merged(conditions, columns, report), Name)))


def _spread(stage: Stream) -> tuple[list[Expr], list[dict[str, Value]]]:
    """The conditions of the events in a stream, and the columns that each has."""
    match stage:
        case Events(condition):
            return [condition], [{}]
        case Compute(input, added):
            conditions, columns = _spread(input)
            made = [{column.name: _of_events(column.value, one) for column in added} for one in columns]
            return conditions, [{**one, **new} for one, new in zip(columns, made, strict=True)]
        case Union(streams):
            parts = [_spread(one) for one in streams]
            return [one for part in parts for one in part[0]], [one for part in parts for one in part[1]]
        case _:
            raise TypeError(f"{type(stage).__name__} is more than events")


def _of_events(value: Value, columns: dict[str, Value]) -> Value:
    """A value of columns as one of the fields of events."""
    if isinstance(value, Field):
        return columns.get(value.name, value)
    if isinstance(value, Computed):
        return replace(value, args=tuple(_of_events(arg, columns) for arg in value.args))
    return value


def _grouped(condition: Expr, columns: dict[str, Value], by: tuple[str, ...]) -> Expr:
    """The condition with what puts an event into a group: a value of each field."""
    fields = (columns.get(name, Field(name)) for name in dict.fromkeys(by))
    grouping = [one for one in fields if isinstance(one, Field)]
    if not grouping:
        return condition
    parts = condition.args if isinstance(condition, And) else (condition,)
    kept = (part for part in parts if not (isinstance(part, Match) and part.value in grouping and part.test == PRESENT))
    return And((*kept, *(Not(Match(one, Null())) for one in grouping)))


def _merged(
    conditions: list[Expr], columns: list[dict[str, Value]], report: Report
) -> Iterator[tuple[str, EvalExpr, set[str]]]:
    """Each column once, with the fields that it reads; where it differs, by which of the conditions an event meets."""
    for name in dict.fromkeys(name for one in columns for name in one):
        values = [one.get(name, Field(name)) for one in columns]
        reads = {field.name for value in values for field in value_fields(value)}
        if len(set(values)) == 1:
            if compute(values[0]) != Name(name):
                yield name, compute(values[0]), reads
            continue
        both = combinations(zip(conditions, values, strict=True), 2)
        if any(value != other and not are_apart(one, two) for (one, value), (two, other) in both):
            report.refuse(codes.SPL021, what=f"{name}, which differs between rules that may match the same event,")
        arguments: list[EvalExpr] = []
        for condition, value in zip(conditions, values, strict=True):
            arguments += [where(condition, report), compute(value)]
            reads.update(field_names(condition))
        yield name, Call("case", tuple(arguments)), reads
