"""Rules on several events: how many have a query, what they cost, and beside pySigma's queries, in one run.

    python benchmarks/stages.py [CORPUS] [--events N] [--quick]

CORPUS holds correlation rules (default: $TRANSPILE_CORPORA/stages, else rules/). Of rules whose base rules are exact,
it counts those that are exact, and those that have a query with `--allow-approximate`. pySigma's queries for the same
rules are run on the streams that prove ours. `--quick` leaves out the million events.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from measure import run
from rich.console import Console
from rich.table import Table

from transpile.batch import find, with_library
from transpile.batch.find import read_source
from transpile.conversion import Conversion, Options, Status, convert_reading, read_source_rules
from transpile.dialects.base import Reading, Result
from transpile.ir.rule import Rule
from transpile.ir.walk import all_events, group_by
from transpile.record import replace
from transpile.source import Source
from transpile.verify.audit import audit

PROJECT = Path(__file__).parent.parent
LANGUAGES = ("spl", "kql", "eql", "esql", "yaral")
EXACT = {"spl": 78, "kql": 78, "yaral": 64, "eql": 42}  # per cent that we mean to reach
QUERIES = {"spl": 96, "kql": 96, "elastic": 92}
CONVERTED, SECONDS = 1_000, 4  # rules, and the time that they may take
TESTED, MEMORY = 60, 500  # seconds and MB for a million events

console = Console(width=None if sys.stdout.isatty() else 120)


@dataclass(slots=True)
class Tally:
    """For each language, and `elastic` for EQL or ES|QL: rules whose base rules are exact, exact ones, with a query."""

    rules: Counter[str] = field(default_factory=Counter)
    exact: Counter[str] = field(default_factory=Counter)
    queries: Counter[str] = field(default_factory=Counter)

    def add(self, target: str, exact: bool, query: bool) -> None:
        """Count a rule."""
        self.rules[target] += 1
        self.exact[target] += exact
        self.queries[target] += query


def main() -> int:
    """Run everything; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=default_corpus())
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    missed = [*show_shares(options.corpus), *show_speed()]
    show_peers(options.corpus)
    if not options.quick:
        missed += show_test(options.events)
    for line in missed:
        console.print(f"[red]missed: {line}[/red]")
    return 1 if missed else 0


def default_corpus() -> Path:
    """The public rules where they are to be had, else our own."""
    return Path(os.environ["TRANSPILE_CORPORA"]) / "stages" if "TRANSPILE_CORPORA" in os.environ else PROJECT / "rules"


def stage_rules(corpus: Path, options: Options) -> Iterator[tuple[Source, Reading, Rule]]:
    """The rules on several events."""
    for file in find([str(corpus)]):
        source = read_source(file)
        if not isinstance(source, Source):
            continue
        for reading in read_source_rules(source, options):
            if reading.rule is not None and not reading.rule.is_single:
                yield source, reading, reading.rule


def show_shares(corpus: Path) -> Iterator[str]:
    """How many rules are exact in each language; what falls short."""
    options = with_library(find([str(corpus)]), Options(LANGUAGES, models=("none",)))
    tally = Tally()
    for source, reading, rule in stage_rules(corpus, options):
        bases = [Reading(Rule("base", one, rule.source), ()) for one in all_events(rule.body)]
        of_bases = [found for one in bases for found in convert_reading(one, source, options)]
        sound = set(LANGUAGES) - {one.target for one in of_bases if one.status is not Status.EXACT}
        exact = {one.target for one in convert_reading(reading, source, options) if one.status is Status.EXACT}
        loose = replace(options, allow_approximate=True)
        queries = {one.target for one in convert_reading(reading, source, loose) if one.query is not None}
        for target in sound:
            tally.add(target, target in exact, target in queries)
        if elastic := sound & {"eql", "esql"}:
            tally.add("elastic", bool(elastic & exact), bool(elastic & queries))
    made = table("of rules whose base rules are exact", "rules", "exact", "", "with a query", "")
    for target in (*LANGUAGES, "elastic"):
        count = tally.rules[target] or 1
        exactly, any_ = 100 * tally.exact[target] / count, 100 * tally.queries[target] / count
        cells = (f"{tally.exact[target]}", f"{exactly:.1f}%", f"{tally.queries[target]}", f"{any_:.1f}%")
        made.add_row(target, f"{tally.rules[target]}", *cells)
        if round(exactly) < EXACT.get(target, 0):
            yield f"{exactly:.1f}% exact in {target}, not {EXACT[target]}%"
        if round(any_) < QUERIES.get(target, 0):
            yield f"{any_:.1f}% with a query in {target}, not {QUERIES[target]}%"
    console.print(made)


