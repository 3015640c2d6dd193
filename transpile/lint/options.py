"""What lint rules can be told: limits and lists that differ between teams."""

from __future__ import annotations

from dataclasses import field
from datetime import date

from transpile.record import record


@record
class LintOptions:
    """Limits and lists of the lint rules. In configuration files the names have hyphens (`title-length`)."""

    title_length: int = 120  # at most
    description_length: int = 16  # at least
    file_name_least: int = 10
    file_name_most: int = 90
    experimental_days: int = 60  # how long a new rule is to be experimental
    tag_namespaces: tuple[str, ...] = ()  # besides those of the specification
    allowed_tlp: tuple[str, ...] = ("clear",)
    custom_keys: tuple[str, ...] = ("regression_tests_path", "simulation")  # that SigmaHQ's own rules have
    banned_false_positives: tuple[str, ...] = ("none", "pentest", "penetration")
    today: date = field(default_factory=date.today)
