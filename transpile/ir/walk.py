"""Ways through expressions and streams that every room needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import assert_never

from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import Call, Field, FieldRef, Literal, Null, Pattern, Test, Value
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
from transpile.record import replace


def leaves(expr: Expr) -> Iterator[Match | Keyword]:
    """The matches and keywords of an expression, left to right."""
    waiting = [expr]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Match | Keyword):  # by type and not by `match`: every pass goes this way
            yield one
        elif isinstance(one, And | Or):
            waiting += reversed(one.args)
        elif isinstance(one, Not):
            waiting.append(one.arg)
        elif not isinstance(one, Constant | Opaque):
            assert_never(one)


def replace_leaves(expr: Expr, change: Callable[[Match | Keyword], Expr]) -> Expr:
    """The expression with each match and keyword put through `change`; unchanged parts are shared."""
    match expr:
        case And(args):
            new = tuple(replace_leaves(arg, change) for arg in args)
            return expr if all(map(_same, new, args)) else And(new)
        case Or(args):
            new = tuple(replace_leaves(arg, change) for arg in args)
            return expr if all(map(_same, new, args)) else Or(new)
        case Not(arg):
            changed = replace_leaves(arg, change)
            return expr if changed is arg else Not(changed)
        case Match() | Keyword():
            return change(expr)
        case Constant() | Opaque():
            return expr
        case _:
            assert_never(expr)


def _same(one: Expr, other: Expr) -> bool:
    return one is other


def inputs(stream: Stream) -> tuple[Stream, ...]:
    """The streams that a stage takes its rows from, in order; none for `Events`."""
    match stream:
        case Events():
            return ()
        case Where(input) | Compute(input) | Aggregate(input):
            return (input,)
        case Sequence(steps, until=until):
            return (*(step.input for step in steps), *(() if until is None else (until,)))
        case Together(streams) | Union(streams):
            return streams
        case Join(left, right):
            return left, right
        case OpaqueStage(input):
            return () if input is None else (input,)
        case _:
            assert_never(stream)


def name_of(stream: Stream) -> str:
    """The name by which a stage knows this input: its own, or that of its only input; empty if there is none.

    >>> from transpile.ir.expr import TRUE
    >>> name_of(Where(Events(TRUE, name="logon"), TRUE))
    'logon'
    """
    while True:
        name: str = getattr(stream, "name", "")
        below = inputs(stream)
        if name or len(below) != 1:
            return name
        stream = below[0]


def group_by(stream: Stream) -> tuple[str, ...]:
    """The columns that tell the alerts of a stream apart; none where they are single events, or one group.

    >>> from transpile.ir.expr import TRUE
    >>> group_by(Where(Aggregate(Events(TRUE), (), ("User",)), TRUE))
    ('User',)
    """
    match stream:
        case Aggregate(by=by) | Sequence(by=by) | Together(by=by):
            return by
        case Where(input) | Compute(input):
            return group_by(input)
        case Join(on=on):
            return on
        case Union(streams):
            found = {group_by(one) for one in streams}
            return found.pop() if len(found) == 1 else ()
        case Events() | OpaqueStage():
            return ()
        case _:
            assert_never(stream)


def column_of(stream: Stream, name: str) -> Value:
    """What fills a column of a stream's rows: a field with the type that its data model or its tests give it.

    >>> from transpile.ir.expr import TRUE
    >>> from transpile.ir.match import FieldType
    >>> column_of(Aggregate(Events(TRUE, columns=(Field("Port", FieldType.NUMBER),)), (), ("Port",)), "Port").type
    <FieldType.NUMBER: 'number'>
    """
    match stream:
        case Events(condition, columns=columns):
            tested = (leaf.value for leaf in leaves(condition) if isinstance(leaf, Match))
            known = (field for field in (*columns, *tested) if isinstance(field, Field) and field.name == name)
            return next(known, Field(name))
        case Compute(input, columns):
            value = next((one.value for one in reversed(columns) if one.name == name), None)
            if isinstance(value, Field):
                return column_of(input, value.name)
            return column_of(input, name) if value is None else value
        case _:
            below = inputs(stream)
            return column_of(below[0], name) if below else Field(name)


def stages(stream: Stream) -> Iterator[Stream]:
    """The stream and all that it is made of: inputs before what takes them, left to right."""
    for one in inputs(stream):
        yield from stages(one)
    yield stream


def all_events(stream: Stream) -> Iterator[Events]:
    """The `Events` that a stream is made of, left to right."""
    return (stage for stage in stages(stream) if isinstance(stage, Events))


def replace_events(stream: Stream, change: Callable[[Events], Stream]) -> Stream:
    """The stream with each `Events` in it put through `change`; unchanged parts are shared."""
    return replace_stages(stream, lambda one: change(one) if isinstance(one, Events) else one)


def replace_stages(stream: Stream, change: Callable[[Stream], Stream]) -> Stream:
    """The stream with each stage in it put through `change`, inputs before what takes them; unchanged parts are
    shared."""

    def go(one: Stream) -> Stream:
        match one:
            case Events():
                return change(one)
            case Where(input) | Compute(input) | Aggregate(input):
                new = go(input)
                return change(one if new is input else replace(one, input=new))
            case Sequence(steps, until=until):
                changed = tuple(replace(step, input=go(step.input)) for step in steps)
                return change(replace(one, steps=changed, until=None if until is None else go(until)))
            case Together(streams) | Union(streams):
                return change(replace(one, inputs=tuple(map(go, streams))))
            case Join(left, right):
                return change(replace(one, left=go(left), right=go(right)))
            case OpaqueStage(input):
                return change(one if input is None else replace(one, input=go(input)))
            case _:
                assert_never(one)

    return go(stream)


def conditions(stream: Stream) -> Iterator[Expr]:
    """Every condition in a stream, on events and on rows of later stages."""
    for stage in stages(stream):
        match stage:
            case Events(condition) | Where(_, condition):
                yield condition
            case Together(holds=holds) if holds is not None:
                yield holds
            case _:
                pass


def value_fields(value: Value) -> Iterator[Field]:
    """The fields that a value is made of, left to right."""
    match value:
        case Field():
            yield value
        case Literal():
            pass
        case Call(_, args):
            for arg in args:
                yield from value_fields(arg)
        case _:
            assert_never(value)


def value_text(value: Value) -> str:
    """A value as people write it: `Image`, `lower(Image)`.

    >>> from transpile.ir.match import Function
    >>> value_text(Call(Function.SUBSTRING, (Field("Image"), Literal(0), Literal(3))))
    'substring(Image, 0, 3)'
    """
    match value:
        case Field(name):
            return name
        case Literal(constant):
            return repr(constant)
        case Call(function, args):
            return f"{function.value}({', '.join(map(value_text, args))})"
        case _:
            assert_never(value)


def by_field(args: tuple[Expr, ...]) -> Iterator[tuple[Field | None, list[Expr]]]:
    """Neighbouring matches on one field as one group; anything else as a group of its own under None.

    This is how a printer finds the lists of values that a language says with `in (...)`.
    """
    group: list[Expr] = []
    current: Field | None = None
    for arg in args:
        this = arg.value if isinstance(arg, Match) and isinstance(arg.value, Field) else None
        if this is not None and this == current:
            group.append(arg)
            continue
        if group:
            yield current, group
        group, current = [arg], this
    if group:
        yield current, group


def without_covered(args: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """Alternatives without the empty string of a field of which `Null` is asked as well.

    For platforms on which a field has one value. Of several, one may be empty while the field is not null.
    """
    nulls = {arg.value for arg in args if isinstance(arg, Match) and isinstance(arg.test, Null)}
    if not nulls:
        return args
    return tuple(
        arg
        for arg in args
        if not (isinstance(arg, Match) and arg.value in nulls and not _is_repeated(arg.value) and _is_empty(arg.test))
    )


def _is_repeated(value: Value) -> bool:
    return any(field.repeated for field in value_fields(value))


def _is_empty(test: Test) -> bool:
    return isinstance(test, Pattern) and not test.parts


def field_names(expr: Expr) -> Iterator[str]:
    """The names of the fields that an expression asks of, those that values are compared with among them."""
    for leaf in leaves(expr):
        if isinstance(leaf, Match):
            yield from (field.name for field in value_fields(leaf.value))
            if isinstance(leaf.test, FieldRef):
                yield leaf.test.field.name


def leading(body: Stream) -> Events | None:
    """The events of which each alert of a stream has one; None where that may be an event of several log sources."""
    match body:
        case Events():
            return body
        case Where(input) | Compute(input) | Aggregate(input):
            return leading(input)
        case Sequence(steps):
            return next((leading(step.input) for step in steps if not step.absent), None)
        case Together(streams, holds=holds):
            return leading(streams[0]) if holds is None else None
        case Union((only,)):
            return leading(only)
        case Join(left):
            return leading(left)
        case Union() | OpaqueStage():
            return None
        case _:
            assert_never(body)
