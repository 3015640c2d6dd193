"""What later stages of a rule ask of its events: fields that it groups by, joins on, counts or takes aliases from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from transpile.ir.expr import Expr, Match
from transpile.ir.match import FieldRef
from transpile.ir.stream import (
    Aggregate,
    Compute,
    Events,
    Join,
    OpaqueStage,
    Sequence,
    Stream,
    Together,
    Union,
    Where,
)
from transpile.ir.walk import leaves, value_fields
from transpile.source import Span

Asked = tuple[str, Span | None]


def asked_of(body: Stream) -> dict[str, dict[str, Span | None]]:
    """What later stages ask for of each `Events`, by its name: fields, and where in the rule they are asked for."""
    found: dict[str, dict[str, Span | None]] = {}
    for name, wanted in _asked(body, ()):
        found.setdefault(name, {}).setdefault(wanted[0], wanted[1])
    return found


def _asked(stream: Stream, above: tuple[Asked, ...]) -> Iterator[tuple[str, Asked]]:
    """The columns that each `Events` of a stream must have, if those `above` are asked of the stream's rows."""
    match stream:
        case Events(name=name):
            yield from ((name, one) for one in above)
        case Where(input, condition, span):
            yield from _asked(input, above + tuple((name, span) for name in _names(condition)))
        case Compute(input, columns):
            computed = {column.name: column.value for column in columns}
            spans = dict(above)
            below = tuple(one for one in above if one[0] not in computed)
            fields = [(field, spans.get(name)) for name, value in computed.items() for field in value_fields(value)]
            yield from _asked(input, below + tuple((field.name, span) for field, span in fields))
        case Aggregate(input, measures, by, _, span):
            counted = [(name, measure.span or span) for measure in measures for name in measure.fields]
            yield from _asked(input, (*((name, span) for name in by), *counted))
        case Sequence(steps, by, _, until, span):
            keys = tuple((name, span) for name in by)
            for one in (*(step.input for step in steps), *(() if until is None else (until,))):
                yield from _asked(one, keys)
        case Together(inputs, by, _, _, span):
            for one in inputs:
                yield from _asked(one, tuple((name, span) for name in by))
        case Union(inputs):
            for one in inputs:
                yield from _asked(one, above)
        case Join(left, right, on):
            keys = tuple((name, None) for name in on)
            yield from _asked(left, above + keys)
            yield from _asked(right, keys)
        case OpaqueStage(input):
            if input is not None:
                yield from _asked(input, above)
        case _:
            assert_never(stream)


def _names(condition: Expr) -> Iterator[str]:
    for leaf in leaves(condition):
        if isinstance(leaf, Match):
            yield from (field.name for field in value_fields(leaf.value))
            if isinstance(leaf.test, FieldRef):
                yield leaf.test.field.name
