"""Which fields of the Unified Data Model hold lists ("Unified Data Model field list", marked as repeated).

A plain comparison runs the rule on a copy of the event for each element ("YARA-L 2.0 syntax, repeated fields"): all
tests without `any` see the same element, and the rule matches if one copy does. A key of labels, `labels["key"]`, is
one value: of several elements that have it the first counts ("YARA-L map support, duplicate value handling").
"""

from __future__ import annotations

from transpile.dialects.yaral.tree import Key, Path

# Names of steps that repeat wherever they are.
_STEPS = """
    about action answers associations attack_details authority bcc category category_details cc department
    detection_fields email_addresses group_identifiers intermediary ip ip_geo_artifact ip_location labels mac
    mechanism names nat_ip outcomes permissions phone_numbers process_ancestors questions roles ruleset_labels
    security_result software subject supported_ciphers to vulnerabilities
"""
REPEATED = frozenset(_STEPS.split())


def repeated_part(path: Path) -> tuple[str, ...] | None:
    """The path up to its first step that holds a list and is not followed by an index; None if it has none.

    >>> repeated_part(Path("e", ("principal", "ip"))), repeated_part(Path("e", ("about", 0, "hostname")))
    (('principal', 'ip'), None)
    >>> repeated_part(Path("e", ("about", "labels", Key("env"))))
    """
    if any(isinstance(step, Key) for step in path.steps):
        return None
    for number, step in enumerate(path.steps):
        after = path.steps[number + 1] if number + 1 < len(path.steps) else None
        if isinstance(step, str) and step in REPEATED and not isinstance(after, int):
            return tuple(str(one) for one in path.steps[: number + 1])
    return None
