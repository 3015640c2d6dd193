"""Users' pySigma pipelines: applied to pySigma's objects before a rule becomes IR."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping as Map
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from transpile.diagnostics import Diagnostic, diagnose
from transpile.dialects.sigma import codes
from transpile.ir.expr import Expr, Keyword, Match
from transpile.ir.match import Boolean, Cidr, Compare, Field, FieldType, Number
from transpile.ir.stream import LogSource
from transpile.ir.walk import replace_leaves
from transpile.pipelines.pysigma import PipelineError, load_pipelines
from transpile.record import replace
from transpile.source import Span

if TYPE_CHECKING:
    from sigma.rule import SigmaDetection, SigmaRule

_STATE = "pipeline"  # the custom key that holds what pipelines set for their backends (an index, a data model ...)


@dataclass(slots=True)
class Draft:
    """A rule between its text and IR: selections as pySigma's objects, which pipelines change.

    `metadata` are the fields of an IR rule, `places` tells where each selection of the text is. `meanings` are
    the selections in IR, where they were read without pySigma.
    """

    metadata: dict[str, Any]
    logsource: LogSource
    detections: dict[str, SigmaDetection]
    conditions: list[str]
    places: Map[str, Span]
    meanings: dict[str, Expr | None] | None = None


def apply_pipelines(draft: Draft, pipelines: tuple[Any, ...], findings: list[Diagnostic]) -> None:
    """Put a rule through pipelines. What they refuse, and what cannot be carried over, goes to `findings`."""
    if not pipelines:
        return
    try:
        loaded = [pipeline for pipeline in pipelines if not isinstance(pipeline, str)]
        names = tuple(pipeline for pipeline in pipelines if isinstance(pipeline, str))
        if names:
            loaded.append(load_pipelines(names))
        loaded.sort(key=lambda pipeline: pipeline.priority)
        rule = _to_pysigma(draft)
        state: dict[str, Any] = {}
        for pipeline in loaded:
            pipeline.apply(rule)
            state |= pipeline.state
    except PipelineError as error:
        findings.append(diagnose(codes.SIG064, name=error.name, reason=error.reason))
    except Exception as error:  # pipelines are programs of others
        reason = str(error.args[0]) if error.args else type(error).__name__
        findings.append(diagnose(codes.SIG060, reason=reason.partition("\n")[0][:200]))
    else:
        if any(pipeline.postprocessing_items or pipeline.finalizers for pipeline in loaded):
            findings.append(diagnose(codes.SIG063))
        _from_pysigma(rule, state, draft)


def on_platform(expr: Expr) -> Expr:
    """A selection that a pipeline adds: its fields are the platform's own (`index: win`), which no data model maps."""

    def leaf(one: Match | Keyword) -> Expr:
        if not isinstance(one, Match) or not isinstance(one.value, Field):
            return one
        return replace(one, value=Field(one.value.name, _TYPES.get(type(one.test), FieldType.STRING), mapped=True))

    return replace_leaves(expr, leaf)


_TYPES: Map[type, FieldType] = MappingProxyType(
    {Number: FieldType.NUMBER, Compare: FieldType.NUMBER, Boolean: FieldType.BOOLEAN, Cidr: FieldType.IP}
)


def _to_pysigma(draft: Draft) -> SigmaRule:
    """The rule as pipelines see it, with all that their conditions may ask for."""
    from sigma.rule import SigmaDetections, SigmaLevel, SigmaLogSource, SigmaRule, SigmaRuleTag, SigmaStatus

    meta = draft.metadata
    source = draft.logsource
    return SigmaRule(
        title=meta["title"],
        id=_uuid(meta["id"]),
        name=meta["name"],
        status=SigmaStatus[meta["status"].upper()] if meta["status"] else None,
        level=SigmaLevel[meta["level"].upper()] if meta["level"] else None,
        description=meta["description"],
        license=meta["license"],
        author=meta["author"],
        date=datetime.date.fromisoformat(meta["date"]) if meta["date"] else None,
        modified=datetime.date.fromisoformat(meta["modified"]) if meta["modified"] else None,
        references=list(meta["references"]),
        tags=[SigmaRuleTag.from_str(tag) for tag in meta["tags"] if "." in tag],
        fields=list(meta["fields"]),
        falsepositives=list(meta["falsepositives"]),
        custom_attributes=dict(meta.get("custom", {})),
        logsource=SigmaLogSource(source.category, source.product, source.service),
        detection=SigmaDetections(draft.detections, draft.conditions),
    )


def _from_pysigma(rule: SigmaRule, state: dict[str, Any], draft: Draft) -> None:
    """Take over what pipelines changed.

    Names of selections that pipelines add are random; they become `pipeline_1` and so on, the same each time.
    """
    fresh = [name for name in rule.detection.detections if name not in draft.places]
    free = (name for name in (f"pipeline_{number}" for number in count(1)) if name not in draft.places)
    names = dict(zip(fresh, free, strict=False))
    draft.detections = {names.get(name, name): found for name, found in rule.detection.detections.items()}
    texts = [condition.condition for condition in rule.detection.parsed_condition]
    if names:
        added = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in names))
        texts = [added.sub(lambda found: names[found.group()], text) for text in texts]
    draft.conditions = texts
    draft.logsource = LogSource(rule.logsource.category, rule.logsource.product, rule.logsource.service)
    custom = dict(rule.custom_attributes)
    if state:
        custom[_STATE] = state
    draft.metadata |= {"fields": tuple(rule.fields), "custom": custom}


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
