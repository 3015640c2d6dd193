"""What `deploy` did: rules by status, each refused rule with its place and reason, and changed files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from transpile.conversion import Status
from transpile.deploy.keep import Held
from transpile.deploy.live import RuleChange
from transpile.deploy.output import FileChange
from transpile.deploy.plan import Deployment, DeployOutcome, needs_of_outcomes
from transpile.diagnostics import Diagnostic, Severity, one_line, shown
from transpile.report.codes import meaning
from transpile.report.findings import Finding
from transpile.report.job_summary import JobSummary
from transpile.report.junit import TestCase
from transpile.report.summary import needs_grid
from transpile.report.terminal import console, diagnostic_text, status_text, table, table_of

_EXAMPLES = 2  # of each reason
_NAMED = 20  # rules that the summary shows with their lines; reports and the manifest name every one


def show_deployment(on: Console, deployment: Deployment, changes: Sequence[FileChange], check: bool) -> None:
    """What became of the rules, why some are not there, and what changed in the folder."""
    statuses = Counter(outcome.status for outcome in deployment.outcomes)
    rows: list[list[Any]] = [[status_text(status), f"{statuses[status.value]:,}"] for status in Status]
    languages = Counter(outcome.item.language for outcome in deployment.outcomes if outcome.item)
    if len(languages) > 1:
        rows += [[f"written in {name}", f"{count:,}"] for name, count in languages.most_common()]
    on.print(table(on, ("rules", ""), [*rows, *_enabled(deployment)], numbers=[1]))
    needed = Counter({("rules", need): count for need, count in needs_of_outcomes(deployment.outcomes).items()})
    if (needs := needs_grid(needed, ["rules"])) is not None:
        on.print(table_of(on, needs))
    for line in disabled(deployment):
        on.print(line, soft_wrap=True)
    refused = list(refusals(deployment))
    if refused:
        on.print(table(on, ("reason", "", "", "for example"), [_row(*reason) for reason in reasons(refused)], [1]))
    for outcome, why in refused[:_NAMED]:
        rule = outcome.conversion.rule
        for one in why:
            on.print(diagnostic_text(one, rule.source if rule else None, outcome.conversion.path), soft_wrap=True)
    if len(refused) > _NAMED:
        on.print(f"... and {len(refused) - _NAMED:,} more; manifest.json and --report name every rule")
    kinds = Counter(change.kind for change in changes)
    said = ", ".join(f"{count} {'to be ' if check else ''}{kind}" for kind, count in sorted(kinds.items()))
    count = len(deployment.files)
    on.print(f"{count:,} file{'s' if count != 1 else ''}: {said or 'all up to date'}")


def show_held(on: Console, kept: Sequence[Held], lost: Sequence[Held]) -> None:
    """The rules that are deployed, and refused or unreadable now: those that stay, and those that cannot."""
    for word, some in (
        ("kept as deployed before; --drop-refused removes them", kept),
        ("cannot be kept in files that hold several rules, so nothing is written; --drop-refused removes them", lost),
    ):
        if some:
            on.print(f"{len(some):,} rule{'' if len(some) == 1 else 's'} {word}:", soft_wrap=True)
        for one in some[:_NAMED]:
            on.print(Text(f"  {one_line(one.title)} ({one.id}): {one_line(one.reason)}"), soft_wrap=True)
        if len(some) > _NAMED:
            on.print(f"  ... and {len(some) - _NAMED:,} more")


def show_plan(changes: Sequence[RuleChange]) -> None:
    """A line for each rule that would change, on standard output."""
    on = console()
    for change in changes:
        said = f": {one_line(change.detail)}" if change.detail else ""
        id_ = f" ({change.id})" if change.id else ""
        on.print(Text(f"{_SIGNS[change.kind]} {change.kind}: {one_line(change.title)}{id_}{said}"), soft_wrap=True)
        if change.event is not None:
            shown: Any = json.dumps(dict(change.event), ensure_ascii=False, default=str)
            on.print(Text(f"    {one_line(shown)}", style="dim"), soft_wrap=True)
    if not changes:
        on.print("no rule would change")


_SIGNS = {
    "create": "+",
    "change meaning": "!",
    "change query": "~",
    "switch on": "!",
    "switch off": "!",
    "change text": "~",
    "keep": "=",
    "remove": "-",
    "only live": "?",
}


def findings(deployment: Deployment) -> Iterator[Finding]:
    """What kept rules from being deployed, and what is to be known of the others."""
    for outcome in deployment.outcomes:
        one = outcome.conversion
        for diagnostic in outcome.diagnostics:
            yield Finding(one.path, one.id, one.title, diagnostic, (one.target,))


def cases(deployment: Deployment) -> Iterator[TestCase]:
    """Each rule as a test of a build server: one that is not deployed fails."""
    for outcome in deployment.outcomes:
        if outcome.is_base:
            continue
        one = outcome.conversion
        why = [each for each in outcome.diagnostics if each.severity is Severity.ERROR] if outcome.item is None else []
        detail = "\n".join(f"{place(outcome, each)}: {each.code}: {each.message}" for each in why)
        failure = f"{outcome.status}: {why[0].message}" if why else "" if outcome.item else outcome.status
        yield TestCase("deploy", one_line(one.title or one.path), one.path, failure, detail)


def job_summary(platform: str, deployment: Deployment, changes: Sequence[FileChange]) -> JobSummary:
    """The same for the page of a CI job."""
    page = JobSummary(f"Detection rules for {platform}", [status.value for status in Status])
    for outcome in deployment.outcomes:
        if not outcome.is_base:
            page.add(platform, outcome.status, outcome.conversion.path, () if outcome.item else outcome.diagnostics)
    for line in disabled(deployment):
        page.note(line)
    kinds = Counter(change.kind for change in changes)
    page.note(f"Files: {', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items())) or 'all up to date'}.")
    return page


def refusals(deployment: Deployment) -> Iterator[tuple[DeployOutcome, list[Diagnostic]]]:
    """The rules that are not deployed, with what kept them from it; not those that only serve correlations."""
    for outcome in deployment.outcomes:
        why = [one for one in outcome.diagnostics if one.severity is Severity.ERROR]
        if outcome.item is None and why:
            yield outcome, why


Reason = tuple[str, str, int, list[str]]  # code, meaning, number of rules, places of some


def reasons(refused: Sequence[tuple[DeployOutcome, list[Diagnostic]]]) -> list[Reason]:
    """The reasons why rules were refused, the commonest first, each with two places."""
    found: dict[tuple[str, str], list[str]] = {}
    for outcome, why in refused:
        for kind, direction in dict.fromkeys((one.kind, one.direction) for one in why):
            first = next(one for one in why if (one.kind, one.direction) == (kind, direction))
            found.setdefault((shown(kind, direction), meaning(kind, direction)), []).append(place(outcome, first))
    rows = [(code, text, len(places), places[:_EXAMPLES]) for (code, text), places in found.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))


def place(outcome: DeployOutcome, why: Diagnostic) -> str:
    """Where a finding is: `path:line:column`, or the path alone."""
    span = why.span
    path = span.source.path if span and span.source else outcome.conversion.path
    return f"{path}:{span.line}:{span.column}" if span else path


def disabled(deployment: Deployment) -> Iterator[str]:
    """A line for each status that keeps rules disabled: how many, by which setting, and how to enable them."""
    items = [outcome.item for outcome in deployment.outcomes if outcome.item]
    for status, count in Counter(item.rule.status for item in items if item.disabled_by_status).most_common():
        rules = f"{count:,} rule{'' if count == 1 else 's'}"
        yield (
            f"{rules} disabled because of status {status}: pass --enable {status}, "
            "or set `enabled: true` for them in deploy.yml"
        )


def _enabled(deployment: Deployment) -> Iterator[list[str]]:
    items = [outcome.item for outcome in deployment.outcomes if outcome.item]
    enabled = sum(item.settings.enabled for item in items)
    yield ["enabled", f"{enabled:,}"]
    yield ["disabled", f"{len(items) - enabled:,}"]
    if bases := sum(outcome.is_base for outcome in deployment.outcomes):
        yield ["left out: serve correlations only", f"{bases:,}"]


def _row(code: str, text: str, count: int, places: list[str]) -> list[str]:
    return [code, f"{count:,}", text, "\n".join(map(one_line, places))]
