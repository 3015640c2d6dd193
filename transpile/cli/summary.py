"""What became of many rules: counts by language, and the reasons of what was not exact."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.text import Text

from transpile.cli.show import status_text, table
from transpile.codes import Code, find_code
from transpile.conversion import Conversion, Status
from transpile.diagnostics import Severity


class Tally:
    """Counts results as they stream by."""

    def __init__(self) -> None:
        self.models: dict[str, str] = {}  # of each language, in the order they come
        self.statuses: Counter[tuple[str, Status]] = Counter()
        self.reasons: Counter[tuple[str, str]] = Counter()  # rules by language and code, each rule once

    def add(self, conversions: Iterable[Conversion]) -> None:
        """Count these."""
        for conversion in conversions:
            target = conversion.target
            self.models.setdefault(target, conversion.model)
            self.statuses[target, conversion.status] += 1
            if conversion.status is not Status.EXACT:
                found = {one.code for one in conversion.diagnostics if one.severity is not Severity.NOTE}
                self.reasons.update((target, code) for code in found)

    @property
    def seen(self) -> set[Status]:
        """The statuses that occurred."""
        return {status for (_, status), count in self.statuses.items() if count}


def summary(tally: Tally, on: Console) -> RenderableType:
    """The tally as tables: a row a language, then a row a reason."""
    targets = list(tally.models)
    if not targets:
        return Text("no rules")
    rows: list[list[str | Text]] = [
        [target, tally.models[target], *(_count(tally.statuses[target, status], status) for status in Status)]
        for target in targets
    ]
    headers = ["target", "model", *(status.value for status in Status)]
    counts = table(on, headers, rows, numbers=range(2, len(headers)))
    if not tally.reasons:
        return counts
    totals: Counter[str] = Counter()
    for (_, code), count in tally.reasons.items():
        totals[code] += count
    reasons = table(
        on,
        ["reason", *targets, ""],
        [
            [code, *(_count(tally.reasons[target, code], None) for target in targets), meaning(code)]
            for code, _ in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        ],
        numbers=range(1, len(targets) + 1),
    )
    return Group(counts, reasons) if on.is_terminal else Group(counts, Text(), reasons)


def _count(count: int, status: Status | None) -> Text:
    if not count:
        return Text("-", style="dim")
    return Text(f"{count:,}", style=status_text(status).style if status else "")


def meaning(code: str) -> str:
    """What a code stands for, on one line: the message of the table with its facts left open.

    >>> meaning("IO002")
    'the file cannot be read: ...'
    """
    row = find_code(code)
    side = {"W": " (wider)", "N": " (narrower)"}.get(code[-1], "")
    return re.sub(r"(\{[^}]*\})+", "...", row.message) + side if row else ""


def general_hint(row: Code) -> str:
    """What can be done about a code in general; empty where the table leaves it to each finding."""
    return "" if "{" in row.hint else row.hint
