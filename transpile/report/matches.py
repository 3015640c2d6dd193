"""What `test` found: hits, and expectations that were not met."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from transpile.ir.rule import Rule
from transpile.matching.correlate import Alert
from transpile.matching.expect import Outcome
from transpile.matching.rules import Unusable
from transpile.matching.run import Tally
from transpile.matching.times import as_text
from transpile.report.junit import Case
from transpile.report.terminal import one_line, table


def show_alert(alert: Alert, rules: Sequence[Rule]) -> None:
    """Print an alert of a rule on many events: its group, its events' number and when they were."""
    rule = rules[alert.rule]
    group = ", ".join(f"{name}: {value}" for name, value in alert.group.items())
    told = f"{alert.count:,} {'event' if alert.count == 1 else 'events'}"
    span = f"{as_text(alert.first)} to {as_text(alert.last)}"
    path, number = alert.events[-1]
    print(f"{path}:{number}: {rule.level or '-'}: {one_line(rule.title)}  {told}, {span}  {one_line(group)}".rstrip())


def show_hit_summary(rules: Sequence[Rule], tally: Tally, on: Console) -> None:
    """Print the rules with the most hits, totals, and what could not be read."""
    if tally.hits:
        rows = [
            [f"{count:,}", rules[number].level or "-", one_line(rules[number].title)]
            for number, count in tally.hits.most_common(20)
        ]
        on.print(table(on, ["events", "level", "rule"], rows, numbers=[0]))
    on.print(
        f"{sum(tally.hits.values()):,} hits of {len(tally.hits):,} rules, "
        f"of {len(rules):,}, in {tally.events:,} events of {tally.files:,} files"
    )
    if tally.untimed:
        on.print(Text(f"{tally.untimed:,} events without a time were not correlated; see --time", style="yellow"))
    for problem in tally.problems:
        on.print(Text(f"skipped: {one_line(problem)}", style="yellow"))
    if tally.broken > len(tally.problems):
        on.print(f"skipped: {tally.broken - len(tally.problems):,} more")


def show_outcome(outcome: Outcome) -> None:
    """Print an expectation that is not met, with its event."""
    if outcome.met:
        return
    place = f"{outcome.path}: {outcome.expectation}".rstrip(": ")
    print(f"{place}: {one_line(outcome.rule)}: {one_line(outcome.problem)}")
    if outcome.event is not None:
        print(f"    {json.dumps(dict(outcome.event), default=str)}")


def case_of(outcome: Outcome) -> Case:
    """An expectation as a JUnit test case."""
    detail = "" if outcome.event is None else json.dumps(dict(outcome.event), default=str)
    name = f"{outcome.rule}: {outcome.expectation}"
    return Case("expectations", name, outcome.path, "" if outcome.met else outcome.problem, detail)


def show_unusable(unusable: Sequence[Unusable], on: Console) -> None:
    """Print the first rules that could not be read, and how many more there are."""
    for one in unusable[:5]:
        on.print(Text(f"not used: {one.path}: {one_line(one.reason)}", style="yellow"))
    if len(unusable) > 5:
        on.print(f"not used: {len(unusable) - 5:,} more rules")