BASE = """\
title: {name}
name: {name}
logsource: {{product: windows, service: security}}
detection: {{selection: {{EventID: {number}}}, condition: selection}}
---
"""
KINDS = (
    ("event_count", "{rules: [a], group-by: [TargetUserName], timespan: 5m, condition: {gte: %d}"),
    ("value_count", "{rules: [a], group-by: [IpAddress], timespan: 1h, condition: {field: TargetUserName, gte: %d}"),
    ("value_sum", "{rules: [a], group-by: [IpAddress], timespan: 1h, condition: {field: Bytes, gte: %d}"),
    ("value_avg", "{rules: [a], group-by: [IpAddress], timespan: 1h, condition: {field: Bytes, gte: %d}"),
    ("temporal", "{rules: [a, b], group-by: [TargetUserName], timespan: %dm"),
    ("temporal_ordered", "{rules: [a, b], group-by: [TargetUserName], timespan: %dm"),
)


def show_speed() -> Iterator[str]:
    """What it costs to convert many rules, each in a file with its base rules, to all languages."""
    with tempfile.TemporaryDirectory() as place:
        rules = Path(place) / "rules"
        rules.mkdir()
        for number in range(CONVERTED):
            kind, block = KINDS[number % len(KINDS)]
            stage = block.replace("{", f"{{type: {kind}, ", 1) % (number % 50 + 2)
            names = {f"[a{end}": f"[a{number}{end}" for end in "],"} | {", b]": f", b{number}]"}
            for name, own in names.items():
                stage = stage.replace(name, own)
            bases = "".join(BASE.format(name=f"{name}{number}", number=4624 + at) for at, name in enumerate("ab"))
            text = f"{bases}title: Rule {number}\ncorrelation: {stage}}}\n"
            (rules / f"{number}.yml").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "transpile", "convert", str(rules), "--model", "none", "-f", "ndjson", "-q"]
        made = table(f"{CONVERTED:,} rules on several events, from cold", "seconds", "of processors", "peak MB")
        for targets in (("spl",), LANGUAGES):
            cost, _ = run([*command, "--to", ",".join(targets)], Path(place) / "out.ndjson")
            made.add_row(", ".join(targets), f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak:.0f}")
        console.print(made)
    if cost.wall > SECONDS:
        yield f"{cost.wall:.1f} seconds for {CONVERTED:,} rules, not {SECONDS}"


# --- beside pySigma


def show_peers(corpus: Path) -> None:
    """Our queries and pySigma's on the streams that prove ours, each file by itself."""
    try:
        from sigma.backends.elasticsearch.elasticsearch_eql import EqlBackend
        from sigma.backends.elasticsearch.elasticsearch_esql import ESQLBackend
        from sigma.backends.splunk.splunk import SplunkBackend
        from sigma.collection import SigmaCollection
    except ImportError:
        console.print(r"pySigma's backends are not installed here: pip install '.\[bench]'." + "\n")
        return
    backends: dict[str, Callable[[], Any]] = {"spl": SplunkBackend, "eql": EqlBackend, "esql": ESQLBackend}
    words = ("proven", "wider or narrower", "disproven", "unproven", "no query")
    found: dict[tuple[str, str], Counter[str]] = {(who, to): Counter() for to in backends for who in ("we", "pySigma")}
    for file in find([str(corpus)]):
        source = read_source(file)
        if not isinstance(source, Source):
            continue
        plain = with_library([file], Options(tuple(backends), models=("none",), allow_approximate=True))
        for _, reading, rule in stage_rules(Path(file.path), plain):
            theirs = _queries_of(source.text, rule, backends, SigmaCollection)
            for one in convert_reading(reading, source, plain):
                found["we", one.target][_verdict(one, one.query, plain)] += 1
                found["pySigma", one.target][_verdict(one, theirs[one.target], plain, exact=True)] += 1
    made = table("queries, each file by itself", *words)
    for (who, to), counts in found.items():
        made.add_row(f"{who}, {to}", *(f"{counts[word]}" for word in words))
    console.print(made)


