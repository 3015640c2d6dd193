"""Whole folders of rules moved to one platform or language: a file for each rule, and what became of each.

A rule that the platform's importer takes gets a deploy file; any other rule that has a query gets the query alone, in
`queries/`. The reports are made from `Migrated` by `report.migration`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import TemplateError

from transpile import dialects
from transpile.batch import TIMEOUT
from transpile.batch.find import RuleFile
from transpile.codes import Direction, failures
from transpile.conversion import Conversion, Options, Status
from transpile.deploy import codes
from transpile.deploy.base import Platform
from transpile.deploy.output import File, slug, unique
from transpile.deploy.plan import PLATFORMS, Deployment, DeployOutcome, assemble, outcomes_of, platform
from transpile.deploy.settings import Config
from transpile.diagnostics import Diagnostic, diagnose
from transpile.record import record

RULE_FOLDERS = ("rules", "detections")  # where the formats with one file for each rule have these files, in order


@record
class Target:
    """Where rules move to: languages by preference, a data model, and the platform whose importer takes the files."""

    name: str
    languages: tuple[str, ...]
    model: str | None = None
    platform: Platform | None = None


@record
class Migrated:
    """What became of one rule. `language` is that of its text; `output` the path of its file, None without one.

    `text`, `query` and `left` are for pages that show both sides: the rule's text as far as it was read, what was
    written, and the pieces of the text that are not in it and bear on what matches.
    """

    source: str
    language: str
    title: str | None
    id: str | None
    verdict: Status
    diagnostics: tuple[Diagnostic, ...]
    output: str | None
    text: str = ""
    query: str = ""
    left: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The rule as JSON-ready values: an object of `report.json`."""
        return {
            "source": self.source,
            "language": self.language,
            "title": self.title,
            "id": self.id,
            "verdict": self.verdict.value,
            "findings": [{**one.to_dict(), "direction": one.direction.value} for one in self.diagnostics],
            "output": self.output,
        }


@record
class Migration:
    """The rules in order, the files for them, and the manifest's row of each rule."""

    target: str
    rules: tuple[Migrated, ...]
    files: tuple[File, ...]
    rows: tuple[dict[str, Any], ...]


def choose_target(name: str) -> Target:
    """A platform or language by name. Raises `ValueError`, naming the known ones, if there is none."""
    if name in PLATFORMS:
        found = platform(name)
        return Target(name, found.dialects, found.model, found)
    if name in dialects.writers():
        return Target(name, (name,))
    raise ValueError(f"no target {name!r}; expected one of {', '.join((*PLATFORMS, *dialects.writers()))}")


def migrate(
    files: Sequence[RuleFile],
    target: Target,
    options: Options,
    config: Config | None = None,
    progress: Callable[[int, int], None] | None = None,
    timeout: float = TIMEOUT,
) -> Migration:
    """Every rule of `files` for a target; nothing is written. `options` name the target's languages.

    A file that takes longer than `timeout` seconds to convert is a rule that could not be read.
    """
    outcomes = [_encodable(outcome) for outcome in outcomes_of(files, options, progress, timeout)]
    rendered: dict[int, str] = {}
    texts: list[File] = []
    if target.platform is not None:
        deployment = _assemble(outcomes, target.platform, config or Config(), options.allow_approximate)
        outcomes, texts = list(deployment.outcomes), list(deployment.files[:-1])  # without the manifest
        deployed = [place for place, outcome in enumerate(outcomes) if outcome.item is not None]
        paths = [file.path for file in texts if PurePosixPath(file.path).parts[0] in RULE_FOLDERS]
        rendered = dict(zip(deployed, paths, strict=True))
    bare = dict(_bare(outcomes))
    texts += bare.values()
    rules = tuple(
        _migrated(outcome, rendered.get(place) or (bare[place].path if place in bare else None))
        for place, outcome in enumerate(outcomes)
    )
    return Migration(target.name, rules, tuple(texts), tuple(outcome.to_dict() for outcome in outcomes))


