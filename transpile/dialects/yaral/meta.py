"""What a rule says of itself: its name, `meta:` and `outcome:`, by the community's style guide for rules."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from transpile.attack import coverage
from transpile.dialects.yaral.tree import RESERVED, Meta, Number, Outcome, String
from transpile.ir.rule import Rule
from transpile.ir.walk import all_events

# The style guide's words for a severity, and the risk score that goes with each.
_SEVERITIES = {
    "informational": ("Info", 10),
    "low": ("Low", 35),
    "medium": ("Medium", 65),
    "high": ("High", 85),
    "critical": ("Critical", 95),
}

_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " ")


def rule_name(rule: Rule) -> str:
    """A rule's name: its title as an identifier; where the title has no letter or digit of ASCII, its id.

    >>> from transpile.ir.expr import TRUE
    >>> from transpile.source import Source
    >>> rule_name(Rule("Café: 'net use' (2)", TRUE, Source("")))
    'cafe_net_use_2'
    """
    for text in (rule.title, rule.id or ""):
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
        name = re.sub(r"[^a-z0-9]+", "_", plain.replace("'", "")).strip("_")
        if name:
            return name if name[0].isalpha() and name not in RESERVED else f"rule_{name}"
    return "rule_without_title"


def meta_lines(rule: Rule) -> tuple[Meta, ...]:
    """The lines of `meta:` for what the rule knows. `sigma_uuid` and `sigma_status` are Google's own names."""
    attack = coverage(rule.tags)
    severity = _SEVERITIES.get(rule.level or "", ("", 0))[0]
    source = next(all_events(rule.body)).logsource
    facts: tuple[tuple[str, str | None], ...] = (
        ("author", rule.author),
        ("description", rule.description),
        ("rule_name", rule.title),
        ("reference", _joined(rule.references)),
        ("license", rule.license),
        ("platform", source.product),
        ("data_source", source.service or source.category),
        ("tactic", _joined(tactic.id for tactic in attack.tactics)),
        ("technique", _joined([technique.id for technique in attack.techniques] + list(attack.unknown))),
        ("severity", severity),
        ("priority", severity),
        ("false_positives", _joined(rule.falsepositives)),
        ("sigma_uuid", rule.id),
        ("sigma_status", rule.status),
    )
    return tuple(Meta(key, String(text)) for key, value in facts if value and (text := one_line(value)))


def outcome_lines(rule: Rule) -> tuple[Outcome, ...]:
    """The risk score that the rule's level stands for."""
    known = _SEVERITIES.get(rule.level or "")
    return (Outcome("risk_score", Number(known[1])),) if known else ()


def one_line(text: str) -> str:
    r"""The text with every run of blanks, line breaks and control characters as one blank.

    >>> one_line(" a\n\n  b\x00c ")
    'a b c'
    """
    if not text.isprintable():
        text = text.translate(_CONTROLS)
    return " ".join(text.split())


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts)
