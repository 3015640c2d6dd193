"""Rules over log files: events a second, ours and another Python matcher's, in one run and one table.

    python benchmarks/events.py [--rules N,N] [--events N] [--peer-events N] [--ordinary]

The rules are an even share of the public corpus under $TRANSPILE_CORPORA (without it: of rules/), the events real ones
from there, written again and again as JSON lines with command lines, paths and ids that never repeat, or ordinary ones
(`ordinary.py`). The time that Python's `json.loads` takes for the same lines is shown beside it. Ours is timed from the
file to the hits, in one process; the peer (`sigma-rule-matcher`, `pip install .[bench]`) on events that are already
read, as it has no reader.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ordinary import Maker
from rich.console import Console
from rich.table import Table

from transpile.batch import find
from transpile.evaluate.witness import make_witnesses
from transpile.ir.rule import Rule
from transpile.matching.logs import LogRecord, read_logs
from transpile.matching.matcher import Matcher
from transpile.matching.rules import Unusable, load_rules
from transpile.matching.run import RunTally, match_logs
from transpile.matching.windows import normalise

PROJECT = Path(__file__).parent.parent
BAR = 20_000  # events a second for a hundred rules, in one process
VARIED = (
    "CommandLine",
    "ParentCommandLine",
    "TargetObject",
    "TargetFilename",
    "ProcessGuid",
    "UtcTime",
    "User",
    "Details",
)

console = Console(width=None if sys.stdout.isatty() else 110)


def main() -> int:
    """Run everything; 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", default="100,2000")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--peer-events", type=int, default=500)
    parser.add_argument("--ordinary", action="store_true", help="on made-up ordinary events, not on attacks")
    options = parser.parse_args()

    corpora = os.environ.get("TRANSPILE_CORPORA")
    rules = [
        one
        for one in load_rules(find([str(Path(corpora) / "sigma" / "rules" if corpora else PROJECT / "rules")]))
        if not isinstance(one, Unusable)
    ]
    rules = [rule for rule in rules if rule.logsource.product == "windows"]
    base = real_events(Path(corpora)) if corpora else made_events(rules)
    table = Table("matcher", "rules", "events", "seconds", "events a second", "hits", box=None)
    missed = False
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "events.ndjson"
        made = Maker().events(options.events) if options.ordinary else varied(base, options.events)
        with path.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(event) + "\n" for event in made)
        reading(path, table)
        for count in map(int, options.rules.split(",")):
            chosen = rules[:: max(1, len(rules) // count)][:count]
            for routed in (False, True):
                speed = ours(chosen, path, routed, table)
                missed = missed or (count == 100 and not routed and speed < BAR)
            if count == 100:
                peer(chosen, path, options.peer_events, table)
    console.print(table)
    if missed:
        console.print(f"[red]missed: fewer than {BAR:,} events a second for 100 rules[/red]")
    return int(missed)


def reading(path: Path, table: Table) -> None:
    """Read the lines with Python's own JSON, and do nothing with them."""
    started, count = time.perf_counter(), 0
    with path.open("rb") as lines:
        for line in lines:
            json.loads(line)
            count += 1
    seconds = time.perf_counter() - started
    table.add_row("json.loads alone", "", f"{count:,}", f"{seconds:.2f}", f"{count / seconds:,.0f}", "")


def ours(rules: list[Rule], path: Path, routed: bool, table: Table) -> float:
    """Match the file's events; events a second."""
    matcher = Matcher(rules, routed=routed)
    tally = RunTally()
    started = time.perf_counter()
    hits = sum(1 for _ in match_logs(matcher, [path], tally))
    seconds = time.perf_counter() - started
    name = "transpile test --route" if routed else "transpile test"
    table.add_row(
        name, f"{len(rules):,}", f"{tally.events:,}", f"{seconds:.2f}", f"{tally.events / seconds:,.0f}", f"{hits:,}"
    )
    return tally.events / seconds


def peer(rules: list[Rule], path: Path, count: int, table: Table) -> None:
    """The same rules and the first events by the other matcher; rules that it rejects are left out."""
    try:
        from sigma.rule import SigmaRule
        from sigma_rule_matcher import RuleMatcher
    except ImportError:
        table.add_row("sigma-rule-matcher", "not installed", "", "", "", "")
        return
    matchers: list[Callable[[Mapping[str, Any]], bool]] = []
    for rule in rules:
        try:
            matchers.append(RuleMatcher(SigmaRule.from_yaml(rule.source.text)).match)
        except Exception:
            continue
    events = [
        normalise(one.event)
        for one, _ in zip(read_logs(path), range(count), strict=False)
        if isinstance(one, LogRecord)
    ]
    hits = errors = 0
    started = time.perf_counter()
    for event in events:
        for match in matchers:
            try:
                hits += bool(match(event))
            except Exception:
                errors += 1
    seconds = time.perf_counter() - started
    table.add_row(
        "sigma-rule-matcher",
        f"{len(matchers):,}",
        f"{len(events):,}",
        f"{seconds:.2f}",
        f"{len(events) / seconds:,.0f}",
        f"{hits:,}" + (f" and {errors:,} errors" if errors else ""),
    )


def real_events(corpora: Path) -> list[Mapping[str, Any]]:
    """The public events, as they were exported."""
    files = sorted((corpora / "events").rglob("*.json"))
    return [one.event for file in files for one in read_logs(file) if isinstance(one, LogRecord)]


def made_events(rules: list[Rule]) -> list[Mapping[str, Any]]:
    """Events made from the rules, for want of real ones."""
    return [
        {"Event": {"System": {"EventID": 1, "Channel": "Security"}, "EventData": witness.event}}
        for rule in rules
        for witness in make_witnesses(rule).events[:10]
    ]


def varied(base: list[Mapping[str, Any]], count: int) -> Iterator[Mapping[str, Any]]:
    """`count` events, each a little different from all others."""
    for number in range(count):
        event = json.loads(json.dumps(base[number % len(base)]))
        data = event["Event"].get("EventData") or {}
        for name in VARIED:
            if isinstance(data.get(name), str):
                data[name] += f" {number * 7919 % 1_000_003:x}"
        event["Event"]["System"]["EventRecordID"] = number
        yield event


if __name__ == "__main__":
    sys.exit(main())
