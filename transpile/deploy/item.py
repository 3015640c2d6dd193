"""What is deployed: one rule with its query, its settings and what its tags say of ATT&CK."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from transpile import attack
from transpile.deploy.escape import clean, cut, one_line
from transpile.deploy.output import slug, unique
from transpile.deploy.settings import OFF, Config, DeploySettings
from transpile.deploy.timespan import timespan
from transpile.dialects.base import Result
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.ir.walk import all_events
from transpile.record import record

# The namespace of the identifiers made for rules that have none; any fixed UUID serves.
_NAMESPACE = uuid.UUID("6f2a1c1e-6a43-4b0d-9e0c-3d1f3c8f5a11")


_LEAST_DESCRIPTION = 1000  # characters of a description that credits leave room for


@record
class Item:
    """One rule to deploy. `stem` is its file name without ending, unique in the deployment; `id` is a UUID.

    `title` and `description` are clean text (no control characters); `path` is where the rule was read, `dataset`
    what the data model calls the place of its events (a Kusto table), of the first stream where there are several.
    `language` is the query's dialect. `result` names the columns that tell the alerts of a rule on several events
    apart; it is None for a rule on single events. `data` names what fills the places that the query reads.
    `threshold` is what a threshold rule of Kibana asks of the events of its query.
    """

    rule: Rule
    query: str
    approximate: bool
    path: str
    dataset: str | None
    language: str
    result: Result | None
    data: tuple[str, ...]
    settings: DeploySettings
    id: str
    stem: str
    title: str
    description: str
    coverage: attack.AttackTags
    threshold: Mapping[str, Any] | None = None

    @property
    def logsource(self) -> LogSource:
        """Which logs the rule reads; of several log sources, what they have in common."""
        sources = [events.logsource for events in all_events(self.rule.body)]
        return LogSource(
            _common(source.category for source in sources),
            _common(source.product for source in sources),
            _common(source.service for source in sources),
        )

    @property
    def timespan(self) -> int | None:
        """The minutes that the events of one alert may span: 0 for single events, None where nothing limits them."""
        seconds = timespan(self.rule.body)
        return None if seconds is None else -(-seconds // 60)

    @property
    def window(self) -> int:
        """The minutes that each run looks at, before any lag: every alert whose last event is new lies within."""
        needed = self.settings.interval + (self.timespan or 0)
        if self.result is not None and self.rule.language:  # a query whose file says how far it looks back
            needed = max(needed, _minutes(self.rule.custom.get("lookback")))
        return max(self.settings.lookback, needed)

    @property
    def disabled_by_status(self) -> bool:
        """Whether the rule would be enabled but for its status."""
        return not self.settings.enabled and self.rule.status in OFF and "enabled" not in self.settings.given

    @property
    def group(self) -> tuple[str, ...]:
        """The columns of the query's rows that hold what an alert is about; none for a rule on single events."""
        return self.result.group if self.result else ()

    def described(self, limit: int | None = None) -> str:
        """The description and whom it is due to, for platforms without fields for that; at most `limit` characters.

        Author, references, false positives and licence stay whole where the description is cut; a licence such as
        DRL 1.1 asks for the author's name wherever the rule goes.
        """
        rule = self.rule
        facts = (
            ("Author", self.settings.author or rule.author or ""),
            ("License", rule.license or ""),
            ("False positives", "; ".join(rule.falsepositives)),
            ("References", ", ".join(rule.references)),
        )
        credits = "\n".join(f"{name}: {one_line(text)}" for name, text in facts if one_line(text))
        if limit is None:
            return f"{self.description}\n\n{credits}".strip()
        credits = cut(credits, limit - _LEAST_DESCRIPTION)
        return f"{cut(self.description, limit - len(credits) - 2)}\n\n{credits}".strip()

    @property
    def technique_ids(self) -> list[str]:
        """The ids of the techniques that the rule is tagged with."""
        return [technique.id for technique in self.coverage.techniques]


@record
class Candidate:
    """A converted rule before it has a name among the others."""

    rule: Rule
    query: str
    approximate: bool
    path: str
    dataset: str | None = None
    language: str = ""
    result: Result | None = None
    data: tuple[str, ...] = ()
    threshold: Mapping[str, Any] | None = None


def items(candidates: Iterable[Candidate], config: Config) -> Iterator[Item]:
    """The items for converted rules, in the given order, each with a stable id and a name of its own.

    A rule without a UUID gets one made from its path and title; a second rule of the same id likewise.
    """
    found = list(candidates)
    ids = _identities(found)
    stems = unique((slug(candidate.rule.title), id_) for candidate, id_ in zip(found, ids, strict=True))
    for candidate, id_, stem in zip(found, ids, stems, strict=True):
        rule = candidate.rule
        settings = config.settings(rule, candidate.path)
        name = settings.name.format(title=rule.title, id=rule.id or id_, level=rule.level or "medium")
        yield Item(
            rule=rule,
            query=candidate.query,
            approximate=candidate.approximate,
            path=candidate.path,
            dataset=candidate.dataset,
            language=candidate.language,
            result=candidate.result,
            data=candidate.data,
            settings=settings,
            id=id_,
            stem=stem,
            title=cut(one_line(settings.name_prefix + name), 240) or "Untitled rule",
            description=clean(rule.description or rule.title).strip(),
            coverage=attack.coverage(rule.tags),
            threshold=candidate.threshold,
        )


def _common(words: Iterable[str | None]) -> str | None:
    found = set(words)
    return found.pop() if len(found) == 1 else None


def _minutes(seconds: object) -> int:
    return -(-seconds // 60) if isinstance(seconds, int) else 0


def _identities(candidates: list[Candidate]) -> list[str]:
    taken: set[str] = set()
    ids = []
    for candidate in candidates:
        try:
            id_ = str(uuid.UUID(candidate.rule.id or ""))
        except ValueError:
            id_ = ""
        if not id_ or id_ in taken:
            count = 0
            while not id_ or id_ in taken:
                name = f"{candidate.path}\n{candidate.rule.title}\n{candidate.rule.id}\n{count}"
                id_ = str(uuid.uuid5(_NAMESPACE, name.encode("utf-8", "replace").decode()))
                count += 1
        taken.add(id_)
        ids.append(id_)
    return ids


def threats(item: Item) -> list[tuple[attack.Tactic, list[tuple[attack.Technique, list[attack.Technique]]]]]:
    """ATT&CK as a tree: tactic, its techniques, their sub-techniques, of what the rule is tagged with.

    A technique stands under those of its tactics that the rule names, or under all of its own if it names none of them.
    """
    tagged = {tactic.key: tactic for tactic in item.coverage.tactics}
    tree: dict[str, dict[str, list[attack.Technique]]] = {key: {} for key in tagged}
    names = dict(tagged)
    for technique in item.coverage.techniques:
        parent = technique.parent or technique
        for tactic in [own for own in technique.tactics if own.key in tagged] or technique.tactics:
            names[tactic.key] = tactic
            subs = tree.setdefault(tactic.key, {}).setdefault(parent.id, [])
            if technique is not parent and technique not in subs:
                subs.append(technique)
    return [(names[key], [(_known(id_), subs) for id_, subs in branches.items()]) for key, branches in tree.items()]


def _known(id_: str) -> attack.Technique:
    found = attack.technique(id_)
    assert found is not None
    return found
