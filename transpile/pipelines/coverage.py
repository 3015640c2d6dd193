"""How far a data model carries a rule: what it maps, and what it has no place for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from transpile.codes import Effect
from transpile.diagnostics import Report
from transpile.ir.expr import Match
from transpile.ir.match import FieldRef
from transpile.ir.rule import Rule
from transpile.ir.stream import Events
from transpile.ir.walk import all_events, leaves, value_fields
from transpile.pipelines.forms import Absent
from transpile.pipelines.logsource import narrowed
from transpile.pipelines.model import Model, ModelSource
from transpile.pipelines.needs import DEAD, DataNeed
from transpile.pipelines.places import sources_for
from transpile.pipelines.streams import apply_rule
from transpile.record import record, replace


@record
class Coverage:
    """What a data model makes of a rule: `exact`, `approximate` or `refused`.

    `known` says whether the model has a place for the log source, `missing` which of the rule's fields have none there.
    """

    outcome: str
    logsource: str
    known: bool
    missing: tuple[str, ...] = ()


def cover(rule: Rule, model: Model) -> Coverage:
    """How `model` takes `rule`; of a rule on many events, `logsource` is the first that the model has no place for."""
    report = Report()
    apply_rule(rule, model, report)
    effects = {one.effect for one in report.diagnostics}
    outcome = "refused" if Effect.REFUSED in effects else "approximate" if Effect.APPROXIMATE in effects else "exact"
    missing: dict[str, None] = {}
    logsources: dict[str, bool] = {}
    for events in all_events(rule.body):
        single = replace(rule, body=events)
        sources = sources_for(single, model)
        fields = fields_of(single)
        lacking = sorted((_missing(fields, source) for source in sources), key=len)
        missing.update(dict.fromkeys(lacking[0] if lacking else ()))
        logsources[str(single.logsource)] = bool(sources) or model.is_none
    logsource = min(logsources, key=lambda one: logsources[one], default="")
    return Coverage(outcome, logsource, all(logsources.values()), tuple(missing))


def needs_of_rules(rules: Iterable[Rule], model: Model) -> Counter[DataNeed]:
    """The data that rules need by one data model, which a profile may have restricted; counts are of rules."""
    needs: Counter[DataNeed] = Counter()
    for rule in rules:
        dead = {(DEAD, str(one.logsource)) for one in all_events(rule.body) if _is_dead(one, rule, model)}
        needs.update({*apply_rule(rule, model, Report()).needs, *dead})
    return needs


def _is_dead(events: Events, rule: Rule, model: Model) -> bool:
    return not sources_for(narrowed(replace(rule, body=events), model), model)


def fields_of(rule: Rule) -> tuple[str, ...]:
    """The names of the fields that a rule asks about, each once, in the order of the rule."""
    names: dict[str, None] = {}
    for leaf in leaves(rule.condition):
        if isinstance(leaf, Match):
            names |= dict.fromkeys(field.name for field in value_fields(leaf.value))
            if isinstance(leaf.test, FieldRef):
                names[leaf.test.field.name] = None
    return tuple(names)


def _missing(fields: tuple[str, ...], source: ModelSource) -> tuple[str, ...]:
    """Those of the fields that have no place in a source."""
    entries = {name: source.find(name) for name in fields}
    return tuple(name for name, entry in entries.items() if entry is None or isinstance(entry.how, Absent))
