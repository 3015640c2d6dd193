"""What became of many rules: counts by language, and the reasons of what was not exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from transpile.codes import Code, Direction, Effect
from transpile.conversion import Conversion, Status
from transpile.diagnostics import Severity, shown
from transpile.pipelines.needs import DataNeed, ranked
from transpile.report.codes import meaning
from transpile.report.plain import Grid, PlainText, Styled, table_text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_Reason = tuple[Code, Direction]
_MOST = 5  # needs of one kind that the summary shows


class ResultTally:
    """Counts results as they stream by."""

    def __init__(self) -> None:
        self.models: dict[str, str] = {}  # of each language, in the order they come
        self.statuses: Counter[tuple[str, Status]] = Counter()
        self.withheld = 0  # refused for nothing but what --allow-approximate allows
        self.reasons: Counter[tuple[str, _Reason]] = Counter()  # rules by language and code, each rule once
        self.needs: Counter[tuple[str, DataNeed]] = Counter()  # rules by language and what they need

    def add(self, conversions: Iterable[Conversion]) -> None:
        """Count these."""
        for conversion in conversions:
            target = conversion.target
            self.models.setdefault(target, conversion.model)
            self.statuses[target, conversion.status] += 1
            self.needs.update((target, need) for need in conversion.needs)
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
    """The tally as tables: a row a language, a row for each kind of data that many rules need, and a row a reason."""
    targets = list(tally.models)
    if not targets:
        return PlainText("no rules")
    grids = list(_grids(tally, targets))
    queries = "query" if tally.withheld == 1 else "queries"
    ending = f"{tally.withheld:,} refused {queries} can be approximate: --allow-approximate writes them"
    texts = [] if on.is_terminal else [text for grid in grids if (text := table_text(grid)) is not None]
    if len(texts) == len(grids):
        return PlainText("\n\n".join(texts) + f"\n{ending}" * bool(tally.withheld))
    from rich.console import Group
    from rich.text import Text

    from transpile.report.terminal import table_of

    tables: list[RenderableType] = [table_of(on, grid) for grid in grids]
    parts = tables if on.is_terminal else [part for one in tables for part in (one, Text())][:-1]
    return Group(*parts, *([Text(ending)] if tally.withheld else []))


def _grids(tally: ResultTally, targets: Sequence[str]) -> Iterator[Grid]:
    headers = ["target", "model", *(status.value for status in Status)]
    counts = {target: [_count(tally.statuses[target, one], one) for one in Status] for target in targets}
    yield Grid(headers, [[target, tally.models[target], *counts[target]] for target in targets], range(2, len(headers)))
    if sum(tally.statuses.values()) > len(targets) and (needs := needs_grid(tally.needs, targets)):
        yield needs
    if tally.reasons:
        yield _reasons(tally, targets)


def needs_grid(needs: Counter[tuple[str, DataNeed]], targets: Sequence[str]) -> Grid | None:
    """What the queries need of the platforms: a row each, the commonest of a kind first; None if that is nothing."""
    totals: Counter[DataNeed] = Counter()
    for (_, need), count in needs.items():
        totals[need] += count
    order = ranked(totals)
    if not order:
        return None
    kinds = Counter(kind for (kind, _), _ in order)
    shown_ = [need for kind in kinds for need in [need for need, _ in order if need[0] == kind][:_MOST]]
    rows: list[list[str | Styled]] = [[*need, *(_count(needs[one, need], None) for one in targets)] for need in shown_]
    left = len(order) - len(shown_)
    more = f"{left:,} more: transpile models needs" if left else ""
    return Grid(["needs", more, *targets], rows, range(2, 2 + len(targets)))


def _reasons(tally: ResultTally, targets: Sequence[str]) -> Grid:
    totals: Counter[_Reason] = Counter()
    for (_, reason), count in tally.reasons.items():
        totals[reason] += count
    rows: list[list[str | Styled]] = [
        [shown(*reason), *(_count(tally.reasons[target, reason], None) for target in targets), meaning(*reason)]
        for reason, _ in sorted(totals.items(), key=lambda item: (-item[1], shown(*item[0])))
    ]
    return Grid(["reason", *targets, ""], rows, range(1, len(targets) + 1))


def _count(count: int, status: Status | None) -> Styled:
    if not count:
        return Styled("-", "dim")
    return Styled(f"{count:,}", status.value if status else "")
