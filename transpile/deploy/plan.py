"""From rules to the files of a deployment: convert, choose, name, render, and keep account of every rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from transpile.batch import TIMEOUT, with_library
from transpile.batch.find import RuleFile
from transpile.batch.here import convert_here
from transpile.conversion import Conversion, Options, Status
from transpile.deploy import codes
from transpile.deploy.base import Platform
from transpile.deploy.item import Candidate, Item, items
from transpile.deploy.output import File, digest, manifest
from transpile.deploy.settings import Config
from transpile.deploy.templates import Templates
from transpile.deploy.threshold import Threshold
from transpile.diagnostics import Diagnostic, diagnose
from transpile.ir.walk import all_events
from transpile.pipelines.needs import DATA, DataNeed, rows
from transpile.record import record

PLATFORMS = ("splunk", "elastic", "sentinel", "defender", "secops")


@cache
def platform(name: str) -> Platform:
    """The platform of this name. Raises `ValueError`, naming the known ones, if there is none."""
    if name not in PLATFORMS:
        raise ValueError(f"no platform {name!r}; there are {', '.join(PLATFORMS)}")
    found: Platform = import_module(f"transpile.deploy.{name}").PLATFORM
    return found


@record
class DeployOutcome:
    """What became of one rule: deployed (`item` is set), or not, for the reasons in `diagnostics`."""

    conversion: Conversion
    source_hash: str
    diagnostics: tuple[Diagnostic, ...]
    item: Item | None = None

    @property
    def status(self) -> str:
        """`exact` or `approximate` where a query is deployed or only serves correlations, else `refused` or `error`."""
        if self.item is None and not self.is_base and self.conversion.status in (Status.EXACT, Status.APPROXIMATE):
            return Status.REFUSED.value
        return self.conversion.status.value

    @property
    def is_base(self) -> bool:
        """Whether the rule only serves correlations, which are deployed in its place."""
        return self.conversion.rule is not None and self.conversion.rule.is_base

    def to_dict(self) -> dict[str, Any]:
        """The outcome as JSON-ready values: a row of the manifest."""
        return {
            "id": self.item.id if self.item else self.conversion.id,
            "title": self.conversion.title,
            "path": self.conversion.path,
            "source": self.source_hash,
            "status": self.status,
            "language": self.item.language if self.item else None,
            "enabled": self.item.settings.enabled if self.item else False,
            "name": self.item.stem if self.item else None,
            "query": digest(self.item.query) if self.item else None,
            "diagnostics": [diagnostic.to_dict() for diagnostic in self.diagnostics],
        }


@record
class Deployment:
    """All files of a deployment, its manifest among them, and what became of each rule, in order."""

    files: tuple[File, ...]
    outcomes: tuple[DeployOutcome, ...]


def plan(
    files: Sequence[RuleFile],
    platform_name: str,
    *,
    format_: str | None = None,
    config: Config | None = None,
    templates: Path | None = None,
    models: tuple[str, ...] = (),
    pipelines: tuple[str, ...] = (),
    filters: tuple[str, ...] = (),
    allow_approximate: bool = False,
    windows: str = "sliding",
    progress: Callable[[int, int], None] | None = None,
) -> Deployment:
    """The deployment of every rule in `files` (`batch.find` finds them) to a platform; nothing is written.

    `format_` is one of the platform's, its first if None. Raises `ValueError` for a platform, format or data model
    that there is not, and `jinja2.TemplateError` for a broken template of the user's.
    """
    target = platform(platform_name)
    options = Options(
        targets=target.dialects,
        models=models or ((target.model,) if target.model else ()),
        pipelines=pipelines,
        allow_approximate=allow_approximate,
        windows=windows,
        filters=filters,
    )
    outcomes = list(outcomes_of(files, options, progress))
    return assemble(
        outcomes, target, format_=format_, config=config, templates=templates, allow_approximate=allow_approximate
    )


def assemble(
    outcomes: Sequence[DeployOutcome],
    target: Platform,
    *,
    format_: str | None = None,
    config: Config | None = None,
    templates: Path | None = None,
    allow_approximate: bool = False,
) -> Deployment:
    """The second half of `plan`: converted rules with their names and settings, rendered."""
    known = config or Config()
    outcomes = [_settled(outcome, target, known, allow_approximate) for outcome in outcomes]
    chosen = format_ or target.formats[0]
    if chosen not in target.formats:
        raise ValueError(f"{target.name} has no format {chosen!r}; it has {', '.join(target.formats)}")
    deployable = [outcome for outcome in outcomes if _is_deployable(outcome.conversion)]
    candidates = [_candidate(outcome.conversion) for outcome in deployable]
    named = dict(zip(map(id, deployable), items(candidates, known), strict=True))
    finished = tuple(_finish(outcome, named.get(id(outcome)), target) for outcome in outcomes)
    rendered = list(target.render([one.item for one in finished if one.item], chosen, Templates(templates)))
    listed = manifest((one.to_dict() for one in finished), rendered, rows(needs_of_outcomes(finished)))
    return Deployment((*rendered, listed), finished)


def needs_of_outcomes(outcomes: Iterable[DeployOutcome]) -> Counter[DataNeed]:
    """The data that the deployed rules need; counts are of rules."""
    return Counter(need for one in outcomes if one.item for need in one.conversion.needs)


def outcomes_of(
    files: Sequence[RuleFile],
    options: Options,
    progress: Callable[[int, int], None] | None = None,
    timeout: float = TIMEOUT,
) -> Iterator[DeployOutcome]:
    """What became of each rule in the one language of the options, in order; no `item` is set yet."""
    options = with_library(files, options)
    for done, file in enumerate(files, start=1):
        source, conversions = convert_here(file, options, timeout)
        hash_ = digest(source.text) if source else ""
        for conversion in choose(conversions, len(options.targets)):
            yield _outcome(conversion, hash_)
        if progress:
            progress(done, len(files))


def choose(conversions: Sequence[Conversion], languages: int) -> Iterator[Conversion]:
    """Of each rule's conversions to so many languages one: the first that is exact, else approximate, else refused."""
    for start in range(0, len(conversions), languages):
        yield min(conversions[start : start + languages], key=lambda one: _PREFERENCE.index(one.status))


