"""Events of several rules as one stream: those of the same table by one condition, so that each event comes once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from transpile.dialects.kql.lower_events import DEFAULT_DATASET
from transpile.dialects.kql.parse import parse_dataset
from transpile.dialects.kql.print import print_script
from transpile.dialects.kql.tree import (
    And,
    Assignment,
    Binary,
    Columns,
    Expr,
    In,
    Name,
    Number,
    Operator,
    Pipeline,
    Script,
    String,
    Union,
    Where,
    assigned,
    names,
)
from transpile.ir import expr as ir
from transpile.ir.apart import are_apart
from transpile.ir.match import Field, Pattern
from transpile.ir.match import Number as Equal
from transpile.ir.stream import Column, Compute, Events, Stream
from transpile.record import record, replace


@record
class _Part:
    """The events of a rule, and the columns that are computed of each, the innermost first."""

    events: Events
    computed: tuple[tuple[Column, ...], ...] = ()

    def stream(self) -> Stream:
        """The stream that this is."""
        found: Stream = self.events
        for columns in self.computed:
            found = Compute(found, columns)
        return found


def by_table(inputs: tuple[Stream, ...]) -> list[Stream]:
    """The inputs, those on the same events made one by OR."""
    found: list[Stream | _Part] = []
    for one in inputs:
        part = _part(one)
        if part is None:
            found.append(one)
            continue
        for at, other in enumerate(found):
            if isinstance(other, _Part) and (both := _joined(other, part)) is not None:
                found[at] = both
                break
        else:
            found.append(part)
    return [one.stream() if isinstance(one, _Part) else one for one in found]


def may_repeat(inputs: list[Stream]) -> bool:
    """Whether an event may come from more than one input: they read one table, and nothing tells their events apart."""
    parts = [part.events for one in inputs if (part := _part(one)) is not None]
    return any(_may_share(one, other) for one, other in combinations(parts, 2))


def _may_share(one: Events, other: Events) -> bool:
    if are_apart(one.condition, other.condition):
        return False
    others = _tables(other)
    return any(
        not any(fact in known and values.isdisjoint(known[fact]) for fact, values in facts.items())
        for table, facts in _tables(one)
        for known in (each for name, each in others if name == table)
    )


def _part(stream: Stream) -> _Part | None:
    match stream:
        case Events():
            return _Part(stream)
        case Compute(input, columns):
            part = _part(input)
            return None if part is None else replace(part, computed=(*part.computed, columns))
        case _:
            return None


def _joined(one: _Part, other: _Part) -> _Part | None:
    """The events of both; None where they are not of the same table with the same columns."""
    first, second = one.events, other.events
    if (first.time, first.kept, one.computed) != (second.time, second.kept, other.computed):
        return None
    types = {column.name: column for column in first.columns}
    if any(types.get(column.name, column) != column for column in second.columns):
        return None
    dataset = first.dataset if first.dataset == second.dataset else _dataset(first.dataset, second.dataset)
    if dataset is None and first.dataset != second.dataset:
        return None
    columns = tuple(dict.fromkeys((*first.columns, *second.columns)))
    condition = ir.Or((first.condition, second.condition))
    return replace(one, events=replace(first, condition=condition, dataset=dataset, columns=columns))


def _dataset(one: str | None, other: str | None) -> str | None:
    """One data set with the columns that two compute of the same rows; None where they are not the same."""
    (before, first), (also, second) = (parse_dataset(text or DEFAULT_DATASET) for text in (one, other))
    if before or also:
        return None
    found = _pipeline(first, second)
    if found is None:
        return None
    query = found.source if not found.operators and isinstance(found.source, Expr) else found
    return print_script(Script((query,)))


def _pipeline(one: Pipeline, other: Pipeline) -> Pipeline | None:
    operators = _operators(one.operators, other.operators)
    if operators is None:
        return None
    source = one.source
    match one.source, other.source:
        case Union(tables, parameters), Union(others, same) if parameters == same and len(tables) == len(others):
            found = [_table(first, second) for first, second in zip(tables, others, strict=True)]
            merged = tuple(table for table in found if table is not None)
            if len(merged) < len(found):
                return None
            source = replace(one.source, tables=merged)
        case _ if one.source != other.source:
            return None
        case _:
            pass
    return replace(one, source=source, operators=operators)


def _table(one: Expr, other: Expr) -> Expr | None:
    first, second = (each if isinstance(each, Pipeline) else Pipeline(each) for each in (one, other))
    found = _pipeline(first, second)
    return found.source if found is not None and not found.operators and isinstance(found.source, Expr) else found


def _operators(one: tuple[Operator, ...], other: tuple[Operator, ...]) -> tuple[Operator, ...] | None:
    """The operators of both, which may differ in the columns that they compute last."""
    (rest, added), (others, more) = _parted(one), _parted(other)
    known = {name: column for column in added for name in assigned(column)}
    if rest != others or any(known.get(name, column) != column for column in more for name in assigned(column)):
        return None
    new = [column for column in more if column not in added]
    if any(not known.keys().isdisjoint(names(column.value)) for column in new if isinstance(column, Assignment)):
        return None
    columns = (*added, *new)
    return (*rest, Columns("extend", columns)) if columns else rest


def _parted(operators: tuple[Operator, ...]) -> tuple[tuple[Operator, ...], tuple[Expr, ...]]:
    """The operators, without an `extend` at the end, and its columns."""
    match operators:
        case (*rest, Columns("extend", columns)):
            return tuple(rest), columns
        case _:
            return operators, ()


_Facts = dict[str, set[str]]  # of a column, the values that it may have, in lower case


def _tables(events: Events) -> list[tuple[str, _Facts]]:
    """The tables that hold these events, and what is known of their columns there."""
    _, whole = parse_dataset(events.dataset or DEFAULT_DATASET)
    sources = whole.source.tables if isinstance(whole.source, Union) else (whole.source,)
    asked = dict(_asked(events.condition))
    found = []
    for one in sources:
        table, operators = (one.source, one.operators) if isinstance(one, Pipeline) else (one, ())
        known = {name: values for operator in (*operators, *whole.operators) for name, values in _stated(operator)}
        found.append((table.name if isinstance(table, Name) else "", known | asked))
    return found


def _stated(operator: Operator) -> Iterator[tuple[str, set[str]]]:
    """The values that a data set's `where` asks of columns."""
    if not isinstance(operator, Where):
        return
    for part in operator.predicate.args if isinstance(operator.predicate, And) else (operator.predicate,):
        match part:
            case Binary("==", Name(name), String() | Number() as value):
                yield name, {_constant(value)}
            case In("in", Name(name), values) if all(isinstance(one, String | Number) for one in values):
                yield name, set(map(_constant, values))
            case _:
                pass


def _constant(value: Expr) -> str:
    assert isinstance(value, String | Number)
    return str(value.value).lower()


def _asked(condition: ir.Expr) -> Iterator[tuple[str, set[str]]]:
    """The values that a condition asks of fields, where it lists them."""
    for part in condition.args if isinstance(condition, ir.And) else (condition,):
        leaves = part.args if isinstance(part, ir.Or) else (part,)
        found = [_value(leaf) for leaf in leaves]
        names = {one[0] for one in found if one is not None}
        if len(names) == 1 and None not in found:
            yield names.pop(), {one[1] for one in found if one is not None}


def _value(leaf: ir.Expr) -> tuple[str, str] | None:
    match leaf:
        case ir.Match(Field(name), Equal(value)):
            return name, str(value)
        case ir.Match(Field(name), Pattern((str(text),))):
            return name, text.lower()
        case _:
            return None
