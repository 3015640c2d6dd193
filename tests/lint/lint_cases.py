"""The corpus of one-mistake rules: what each must be found as, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.yaml_files import read_yaml
from transpile.lint.options import LintOptions
from transpile.lint.settings import LintSettings, parse_settings

FOLDER = Path(__file__).parent / "mistakes"
NAME = "proc_creation_win_whoami_system.yml"
BASE = (FOLDER / "base.yml").read_text()
CORRELATION = (FOLDER / "correlation.yml").read_text()
CORRELATION_NAME = "correlation_whoami_many.yml"
TODAY = date(2025, 1, 1)


def everything() -> LintSettings:
    """Every lint rule, the conventions of SigmaHQ among them."""
    every = parse_settings({"enable": ["all"]})
    return LintSettings(every.enabled, options=LintOptions(today=TODAY))


@dataclass(frozen=True, slots=True)
class Mistake:
    """A rule with one mistake: its text, the code that tells it, and where."""

    code: str
    line: int
    column: int
    text: str
    path: str

    def __str__(self) -> str:
        return f"{self.code}@{self.line}:{self.column}"


def _mistake(entry: dict[str, Any], base: str, name: str) -> Mistake:
    old, new = entry["old"], entry["new"]
    assert old in base, f"{entry['code']}: base.yml has no {old!r}"
    line, _, column = entry["at"].partition(":")
    text = base.replace(old, new) if old else base
    return Mistake(entry["code"], int(line), int(column), text, entry.get("path", name))


def mistakes() -> list[Mistake]:
    """All of them, in the order of the files."""
    found = []
    for path in sorted(FOLDER.glob("*.yml")):
        if path.name in ("base.yml", "correlation.yml"):
            continue
        of_correlation = path.name == "correlations.yml"
        base, name = (CORRELATION, CORRELATION_NAME) if of_correlation else (BASE, NAME)
        found += [_mistake(entry, base, name) for entry in read_yaml(path)]
    return found
