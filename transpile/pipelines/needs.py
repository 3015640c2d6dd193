"""The data that rules need on a platform: what fills it, and what has to be enabled for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from transpile.ir.stream import Events
from transpile.pipelines.logsource import AUDITED
from transpile.pipelines.model import ModelSource
from transpile.pipelines.places import event_numbers
from transpile.pipelines.profile import data_of

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


DataNeed = tuple[str, str]  # of which kind, and its name

# Kinds of needs, as they are listed: what fills the places that a query reads, channels of Windows with the numbers of
# their events, subcategories of the audit policy, and log sources without a place that a profile has.
DATA, CHANNEL, POLICY, DEAD = KINDS = ("data", "channel", "audit policy", "dead")


def needs_of(events: Events, place: ModelSource) -> Iterator[DataNeed]:
    """What a rule on these events needs where a place serves it."""
    data = data_of(place)
    yield from ((DATA, name) for name in data)
    asked = event_numbers(events.condition)
    audited = place.kind.facts.get(AUDITED, ())
    security = [name for name in data if SECURITY.casefold() in name.casefold()]
    if audited and security:
        yield from ((CHANNEL, f"{SECURITY}, event {number}") for number in audited)
        yield from ((POLICY, name) for name, known in AUDIT.items() if known.intersection(map(int, audited)))
        if len(security) == len(data):
            return
    channels = place.kind.facts.get("channel", ())
    numbers = sorted(map(str, asked)) if asked else place.kind.facts.get("event_id", ("any",))
    yield from ((CHANNEL, f"{channel}, event {number}") for channel in channels for number in numbers)
    if SECURITY in channels and asked:
        yield from ((POLICY, name) for name, known in AUDIT.items() if asked & known)


def ranked(needs: Counter[DataNeed]) -> list[tuple[DataNeed, int]]:
    """The needs by kind, the commonest of each first."""
    return sorted(needs.items(), key=lambda item: (KINDS.index(item[0][0]), -item[1], item[0][1]))


def rows(needs: Counter[DataNeed]) -> list[dict[str, Any]]:
    """The needs as JSON-ready values, in the order of `ranked`."""
    return [{"kind": kind, "name": name, "rules": count} for (kind, name), count in ranked(needs)]
