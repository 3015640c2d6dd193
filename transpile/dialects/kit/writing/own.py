"""Fields of a rule that have the names of columns which its query makes."""

from __future__ import annotations

from collections.abc import Callable

from transpile.ir.asked import asked_of
from transpile.ir.expr import Expr, Match
from transpile.ir.match import Field
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Column, Compute, Events, Sequence, Stream, Together, Where
from transpile.ir.walk import column_of, replace_leaves, replace_stages, stages
from transpile.record import replace


def grouped_fields(body: Stream) -> tuple[str, ...]:
    """The fields that stages group by or measure, each once."""
    names: list[str] = []
    for stage in stages(body):
        if isinstance(stage, Aggregate | Sequence | Together):
            names += stage.by
        if isinstance(stage, Aggregate):
            names += (name for one in stage.measures for name in one.fields)
    return tuple(dict.fromkeys(names))


def without_own(rule: Rule, is_own: Callable[[str], bool]) -> Rule:
    """The rule with other names for the fields that it groups by or measures and whose names are a query's own.

    `is_own` says which names these are. Fields that an alert would only show are left out.

    >>> from transpile.ir.expr import TRUE
    >>> from transpile.source import Source
    >>> rule = Rule("", Aggregate(Events(TRUE), (), ("Step", "User")), Source(""), fields=("Rule",))
    >>> without_own(rule, {"Step", "Rule"}.__contains__).body.by
    ('Step_', 'User')
    """
    measured = {one.name for stage in stages(rule.body) if isinstance(stage, Aggregate) for one in stage.measures}
    names = grouped_fields(rule.body)
    fields = tuple(name for name in rule.fields if not is_own(name) and name not in measured)
    new = {name: _fresh(name, names, is_own) for name in names if is_own(name) and name not in measured}
    if not new:
        return rule if fields == rule.fields else replace(rule, fields=fields)
    asked = asked_of(rule.body)
    made: list[Stream] = []

    def all_of(by: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new.get(name, name) for name in by)

    def leaf(one: Expr) -> Expr:
        if isinstance(one, Match) and isinstance(one.value, Field) and one.value.name in new:
            return replace(one, value=replace(one.value, name=new[one.value.name]))
        return one

    def change(stage: Stream) -> Stream:
        match stage:
            case Events(name=name):
                own = tuple(Column(new[one], column_of(stage, one)) for one in new if one in asked.get(name, ()))
                made.extend([Compute(stage, own)] if own else [])
                return made[-1] if own else stage
            case Compute(input, columns):
                renamed = tuple(replace(one, name=new.get(one.name, one.name)) for one in columns)
                if not isinstance(input, Compute) or not any(input is one for one in made):
                    return replace(stage, columns=renamed)
                taken = {one.name for one in renamed}
                return Compute(input.input, (*(one for one in input.columns if one.name not in taken), *renamed))
            case Aggregate(_, measures, by):
                inside = tuple(replace(one, fields=all_of(one.fields)) for one in measures)
                return replace(stage, measures=inside, by=all_of(by))
            case Sequence(by=by) | Together(by=by):
                return replace(stage, by=all_of(by))
            case Where(_, condition):
                return replace(stage, condition=replace_leaves(condition, leaf))
            case _:
                return stage

    return replace(rule, body=replace_stages(rule.body, change), fields=fields)


def _fresh(name: str, taken: tuple[str, ...], is_own: Callable[[str], bool]) -> str:
    new = f"{name}_"
    while new in taken or is_own(new):
        new += "_"
    return new
