"""MITRE ATT&CK for Enterprise v19 as data: the names, ids and tactics that rules are tagged with.

The data (`attack.json`: each tactic's id and name, each technique's name and tactics) is a compact form of ATT&CK
v19, © The MITRE Corporation, reproduced and distributed with its permission. Nothing is looked up on a network.
`revoked.json` names the successor of each technique that v19 no longer has: where ATT&CK v18 says "revoked by", that
one, and for what v19 itself took out, the technique to which v19 gave its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from transpile.record import record


@record
class Tactic:
    """A tactic: `key` is its short name (`lateral-movement`)."""

    key: str
    id: str
    name: str

    @property
    def url(self) -> str:
        """The tactic's page."""
        return f"https://attack.mitre.org/tactics/{self.id}/"


@record
class Technique:
    """A technique or sub-technique with the tactics it serves."""

    id: str
    name: str
    tactics: tuple[Tactic, ...]

    @property
    def url(self) -> str:
        """The technique's page."""
        return f"https://attack.mitre.org/techniques/{self.id.replace('.', '/')}/"

    @property
    def parent(self) -> Technique | None:
        """The technique that a sub-technique belongs to; None for a technique itself."""
        return technique(self.id.partition(".")[0]) if "." in self.id else None


@record
class AttackTags:
    """What a rule's tags say of ATT&CK, in the order of the tags; `unknown` holds ids that v19 does not have."""

    tactics: tuple[Tactic, ...] = ()
    techniques: tuple[Technique, ...] = ()
    unknown: tuple[str, ...] = ()


# What v19 calls the tactics that earlier versions knew as Defense Evasion (TA0005): it split them in two.
SPLIT_FROM_DEFENSE_EVASION = frozenset({"stealth", "defense-impairment"})
_RENAMED = {"defense-evasion": "stealth"}  # v19 kept the id TA0005 for Stealth

_TECHNIQUE = re.compile(r"t\d{4}(\.\d{3})?", re.IGNORECASE)


@cache
def _data() -> tuple[dict[str, Tactic], dict[str, Technique]]:
    raw = json.loads(files(__package__).joinpath("attack.json").read_text(encoding="utf-8"))
    tactics = {key: Tactic(key, id_, name) for key, (id_, name) in raw["tactics"].items()}
    techniques = {
        id_: Technique(id_, name, tuple(tactics[key] for key in keys))
        for id_, (name, *keys) in raw["techniques"].items()
    }
    return tactics, techniques


def tactics() -> tuple[Tactic, ...]:
    """All tactics, in the order of ATT&CK's matrix."""
    return tuple(_data()[0].values())


def techniques() -> tuple[Technique, ...]:
    """All techniques and sub-techniques, by id."""
    return tuple(_data()[1].values())


def tactic(key: str) -> Tactic | None:
    """The tactic of a short name, with `_`, `-` or blanks between the words and in any case; or of an id.

    >>> tactic("Lateral_Movement").id
    'TA0008'
    """
    by_key = _data()[0]
    key = key.strip().lower().replace("_", "-").replace(" ", "-")
    found = by_key.get(_RENAMED.get(key, key))
    return found or next((one for one in by_key.values() if one.id.lower() == key), None)


def technique(id_: str) -> Technique | None:
    """The technique of an id, in any case.

    >>> technique("t1021.002").name
    'SMB/Windows Admin Shares'
    """
    return _data()[1].get(id_.upper())


@cache
def _revoked() -> dict[str, str]:
    found: dict[str, str] = json.loads(files(__package__).joinpath("revoked.json").read_text(encoding="utf-8"))
    return found


def successor(id_: str) -> Technique | None:
    """What took the place of a technique that ATT&CK has given up; None if nothing is known of it.

    >>> successor("t1086").name
    'PowerShell'
    """
    return technique(_revoked().get(id_.upper(), ""))


def coverage(tags: Iterable[str]) -> AttackTags:
    """What Sigma tags (`attack.lateral-movement`, `attack.t1021.002`) say, each tactic and technique once.

    >>> found = coverage(["attack.lateral_movement", "attack.t1021.002", "car.2013-05-002"])
    >>> [one.name for one in found.tactics], [one.id for one in found.techniques]
    (['Lateral Movement'], ['T1021.002'])
    """
    found_tactics: dict[str, Tactic] = {}
    found_techniques: dict[str, Technique] = {}
    unknown: dict[str, None] = {}
    for tag in tags:
        namespace, _, word = tag.partition(".")
        if namespace.lower() != "attack":
            continue
        if _TECHNIQUE.fullmatch(word):
            known = technique(word)
            if known:
                found_techniques[known.id] = known
            else:
                unknown[word.upper()] = None
        elif (named := tactic(word)) is not None:
            found_tactics[named.key] = named
    return AttackTags(tuple(found_tactics.values()), tuple(found_techniques.values()), tuple(unknown))
