"""Puts a rule through a data model backwards: a platform's fields, values and tables become Sigma's.

The same YAML files serve both ways. Of the log sources that the models know, the one is chosen whose data set and
conditions the rule names, and which knows most of its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import assert_never

from transpile.diagnostics import Report
from transpile.ir.expr import Match
from transpile.ir.rule import Rule
from transpile.ir.stream import (
    Aggregate,
    Column,
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
from transpile.ir.walk import all_events, leaves, replace_events, value_fields
from transpile.pipelines import codes, load
from transpile.pipelines.attempt import Attempt, index_of
from transpile.pipelines.branches import as_element, branches
from transpile.pipelines.model import NONE, Model, ModelPlace, ModelSource
from transpile.pipelines.places import conjuncts
from transpile.pipelines.systems import is_of_macos, is_of_windows, is_within, reads_index
from transpile.pipelines.told import Told
from transpile.pipelines.unions import Again, ReadQuery, made_alike, merged, never_again, unions
from transpile.record import record
from transpile.record import replace as changed
from transpile.source import Source as Text

Steps = tuple[tuple[str, str, ModelPlace], ...]


@record
class Restored:
    """A rule in Sigma's names, the sources that it was taken to read, and what was done."""

    rule: Rule
    sources: tuple[ModelSource, ...] = ()
    steps: Steps = ()
    made: ReadQuery | None = None  # the rule as a data model makes it, where that is the whole query


Category = Callable[[str], tuple[str, str] | None]


def _no_category(data_set: str) -> tuple[str, str] | None:
    return None


def restore(
    rule: Rule,
    models: Iterable[Model],
    report: Report,
    category: Category = _no_category,
    again: Again = never_again,
) -> Restored:
    """The rule as Sigma would say it. Never raises.

    `category` gives the column and the value by which queries on a data set tell its events, where the language has
    such a column. `again` writes a rule by a data model and reads it, which tells whether several tables are asked for
    the events of one log source as the model asks them.

    A field that no model knows keeps its name, with a note. A condition by which the log source's events are told and
    that the rule does not ask for makes the result narrower, which the report says.
    """
    candidates = [(source, model) for model in models for source in sources_of(model)]
    used: list[ModelSource] = []
    steps: dict[tuple[str, str, ModelPlace], None] = {}
    chosen: dict[int, Attempt] = {}
    for events in all_events(rule.body):
        attempt = _best(events, candidates, category, rule)
        if attempt is not None:
            chosen[id(events)] = attempt
            used.append(attempt.source)
            steps.update(dict.fromkeys(attempt.steps))
    if not chosen:
        report.note(codes.MAP013, rule.span)
        if len(rule.meant_for) == 1:
            (named,) = rule.meant_for
            rule = changed(rule, body=replace_events(rule.body, lambda one: changed(one, logsource=named)))
        return Restored(rule)
    found = {id(one): whole for one in unions(rule.body) if (whole := _whole(one, chosen, again))}
    wholes = {place: events for place, (events, _) in found.items()}
    covered = {id(one) for union in unions(rule.body) if id(union) in wholes for one in union.inputs}
    for place, attempt in chosen.items():
        if place not in covered:
            attempt.tell(report)
    body = _rebuild(rule.body, chosen, wholes)
    shown = dict.fromkeys(name for field in rule.fields if (name := _shown(field, used)))
    parts = rule.parts if not wholes else ()
    made = found[id(rule.body)][1] if id(rule.body) in found else None
    return Restored(changed(rule, body=body, fields=tuple(shown), parts=parts), tuple(used), tuple(steps), made)


def _whole(union: Union, chosen: Mapping[int, Attempt], again: Again) -> tuple[Events, ReadQuery | None] | None:
    """The events of one log source that the tables of a union are asked for; None where they differ.

    With them what a data model makes of them, where only that shows that they are the same.
    """
    attempts = [chosen.get(id(one)) for one in union.inputs]
    first = attempts[0]
    if first is None or not first.is_exact:
        return None
    results = [attempt.result for attempt in attempts if attempt and attempt.is_exact]
    if len(results) == len(attempts) and (found := merged(results)):
        return found, None
    made = made_alike(Rule("", changed(first.result, name=""), Text("")), first.model, union, again)
    return (first.result, made) if made else None


def _shown(field: str, sources: Iterable[ModelSource]) -> str | None:
    """Sigma's name of a field that alerts show, which a rule can do without."""
    found = (index_of(source).find(field) for source in sources)
    return next((one[0] for one in found if one), None)


@lru_cache(maxsize=16)
def sources_of(model: Model) -> tuple[ModelSource, ...]:
    """Every source of a model's own once, in the order of the file; of one that reads several tables, one for each."""
    found = {id(source): source for sources in model.sources.values() for source in sources if not source.lent}
    return tuple(branch for source in found.values() for branch in branches(source))