def _queries_of(text: str, rule: Rule, backends: dict[str, Callable[[], Any]], reader: Any) -> dict[str, str | None]:
    """What pySigma makes of the rule with this title."""
    queries: dict[str, str | None] = dict.fromkeys(backends)
    for target, backend in backends.items():
        try:
            collection = reader.from_yaml(text)
            collection.resolve_rule_references()
            made = backend()
            for one in collection.rules:
                converts = made.convert_rule if hasattr(one, "detection") else made.convert_correlation_rule
                results = converts(one)
                if one.title == rule.title and results:
                    queries[target] = str(results[0])
        except Exception:
            continue
    return queries


def _verdict(conversion: Conversion, query: str | None, options: Options, *, exact: bool = False) -> str:
    """How a query fares on the streams that are made from the rule."""
    if query is None or conversion.rule is None:
        return "no query"
    if exact:
        group = Result(group_by(conversion.rule.body), None, None, None)
        proof = audit(replace(conversion, result=group), query, options)
    else:
        if conversion.status is Status.APPROXIMATE:
            return "wider or narrower"
        proof = audit(conversion, query, options)
    return proof.verdict.value


# --- over logs

WINDOWS_LOGS = {"product": "windows", "service": "security"}
TESTS = {
    "failed": {"EventID": 4625},
    "logon": {"EventID": 4624},
    "program": {"EventID": 4688},
    "created": {"EventID": 4720},
    "locked": {"EventID": 4740},
    "share": {"EventID": 5140},
    "net": {"Image|endswith": "\\net.exe"},
    "whoami": {"Image|endswith": "\\whoami.exe"},
}
TWENTY = (
    ("event_count", ["failed"], "TargetUserName", "5m", {"gte": 5}),
    ("event_count", ["failed"], "IpAddress", "1h", {"gte": 20}),
    ("event_count", ["failed"], "TargetUserName,IpAddress", "1d", {"gt": 3}),
    ("event_count", ["failed", "locked"], "Computer", "15m", {"gte": 12}),
    ("event_count", ["program"], "Computer", "1m", {"gte": 9}),
    ("value_count", ["failed"], "IpAddress", "10m", {"gte": 4, "field": "TargetUserName"}),
    ("value_count", ["logon"], "TargetUserName", "1h", {"gte": 10, "field": "Computer"}),
    ("value_count", ["program"], "Computer", "1h", {"gte": 3, "field": "Image"}),
    ("value_sum", ["share"], "IpAddress", "1h", {"gte": 30000, "field": "Bytes"}),
    ("value_avg", ["share"], "Computer", "1h", {"gte": 8000, "field": "Bytes"}),
    ("value_percentile", ["share"], "Computer", "1h", {"gte": 9900, "field": "Bytes", "percentile": 95}),
    ("value_median", ["share"], "Computer", "1h", {"gte": 8000, "field": "Bytes"}),
    ("temporal", ["failed", "logon"], "TargetUserName", "5m", None),
    ("temporal", ["net", "whoami"], "Computer", "5m", None),
    ("temporal", ["created", "logon", "locked"], "TargetUserName", "1h", None),
    ("temporal", ["created", "locked"], "TargetUserName", "1h", "created and locked"),
    ("temporal_ordered", ["failed", "logon"], "TargetUserName", "5m", None),
    ("temporal_ordered", ["whoami", "net"], "Computer", "5m", None),
    ("temporal_ordered", ["failed", "locked", "logon"], "TargetUserName", "1d", None),
    ("temporal_ordered", ["rule_0", "logon"], "TargetUserName", "10m", None),
)


