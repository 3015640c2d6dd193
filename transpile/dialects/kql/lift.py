"""Lifts a Kusto query to IR.

- The tables become the data sets of `Events`, several of them a `Union`; conditions go to the events that they test.
- `let` statements and computed columns are put in the place of their names.
- A test on an aggregate becomes a condition on an `Aggregate`; without one, `summarize` only folds alerts.
- What has no form in IR is left out where the rule then matches more, and noted with its text.
"""

from __future__ import annotations

from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.kql import codes
from transpile.dialects.kql.lift_flow import Branch, Flow, Resolver
from transpile.dialects.kql.lift_groups import Group, names_of
from transpile.dialects.kql.lift_notes import Notes
from transpile.dialects.kql.lift_operators import NoEventsError, Operators
from transpile.dialects.kql.lift_scope import Scope
from transpile.dialects.kql.lift_values import UnliftableError
from transpile.dialects.kql.tree import Assignment, Columns, Expr, Function, Let, Place, RawStatement, Script, names
from transpile.ir import expr as ir
from transpile.ir.match import Field, Null
from transpile.ir.passes import simplify_expr
from transpile.ir.rule import NamedPart
from transpile.ir.stream import Aggregate, Column, Compute, Events, Stream, Union, Where, Window, WindowKind
from transpile.source import Source


def lift(tree: Script, source: Source, options: ReadOptions) -> Lifted:
    """What a query means. Of several queries in one text it is the last."""
    notes, scope = Notes(source), Scope()
    query: Expr | None = None
    for statement in tree.statements:
        match statement:
            case Let():
                scope.define(statement)
            case RawStatement(at=at):
                notes.unchanged(at, codes.KQL009)
            case _:
                query = statement
    resolver = Resolver(scope, notes)
    body: Stream | None = None
    flow = Flow([])
    try:
        if query is None:
            raise NoEventsError("it holds definitions only", (0, 0))
        flow = Operators(resolver).flow(query)
        body = _body(flow, notes)
    except NoEventsError as error:
        notes.refuse(error.at, str(error))
    except RecursionError:
        notes.refuse((0, 0), "it is nested too deeply")
    if flow.group is not None and flow.group.conditions:
        resolver.used.update(flow.group.places)
        for place in flow.group.places:
            notes.unchanged(place, codes.KQL020)
    _unused(tree, resolver, notes)
    return Lifted(
        body,
        parts=_parts(flow) if body is not None else (),
        left=notes.left,
        diagnostics=tuple(notes.report.diagnostics),
        fields=flow.shown,
        lookback=None if resolver.lookback is None else int(resolver.lookback),
    )


def _body(flow: Flow, notes: Notes) -> Stream:
    """The stream of a flow."""
    group = flow.group
    if group is not None:
        notes.unchanged(group.at, codes.KQL008)
    if group is None or not group.conditions:
        return _union([_events(branch, branch.conditions) for branch in flow.branches])
    try:
        only = group.only()
    except UnliftableError:
        notes.approximate(group.at, codes.KQL011)
        return _union([_events(branch, branch.conditions) for branch in flow.branches])
    inputs: list[Stream] = []
    for branch in flow.branches:
        conditions = [*branch.conditions, *([only] if only is not None else [])]
        inputs.append(_computed(_events(branch, conditions), group))
        _check_keys(conditions, group, notes)
    window = Window(group.window, WindowKind.TUMBLING) if group.window else None
    keys = tuple(names_of(tuple(value for _, value in group.keys)))
    aggregate = Aggregate(_union(inputs), group.measures(), keys, window, notes.span(group.at))
    return Where(aggregate, simplify_expr(ir.And(tuple(group.conditions))))


def _events(branch: Branch, conditions: list[ir.Expr]) -> Events:
    return Events(simplify_expr(ir.And(tuple(conditions))), dataset=branch.dataset)


def _union(streams: list[Stream]) -> Stream:
    """The streams as one; those of single tables get names of their own."""
    if len(streams) == 1:
        return streams[0]
    named: list[Stream] = []
    for number, stream in enumerate(streams, start=1):
        events = stream.input if isinstance(stream, Compute) else stream
        assert isinstance(events, Events)
        new = Events(events.condition, dataset=events.dataset, name=f"{events.dataset or 'any'}_{number}")
        named.append(Compute(new, stream.columns) if isinstance(stream, Compute) else new)
    return Union(tuple(named))


def _computed(events: Events, group: Group) -> Stream:
    """The events with the columns that the group computes."""
    values = [value for _, value in group.keys] + [value for one in group.tested for value in one.fields]
    columns = dict(zip(names_of(tuple(values)), values, strict=True))
    computed = tuple(Column(name, value) for name, value in columns.items() if not isinstance(value, Field))
    return Compute(events, computed) if computed else events


def _check_keys(conditions: list[ir.Expr], group: Group, notes: Notes) -> None:
    """Kusto groups by an empty value too, and counts it; a rule does not."""
    present: set[str] = set()
    for condition in conditions:
        for part in condition.args if isinstance(condition, ir.And) else (condition,):
            match part:
                case ir.Not(ir.Match(Field(name), Null())):
                    present.add(name)
                case ir.Match(Field(name), test) if not isinstance(test, Null):
                    present.add(name)
                case _:
                    pass
    values = [value for _, value in group.keys] + [value for one in group.tested for value in one.fields]
    for name in dict.fromkeys(names_of(tuple(values))):
        if name.removesuffix("_") not in present and name not in present:
            notes.narrower(group.at, codes.KQL015, name)


def _parts(flow: Flow) -> tuple[NamedPart, ...]:
    """The conditions on each table by its name."""
    if len(flow.branches) < 2:
        return ()
    return tuple(
        NamedPart(branch.dataset or "any", simplify_expr(ir.And(tuple(branch.conditions)))) for branch in flow.branches
    )


def _unused(tree: Script, resolver: Resolver, notes: Notes) -> None:
    """Note each definition that the rule does not depend on."""
    dropped = set(resolver.dropped)
    while True:  # what a definition is made of is left out with it
        more = {
            name
            for let in tree.statements
            if isinstance(let, Let) and let.name in dropped and not isinstance(let.value, Function)
            for name in names(let.value)
        }
        if more <= dropped:
            break
        dropped |= more
    for at, name in _definitions(tree):
        if at in resolver.used:
            continue
        if name in dropped:
            notes.missed(at, codes.KQL010)
        else:
            notes.unchanged(at, codes.KQL009)


def _definitions(node: object) -> list[tuple[Place, str]]:
    """The places and names of `let` statements and computed columns."""
    found: list[tuple[Place, str]] = []
    waiting: list[object] = [node]
    while waiting:
        match waiting.pop():
            case Let(name, value, at):
                found.append((at, name))
                if not isinstance(value, Function):
                    waiting.append(value)
            case Columns("extend", columns):
                found += [(one.at, one.names[0]) for one in columns if isinstance(one, Assignment)]
            case tuple() as several:
                waiting += several
            case one if hasattr(one, "__dataclass_fields__"):
                waiting += [getattr(one, field) for field in one.__dataclass_fields__ if field != "at"]
            case _:
                pass
    return found