def _best(
    events: Events, candidates: list[tuple[ModelSource, Model]], category: Category, rule: Rule
) -> Attempt | None:
    """The attempt that fits best, or None where no source knows any of the rule's fields.

    Where the rule's file names log sources or index patterns, no other source is tried.
    """
    tested = [leaf.value for leaf in leaves(events.condition) if isinstance(leaf, Match)]
    names = {one.name for value in tested for one in value_fields(value)}
    names |= {one.name for value in tested if (one := as_element(value))}
    windows, macos = is_of_windows(events), is_of_macos(events)
    parts = list(conjuncts(events.condition))
    told: dict[tuple[tuple[str, str], ...], list[Told]] = {}
    meant_for = rule.meant_for
    best: Attempt | None = None
    for source, model in candidates:
        if not _same_data_set(events.dataset, source.dataset):
            continue
        if names.isdisjoint(_telling(source)) and not any(
            name in source.read or index_of(source).find(name) for name in names
        ):
            continue
        product = source.kind.logsources[0].product
        if meant_for and not any(is_within(source.kind.logsources[0], one) for one in meant_for):
            continue
        if not reads_index(source, rule.index):
            continue
        same = tuple(source.same.items())
        if same not in told:
            told[same] = [Told.of(part, source.same) for part in parts]
        only = {one.product for one in meant_for} == {product}
        attempt = Attempt(source, model, events, told[same], category(source.dataset or ""), only=only)
        attempt.run(best.misfits if best else None)
        # One data set may hold the events of several systems; then the rule's own paths tell which is meant.
        guess = False if windows is None and attempt.bare_name else windows
        attempt.other_system = guess is not None and (product == "windows") is not guess
        attempt.other_system |= macos and product != "macos"
        if attempt.contradicts or (not attempt.consumed and attempt.misfits > attempt.mapped):
            continue  # the query asks for other events, or has hardly anything in common with the source
        if best is None or attempt.rank < best.rank:
            best = attempt
        elif attempt.rank == best.rank and attempt.product != best.product and windows is not True:
            best.others = True
    return best


@lru_cache(maxsize=4096)
def _telling(source: ModelSource) -> frozenset[str]:
    """The fields by which queries tell the events of a source."""
    keywords = (one.name for one in source.keywords)
    return frozenset((*(one.field.name for one in source.where), *(field for field, _ in source.logs), *keywords))


def _same_data_set(named: str | None, source: str | None) -> bool:
    """Whether the data set that a query names is the source's, which may say more (`Table | extend ...`)."""
    if named in (None, "", "any") or source in (None, "", "any"):
        return (named or "any") == "any" or source in (None, "", "any")
    assert named is not None
    assert source is not None
    return source.casefold() == named.casefold() or source.partition("|")[0].strip().casefold() == named.casefold()


def _rebuild(stream: Stream, chosen: Mapping[int, Attempt], wholes: Mapping[int, Events]) -> Stream:
    """The stream with its events mapped, and the columns of its stages named as they are."""

    def go(one: Stream) -> tuple[Stream, Attempt | None]:
        match one:
            case Events():
                attempt = chosen.get(id(one))
                return (attempt.result, attempt) if attempt else (one, None)
            case Where(input):
                inner, attempt = go(input)
                return changed(one, input=inner), attempt
            case Compute(input, columns):
                inner, attempt = go(input)
                if attempt:
                    columns = tuple(Column(column.name, attempt.value(column.value)) for column in columns)
                return changed(one, input=inner, columns=columns), attempt
            case Aggregate(input, measures, by):
                inner, attempt = go(input)
                if attempt is None or isinstance(input, Compute):
                    return changed(one, input=inner), attempt
                named = tuple(changed(one_, fields=tuple(map(attempt.name, one_.fields))) for one_ in measures)
                return changed(one, input=inner, measures=named, by=tuple(map(attempt.name, by))), attempt
            case Sequence(steps, by, until=until):
                inners = [go(step.input) for step in steps]
                news = tuple(changed(step, input=new) for step, (new, _) in zip(steps, inners, strict=True))
                by = _keys(by, [attempt for _, attempt in inners], [step.input for step in steps])
                return changed(one, steps=news, by=by, until=until and go(until)[0]), inners[0][1]
            case Together(streams, by):
                inners = [go(each) for each in streams]
                by = _keys(by, [attempt for _, attempt in inners], list(streams))
                return changed(one, inputs=tuple(new for new, _ in inners), by=by), inners[0][1]
            case Union(streams) if id(one) in wholes:
                return wholes[id(one)], chosen[id(streams[0])]
            case Union(streams):
                inners = [go(each) for each in streams]
                return changed(one, inputs=tuple(new for new, _ in inners)), inners[0][1] if inners else None
            case Join(left, right):
                return changed(one, left=go(left)[0], right=go(right)[0]), None
            case OpaqueStage(input):
                return (changed(one, input=go(input)[0]) if input else one), None
            case _:
                assert_never(one)

    return go(stream)[0]


def _keys(by: tuple[str, ...], attempts: list[Attempt | None], inputs: list[Stream]) -> tuple[str, ...]:
    """The keys of a stage: computed ones keep their names; fields that all inputs have under one name get Sigma's."""
    if any(isinstance(one, Compute) for one in inputs) or not all(attempts):
        return by
    named = [tuple(attempt.name(key) for key in by) for attempt in attempts if attempt]
    return named[0] if len(set(named)) == 1 else by


def models_for(target: str) -> tuple[Model, ...]:
    """The data models that serve a language, which its rules are read by when none is named."""
    found = (load.load(name) for name in load.names() if name != NONE)
    return tuple(model for model in found if target in model.target)
