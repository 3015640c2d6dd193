"""What became of many rules: counts by language, and the reasons of what was not exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.text import Text

from transpile.codes import Code, Direction, Effect
from transpile.conversion import Conversion, Status
from transpile.diagnostics import Severity, shown
from transpile.report.codes import meaning
from transpile.report.terminal import status_text, table

_Reason = tuple[Code, Direction]


class ResultTally:
    """Counts results as they stream by."""

    def __init__(self) -> None:
        self.models: dict[str, str] = {}  # of each language, in the order they come
        self.statuses: Counter[tuple[str, Status]] = Counter()
        self.withheld = 0  # refused for nothing but what --allow-approximate allows
        self.reasons: Counter[tuple[str, _Reason]] = Counter()  # rules by language and code, each rule once

    def add(self, conversions: Iterable[Conversion]) -> None:
        """Count these."""
        for conversion in conversions:
            target = conversion.target
            self.models.setdefault(target, conversion.model)
            self.statuses[target, conversion.status] += 1
            if conversion.status is Status.REFUSED:
                errors = [one for one in conversion.diagnostics if one.severity is Severity.ERROR]
                self.withheld += bool(errors) and all(one.effect is Effect.APPROXIMATE for one in errors)
            if conversion.status is not Status.EXACT:
                found = {
                    (one.kind, one.direction) for one in conversion.diagnostics if one.severity is not Severity.NOTE
                }
                self.reasons.update((target, reason) for reason in found)

    @property
    def seen(self) -> set[Status]:
        """The statuses that occurred."""
        return {status for (_, status), count in self.statuses.items() if count}


def summary(tally: ResultTally, on: Console) -> RenderableType:
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
    totals: Counter[_Reason] = Counter()
    for (_, reason), count in tally.reasons.items():
        totals[reason] += count
    reasons = table(
        on,
        ["reason", *targets, ""],
        [
            [shown(*reason), *(_count(tally.reasons[target, reason], None) for target in targets), meaning(*reason)]
            for reason, _ in sorted(totals.items(), key=lambda item: (-item[1], shown(*item[0])))
        ],
        numbers=range(1, len(targets) + 1),
    )
    parts: list[RenderableType] = [counts, reasons] if on.is_terminal else [counts, Text(), reasons]
    if tally.withheld:
        queries = "query" if tally.withheld == 1 else "queries"
        parts.append(Text(f"{tally.withheld:,} refused {queries} can be approximate: --allow-approximate writes them"))
    return Group(*parts)


def _count(count: int, status: Status | None) -> Text:
    if not count:
        return Text("-", style="dim")
    return Text(f"{count:,}", style=status_text(status).style if status else "")
