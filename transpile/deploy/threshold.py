"""Kibana's threshold rules: enough events, or different values, of a group among all that one run looks back on.

Such a rule has a query, up to five fields of the group (three before Kibana 9.2), a least number of events, and one of
different values of a field (https://www.elastic.co/docs/solutions/security/detect-and-alert/create-detection-rule). A
run puts events into the buckets of a composite aggregation, and counts values by a cardinality aggregation
(https://www.elastic.co/docs/reference/aggregations/search-aggregations-metrics-cardinality-aggregation).
"""

from __future__ import annotations

import math
from typing import Any

from transpile import dialects
from transpile.codes import Effect
from transpile.conversion import Conversion, Status, withhold
from transpile.deploy.codes import DEP008, DEP009
from transpile.deploy.settings import DeploySettings
from transpile.diagnostics import Diagnostic, Report, diagnose
from transpile.dialects.base import Result
from transpile.dialects.kuery.words import is_analysed
from transpile.dialects.needs import fit, needs_of
from transpile.ir.expr import Match, Or
from transpile.ir.match import Compare, Field, Order
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Events, MeasureKind, Stream, Union, Where, Window, WindowKind
from transpile.record import record, replace

_GROUP_FIELDS = 5
_COUNTED = 3000  # different values are counted, and more of them estimated, by the default `precision_threshold`
_LANGUAGE = "lucene"  # of the two that a threshold rule takes the one that can ignore case
_REPLACED = ("EQL", "ESQ")  # prefixes of what is said of the query that the threshold rule replaces
_SEVERAL = "it counts events of several data sets, or by a column that is computed"


@record
class Threshold:
    """What a threshold rule asks of the events of its query: at least `value` in each group of `fields`.

    `cardinality`: a field, and how many different values of it there must be at least.
    """

    fields: tuple[str, ...]
    value: int
    cardinality: tuple[str, int] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The rule's `threshold`, as the API takes it."""
        found: dict[str, Any] = {"field": list(self.fields), "value": self.value}
        if self.cardinality:
            field, value = self.cardinality
            found["cardinality"] = [{"field": field, "value": value}]
        return found

    @property
    def excess(self) -> str | None:
        """What of this Kibana does not take; the words of text fields are not values to count."""
        named = (*self.fields, *(self.cardinality or ())[:1])
        if text := next((name for name in named if is_analysed(str(name))), None):
            return f"{text} is a text field"
        if len(self.fields) > _GROUP_FIELDS:
            return f"it takes {_GROUP_FIELDS} fields of the group at most"
        if self.cardinality and self.cardinality[1] > _COUNTED:
            return f"it estimates numbers of different values above {_COUNTED:,}"
        return None


def as_threshold(conversion: Conversion, settings: DeploySettings, allow_approximate: bool) -> Conversion:
    """The conversion of a rule that counts as a threshold rule where `settings` ask for one; its tree is a `Threshold`.

    Every other rule stays as it is, and so does, with a note, one that counts what a threshold rule cannot.
    """
    rule = conversion.mapped
    counted = _counted(rule.body) if rule is not None and settings.threshold else None
    if rule is None or counted is None:
        return conversion
    threshold, events, window = counted
    said = [one for one in conversion.diagnostics if not one.kind.id.startswith(_REPLACED)]
    if any(one.effect not in (Effect.APPROXIMATE, Effect.NOTE) for one in said):
        return conversion
    said.append(diagnose(DEP008, rule.span, seconds=window.seconds))
    query, reason = _query(replace(rule, body=events), said) if events else ("", _SEVERAL)
    if reason := threshold.excess or reason:
        note = diagnose(DEP009, rule.span, reason=reason)
        return replace(conversion, diagnostics=(*conversion.diagnostics, note))
    made = replace(
        conversion,
        target=_LANGUAGE,
        status=Status.APPROXIMATE,
        query=query,
        tree=threshold,
        result=Result(threshold.fields, None, None, None),
        diagnostics=tuple(said),
    )
    return made if allow_approximate else withhold(made)


def _counted(body: Stream) -> tuple[Threshold, Events | None, Window] | None:
    """The events that a rule counts, its measure and its time span, if its only condition is a lower bound.

    The events are None where no one query finds them and their groups.
    """
    match body:
        case Where(
            Aggregate(input, (measure,), by, Window(kind=WindowKind.SLIDING) as window),
            Match(Field(name), Compare(Order.GTE | Order.GT as order, number)),
        ) if name == measure.name:
            least = max(1, math.floor(number) + 1 if order is Order.GT else math.ceil(number))
        case _:
            return None
    match measure.kind, measure.fields:
        case MeasureKind.COUNT, _:
            return Threshold(by, least), _in_one(input), window
        case MeasureKind.DISTINCT, (field,):
            return Threshold(by, 1, (field, least)), _in_one(input), window
        case _:
            return None


def _in_one(stream: Stream) -> Events | None:
    """The events of a stream as one, if they are of one data set."""
    match stream:
        case Events():
            return stream
        case Union((Events() as first, *_) as inputs):
            alike = [one for one in inputs if isinstance(one, Events) and one.dataset == first.dataset]
            if len(alike) == len(inputs):
                return replace(first, condition=Or(tuple(one.condition for one in alike)))
    return None


def _query(rule: Rule, said: list[Diagnostic]) -> tuple[str, str]:
    """The query for the events that are counted, or why none means just these; notes are added to `said`."""
    dialect, report = dialects.load(_LANGUAGE), Report()
    assert dialect.lower is not None
    rule, _ = fit(rule, needs_of(rule), dialect, report, rule.source)
    tree = None if report.diagnostics else dialect.lower(rule, report)
    refused = [one.message for one in report.diagnostics if one.effect is not Effect.NOTE]
    if tree is None or refused:
        return "", refused[0]
    said += report.diagnostics
    return dialect.print(tree), ""