_PREFERENCE = (Status.EXACT, Status.APPROXIMATE, Status.REFUSED, Status.ERROR)


def _settled(outcome: DeployOutcome, target: Platform, config: Config, allow_approximate: bool) -> DeployOutcome:
    """The outcome in the form that the settings of its rule ask for."""
    if outcome.conversion.rule is None:
        return outcome
    settings = config.settings(outcome.conversion.rule, outcome.conversion.path)
    conversion = target.settle(outcome.conversion, settings, allow_approximate)
    return outcome if conversion is outcome.conversion else _outcome(conversion, outcome.source_hash)


def _outcome(conversion: Conversion, hash_: str) -> DeployOutcome:
    return DeployOutcome(conversion, hash_, conversion.diagnostics)


def _is_deployable(conversion: Conversion) -> bool:
    """Whether there is a query that may raise alerts: that of a rule that only serves correlations may not."""
    rule = conversion.rule
    return conversion.query is not None and rule is not None and not rule.is_base


def _candidate(conversion: Conversion) -> Candidate:
    assert conversion.rule is not None
    assert conversion.query is not None
    mapped = conversion.mapped
    return Candidate(
        rule=conversion.rule,
        query=conversion.query,
        approximate=conversion.status is Status.APPROXIMATE,
        path=conversion.path,
        dataset=next((events.dataset for events in all_events(mapped.body)), None) if mapped else None,
        language=conversion.target,
        result=conversion.result,
        data=tuple(name for kind, name in conversion.needs if kind == DATA),
        threshold=conversion.tree.to_dict() if isinstance(conversion.tree, Threshold) else None,
    )


def _finish(outcome: DeployOutcome, item: Item | None, target: Platform) -> DeployOutcome:
    """The outcome with its item, or with what the platform has against it."""
    if item is None:
        return outcome
    problems = [(codes.DEP004, {})] if item.timespan is None else list(target.problems(item))
    against = tuple(diagnose(code, item.rule.span, **facts) for code, facts in problems)
    diagnostics = outcome.diagnostics + against
    return DeployOutcome(outcome.conversion, outcome.source_hash, diagnostics, None if against else item)