def show_test(count: int) -> Iterator[str]:
    """`transpile test` of twenty correlations over many events, in order of time and not, with the same alerts."""
    seen: set[frozenset[str]] = set()
    made = table(f"{count:,} events, {len(TWENTY)} correlations", "seconds", "of processors", "peak MB", "alerts")
    with tempfile.TemporaryDirectory() as place:
        rules, logs, out = (Path(place) / name for name in ("rules.yml", "logs.ndjson", "alerts.ndjson"))
        rules.write_text("\n---\n".join(json.dumps(one) for one in twenty()), encoding="utf-8")
        for sorted_ in (True, False):
            write_logs(logs, count, sorted_)
            command = [
                sys.executable,
                "-m",
                "transpile",
                "test",
                str(rules),
                "--events",
                str(logs),
                "-f",
                "ndjson",
                "-q",
            ]
            cost, _ = run(command, out)
            alerts = read_alerts(out)
            seen.add(frozenset(alerts))
            name = "in order" if sorted_ else "in any order"
            made.add_row(name, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak:.0f}", f"{len(alerts):,}")
            if cost.wall > TESTED or cost.peak > MEMORY:
                yield f"{cost.wall:.1f} seconds and {cost.peak:.0f} MB for {count:,} events {name}"
    console.print(made)
    if len(seen) > 1:
        yield "other alerts when the events come in another order"


def read_alerts(path: Path) -> list[str]:
    """The alerts as JSON texts, without the places of their events in the log."""
    with path.open(encoding="utf-8") as stream:
        return [json.dumps(json.loads(line) | {"records": None}) for line in stream]


def twenty() -> Iterator[dict[str, Any]]:
    """The base rules and the correlations, as documents."""
    for name, test in TESTS.items():
        detection = {"selection": test, "condition": "selection"}
        yield {"title": name, "name": name, "logsource": WINDOWS_LOGS, "detection": detection}
    for number, (kind, rules, by, timespan, condition) in enumerate(TWENTY):
        stage = {"type": kind, "rules": rules, "group-by": by.split(","), "timespan": timespan}
        more = {} if condition is None else {"condition": condition}
        yield {"title": f"Rule {number}", "name": f"rule_{number}", "correlation": stage | more}


def write_logs(path: Path, count: int, sorted_: bool) -> None:
    """Logons and program starts, the same events in order and not. A base rule matches most of them."""
    lines = list(log_lines(count))
    if not sorted_:
        random.Random(8).shuffle(lines)
    with path.open("w", encoding="utf-8") as out:
        out.writelines(lines)


def log_lines(count: int) -> Iterator[str]:
    """The events, half a second apart."""
    rng = random.Random(7)
    numbers = [4624, 4624, 4624, 4625, 4625, 4688, 4688, 4688, 4720, 4740, 4769, 5140, 1, 3, 22]
    programs = [f"C:\\Windows\\System32\\{name}.exe" for name in ("cmd", "net", "whoami", "svchost")]
    for number in range(count):
        moment = datetime.fromtimestamp(1_767_225_600 + number / 2 + 3 * rng.random(), UTC)
        event = {
            "timestamp": moment.isoformat().replace("+00:00", "Z"),
            "Channel": "Security",
            "EventID": rng.choice(numbers),
            "Computer": f"host{rng.randrange(500)}",
            "TargetUserName": f"user{rng.randrange(2000)}",
            "IpAddress": f"10.{rng.randrange(12)}.{rng.randrange(250)}.7",
            "Image": rng.choice(programs),
            "Bytes": rng.randrange(1, 10_000),
        }
        yield f"{json.dumps(event)}\n"


def table(first: str, *others: str) -> Table:
    """A table whose columns but the first hold numbers."""
    made = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    made.add_column(first)
    for name in others:
        made.add_column(name, justify="right")
    return made


if __name__ == "__main__":
    sys.exit(main())
