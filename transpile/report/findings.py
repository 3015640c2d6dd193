"""The diagnostics of a rule over several languages: each once, with the languages that it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from transpile.conversion import Conversion
from transpile.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic of one rule, and the languages that it concerns."""

    path: str
    id: str | None
    title: str | None
    diagnostic: Diagnostic
    targets: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready values."""
        about = {"path": self.path, "id": self.id, "title": self.title}
        return about | self.diagnostic.to_dict() | {"targets": list(self.targets)}


def gather(conversions: Iterable[Conversion]) -> list[Finding]:
    """The findings of conversions, in the order of their place in the file; those without a place come first."""
    found: dict[tuple[str, str | None, str | None, Diagnostic], list[str]] = {}
    for one in conversions:
        for diagnostic in one.diagnostics:
            targets = found.setdefault((one.path, one.id, one.title, diagnostic), [])
            if one.target not in targets:
                targets.append(one.target)
    findings = [Finding(*key, tuple(targets)) for key, targets in found.items()]
    return sorted(findings, key=lambda one: (one.diagnostic.span or (0, 0))[:2])
