"""How far a data model carries a rule: what it maps, and what it has no place for."""

from __future__ import annotations

from dataclasses import dataclass

from transpile.codes import Effect
from transpile.diagnostics import Report
from transpile.ir.expr import Match
from transpile.ir.match import FieldRef
from transpile.ir.rule import Rule
from transpile.ir.walk import leaves
from transpile.pipelines.apply import apply, sources_for
from transpile.pipelines.model import Absent, Model, Source


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a data model makes of a rule: `exact`, `approximate` or `refused`.

    `known` says whether the model has a place for the log source, `missing` which of the rule's fields have none there.
    """

    outcome: str
    logsource: str
    known: bool
    missing: tuple[str, ...] = ()


def cover(rule: Rule, model: Model) -> Coverage:
    """How `model` takes `rule`."""
    report = Report()
    apply(rule, model, report)
    effects = {one.effect for one in report.diagnostics}
    outcome = "refused" if Effect.REFUSED in effects else "approximate" if Effect.APPROXIMATE in effects else "exact"
    sources = sources_for(rule, model)
    fields = fields_of(rule)
    missing = min((_missing(fields, source) for source in sources), key=len, default=())
    return Coverage(outcome, str(rule.logsource), bool(sources) or model.is_none, missing)


def fields_of(rule: Rule) -> tuple[str, ...]:
    """The names of the fields that a rule asks about, each once, in the order of the rule."""
    names: dict[str, None] = {}
    for leaf in leaves(rule.condition):
        if isinstance(leaf, Match):
            names[leaf.field.name] = None
            if isinstance(leaf.test, FieldRef):
                names[leaf.test.field.name] = None
    return tuple(names)


def _missing(fields: tuple[str, ...], source: Source) -> tuple[str, ...]:
    """Those of the fields that have no place in a source."""
    entries = {name: source.find(name) for name in fields}
    return tuple(name for name, entry in entries.items() if entry is None or isinstance(entry.how, Absent))
