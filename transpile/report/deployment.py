"""What `deploy` did: rules by status, reasons for those left out, and changed files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from transpile.conversion import Status
from transpile.deploy.output import Change
from transpile.deploy.plan import Deployment
from transpile.diagnostics import shown
from transpile.report.codes import meaning
from transpile.report.terminal import status_text, table


def show_deployment(on: Console, deployment: Deployment, changes: Sequence[Change], check: bool) -> None:
    """What became of the rules, why some are not there, and what changed in the folder."""

    statuses = Counter(outcome.status for outcome in deployment.outcomes)
    enabled = sum(outcome.item.settings.enabled for outcome in deployment.outcomes if outcome.item)
    rows: list[list[Any]] = [[status_text(status), f"{statuses[status.value]:,}"] for status in Status]
    on.print(table(on, ("rules", ""), [*rows, ["enabled", f"{enabled:,}"]], numbers=[1]))
    reasons = Counter(
        code
        for outcome in deployment.outcomes
        if outcome.item is None
        for code in {(one.kind, one.direction) for one in outcome.diagnostics}
    )
    if reasons:
        on.print(
            table(
                on,
                ("reason", "", ""),
                [[shown(*c), f"{n:,}", meaning(*c)] for c, n in reasons.most_common()],
                numbers=[1],
            )
        )
    kinds = Counter(change.kind for change in changes)
    said = ", ".join(f"{count} {'to be ' if check else ''}{kind}" for kind, count in sorted(kinds.items()))
    on.print(f"{len(deployment.files):,} files: {said or 'all up to date'}")