def _assemble(outcomes: list[DeployOutcome], target: Platform, config: Config, allow_approximate: bool) -> Deployment:
    """The deployment; a rule that cannot be rendered is marked as failed, and the others stay."""

    def render(some: list[DeployOutcome]) -> Deployment:
        made = assemble(some, target, format_=target.per_rule, config=config, allow_approximate=allow_approximate)
        for file in made.files:
            file.text.encode()
        return made

    try:
        return render(outcomes)
    except TemplateError:
        raise
    except Exception:
        return render([_checked(outcome, render) for outcome in outcomes])


def _checked(outcome: DeployOutcome, render: Callable[[list[DeployOutcome]], Deployment]) -> DeployOutcome:
    """The outcome, or its failure where it cannot be rendered even alone."""
    try:
        render([outcome])
    except Exception as error:
        return _failed(outcome, str(error))
    return outcome


def _failed(outcome: DeployOutcome, reason: str) -> DeployOutcome:
    why = diagnose(failures.IO006, reason=reason)
    return replace(
        outcome,
        conversion=replace(outcome.conversion, status=Status.ERROR, query=None),
        diagnostics=(*outcome.diagnostics, why),
    )


def _encodable(outcome: DeployOutcome) -> DeployOutcome:
    """The outcome, or its failure where the query holds half a surrogate pair, which no file can."""
    try:
        (outcome.conversion.query or "").encode()
    except UnicodeEncodeError as error:
        return _failed(outcome, str(error))
    return outcome


def _bare(outcomes: list[DeployOutcome]) -> Iterator[tuple[int, File]]:
    """The queries of rules without a deploy file, each with the place of its outcome."""
    chosen = [(place, one) for place, one in enumerate(outcomes) if one.item is None and _is_alert(one)]
    names = unique((slug(_name(one)), one.conversion.id or one.source_hash) for _, one in chosen)
    for (place, one), name in zip(chosen, names, strict=True):
        ending = dialects.load(one.conversion.target).extension
        mark = ".approximate" if one.conversion.status is Status.APPROXIMATE else ""
        yield place, File(f"queries/{name}{mark}{ending}", f"{one.conversion.query}\n")


def _is_alert(outcome: DeployOutcome) -> bool:
    """Whether a rule's query raises alerts and lacks nothing but a deploy file."""
    rule = outcome.conversion.rule
    if outcome.conversion.query is None or rule is None or rule.is_base:
        return False
    refusals = [one for one in outcome.diagnostics[len(outcome.conversion.diagnostics) :] if one.kind != codes.DEP004]
    return not refusals


def _name(outcome: DeployOutcome) -> str:
    return outcome.conversion.title or PurePosixPath(Path(outcome.conversion.path).as_posix()).stem


@cache
def _languages() -> tuple[str, dict[str, str]]:
    """The language of files that name none, which is the one that reads whole files; and languages by file ending."""
    readers = [dialects.load(name) for name in dialects.readers()]
    endings = {ending: one.name for one in readers for ending in one.extensions}
    return next(one.name for one in readers if one.read is not None), endings


def _language(conversion: Conversion) -> str:
    """The language of a rule, by the ending of its file where it could not be read."""
    own, endings = _languages()
    if conversion.origin:
        return conversion.origin.language
    return own if conversion.rule else endings.get(PurePosixPath(conversion.path).suffix, own)


def _migrated(outcome: DeployOutcome, output: str | None) -> Migrated:
    conversion = outcome.conversion
    return Migrated(
        conversion.path,
        _language(conversion),
        conversion.title,
        conversion.id,
        conversion.status if output else Status(outcome.status),
        outcome.diagnostics,
        output,
        conversion.rule.source.text.strip("\n") if conversion.rule else "",
        conversion.query or "",
        tuple(one.text for one in conversion.left if one.effect is not Direction.EXACT),
    )
