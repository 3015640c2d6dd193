"""The data that rules need on a platform: what fills it, and what has to be enabled for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from transpile.ir.rule import Rule
from transpile.ir.walk import all_events
from transpile.pipelines.logsource import narrowed
from transpile.pipelines.model import Model
from transpile.pipelines.places import event_numbers, sources_for
from transpile.pipelines.profile import data_of
from transpile.record import replace

SYSMON = "Microsoft-Windows-Sysmon/Operational"
SECURITY = "Security"

# The audit subcategory of each event of the Security log that public rules ask for ("Advanced security audit policy
# settings" in Microsoft's documentation).
AUDIT: Mapping[str, frozenset[int]] = {
    "Logon": frozenset({4624, 4625, 4648, 4672}),
    "Kerberos Authentication Service": frozenset({4768, 4771, 4772}),
    "Kerberos Service Ticket Operations": frozenset({4769, 4770, 4773}),
    "Credential Validation": frozenset({4776}),
    "Process Creation": frozenset({4688}),
    "Process Termination": frozenset({4689}),
    "User Account Management": frozenset(
        {4720, 4722, 4723, 4724, 4725, 4726, 4738, 4740, 4765, 4767, 4780, 4781, 4794}
    ),
    "Computer Account Management": frozenset({4741, 4742, 4743}),
    "Security Group Management": frozenset({4727, 4728, 4729, 4730, 4731, 4732, 4733, 4734, 4735, 4737, 4756, 4799}),
    "Directory Service Access": frozenset({4661, 4662}),
    "Directory Service Changes": frozenset({5136, 5137, 5138, 5139, 5141}),
    "File Share": frozenset({5140, 5142, 5143, 5144}),
    "Detailed File Share": frozenset({5145}),
    "File System or Registry, with an audit entry on the object": frozenset({4656, 4657, 4658, 4659, 4663}),
    "Other Object Access Events": frozenset({4698, 4699, 4700, 4701, 4702}),
    "Security System Extension": frozenset({4610, 4611, 4614, 4622, 4697}),
    "Audit Policy Change": frozenset({4715, 4719, 4817, 4907}),
    "Filtering Platform Connection": frozenset({5152, 5156, 5157, 5158}),
    "Plug and Play Events": frozenset({6416, 6423}),
    "Sensitive Privilege Use": frozenset({4673, 4674}),
}


@dataclass(slots=True)
class Needs:
    """What a set of rules needs on one platform; counts are of rules. Filled by `add`."""

    model: str
    data: Counter[str] = field(default_factory=Counter)
    channels: Counter[tuple[str, str]] = field(default_factory=Counter)  # channel of Windows, and event number
    audit: Counter[str] = field(default_factory=Counter)  # subcategories of the audit policy
    dead: Counter[str] = field(default_factory=Counter)  # log sources without a place that the profile has

    def rows(self) -> Iterator[dict[str, Any]]:
        """The needs as JSON-ready values, the commonest of each kind first."""
        channels = {f"{channel}, event {number}": count for (channel, number), count in self.channels.most_common()}
        kinds = {
            "data": self.data,
            "channel": Counter(channels),
            "audit policy": self.audit,
            "dead": Counter(self.dead),
        }
        for kind, counts in kinds.items():
            for name, count in counts.most_common():
                yield {"model": self.model, "kind": kind, "name": name, "rules": count}

    def add(self, rule: Rule, model: Model) -> None:
        """Count one rule."""
        for events in all_events(rule.body):
            single = narrowed(Rule(rule.title, events, rule.source), model)
            if not sources_for(single, model):
                self.dead[str(single.logsource)] += 1
                continue
            self.data.update(data_for(single, model))
            kind = model.kinds.get(single.logsource)
            facts = kind.facts if kind else {}
            asked = event_numbers(single.condition)
            numbers = sorted(map(str, asked)) if asked else list(facts.get("event_id", ("any",)))
            self.channels.update((channel, number) for channel in facts.get("channel", ()) for number in numbers)
            if SECURITY in facts.get("channel", ()) and asked:
                self.audit.update(name for name, known in AUDIT.items() if asked & known)


def data_for(rule: Rule, model: Model) -> tuple[str, ...]:
    """What fills the places that serve a rule: for each of its streams of events the first that the model has."""
    found: list[str] = []
    for events in all_events(rule.body):
        single = replace(rule, body=events)
        places = sources_for(narrowed(single, model), model)
        found += data_of(places[0]) if places else ()
    return tuple(dict.fromkeys(found))


def needs_of_rules(rules: Iterable[Rule], model: Model) -> Needs:
    """The needs of a set of rules by one data model, which a profile may have restricted."""
    needs = Needs(model.name)
    for rule in rules:
        needs.add(rule, model)
    return needs
