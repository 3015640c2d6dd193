"""A whole rule corpus on each platform, by our data models and by the peers' pipelines: whose queries bind?

    python benchmarks/models.py [CORPUS] [--peers BIN] [--only MODEL,...]

A rule counts if it has a query (of ours: an exact one) that parses and names nothing that the platform's schema lacks
(bindings.py). CORPUS is a folder of Sigma rules (default: $TRANSPILE_CORPORA/sigma, else rules/); BIN the folder with
the `python` of an environment that has the peers (default: this one's; `pip install .[bench,schemas]`).

A Splunk search over every index counts only if its conversion says so and why (`MAP010`): for some logs Splunk has no
add-on, and so no source type.

Shares are of all rules, and of those that are detection rules of Sigma 2.1: without what cannot be read, without
aggregations (`| count() > 5`), which Sigma has given up, and without templates whose placeholders wait for values.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from bindings import BINDINGS, NOWHERE
from corpus import console, default_corpus, read_rows, table
from measure import run

# Data model -> the language, what to call the platform, and the share of detection rules that we mean to have.
PLATFORMS: Mapping[str, tuple[str, str, float]] = {
    "windows-xml": ("spl", "Splunk, by add-ons", 0.99),
    "cim": ("spl", "Splunk, by data models", 0.0),
    "ecs": ("eql", "Elastic", 0.95),
    "sentinel": ("kql", "Sentinel", 0.90),
    "defender": ("kql", "Defender", 0.67),
    "asim": ("kql", "Sentinel, normalised (ASIM)", 0.50),
    "udm": ("yaral", "Google SecOps", 0.85),
}

# Why a rule is no detection rule of Sigma 2.1: it cannot be read, is an aggregation of old, or waits for values.
NO_DETECTION_RULE = {"SIG039", "SIG050", "SIG054"}

Key = tuple[str, int]  # a file, and which of its rules


@dataclass(slots=True)
class Outcome:
    """What became of each rule under one model."""

    bound: set[Key] = field(default_factory=set)
    queries: int = 0
    reasons: dict[Key, set[str]] = field(default_factory=dict)  # of those not bound: codes, or what the schema lacks


def main() -> int:
    """Run everything; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=default_corpus())
    parser.add_argument("--peers", type=Path, default=Path(sys.executable).parent)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PLATFORMS))
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as place:
        theirs = convert_theirs(options.corpus, options.peers, Path(place))
        rows = {model: convert_ours(options.corpus, model, Path(place)) for model in options.only}
    outcomes = {model: (judge(model, rows[model]), judge(model, theirs.get(model, []))) for model in options.only}
    first = rows[options.only[0]]
    rules = detection_rules(first)
    console.print(f"[bold]{len(first):,} rules, {len(rules):,} of them detection rules of Sigma 2.1[/bold]\n")
    missed = show_shares(outcomes, len(first), len(rules))
    for model, (ours, peers) in outcomes.items():
        show_lacking(model, ours, peers, first, rules)
    for line in missed:
        console.print(f"[red]missed: {line}[/red]")
    return 1 if missed else 0


def convert_ours(corpus: Path, model: str, place: Path) -> list[dict[str, Any]]:
    """What we make of each rule under a model."""
    command = [sys.executable, "-m", "transpile", "convert", str(corpus), "-f", "ndjson", "-q"]
    run([*command, "--to", PLATFORMS[model][0], "--model", model], place / "ours.ndjson")
    return read_rows(place / "ours.ndjson")


def convert_theirs(corpus: Path, peers: Path, place: Path) -> dict[str, list[dict[str, Any]]]:
    """What the peers make of each rule, by model; nothing if they are not installed."""
    script = Path(__file__).parent / "peers.py"
    try:
        _, code = run([str(peers / "python"), str(script), str(corpus), "--models"], place / "peers.ndjson")
    except FileNotFoundError:
        code = 1
    if code:
        console.print(r"The peers are not installed here: pip install '.\[bench,schemas]', or --peers BIN." + "\n")
        return {}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in read_rows(place / "peers.ndjson"):
        found[row["target"]].append(row)
    return found


def judge(model: str, rows: Iterable[Mapping[str, Any]]) -> Outcome:
    """Which rules' queries bind, and what keeps the others from it."""
    outcome = Outcome()
    asked = []
    position: Counter[str] = Counter()
    for row in rows:
        key = row["path"], position[row["path"]]
        position[row["path"]] += 1
        if row["query"] is None:
            errors = {_lack(one) for one in row.get("diagnostics", ()) if one["severity"] == "error"}
            outcome.reasons[key] = errors or {"no query"}
        else:
            asked.append((key, row))
    outcome.queries = len(asked)
    problems = BINDINGS[model]([row["query"] for _, row in asked])
    for (key, row), problem in zip(asked, problems, strict=True):
        told = problem == NOWHERE and any(one["code"] == "MAP010" for one in row.get("diagnostics", ()))
        if problem is None or told:
            outcome.bound.add(key)
        else:
            outcome.reasons[key] = {problem}
    return outcome


def detection_rules(rows: Iterable[Mapping[str, Any]]) -> set[Key]:
    """The rules that Sigma 2.1 knows as detection rules."""
    found = set()
    position: Counter[str] = Counter()
    for row in rows:
        codes = {one["code"] for one in row["diagnostics"]}
        if row["status"] != "error" and not codes & NO_DETECTION_RULE:
            found.add((row["path"], position[row["path"]]))
        position[row["path"]] += 1
    return found


def show_shares(outcomes: Mapping[str, tuple[Outcome, Outcome]], all_rules: int, rules: int) -> list[str]:
    """One line a platform; what misses its bar."""
    made = table("platform", "exact", "bind", "of all", "of 2.1", "bar", "peers' queries", "bind", "of all")
    missed = []
    for model, (ours, peers) in outcomes.items():
        _, title, bar = PLATFORMS[model]
        share = len(ours.bound) / rules
        made.add_row(
            f"{title} [dim]{model}[/dim]",
            f"{ours.queries:,}",
            f"[bold]{len(ours.bound):,}[/bold]",
            f"{len(ours.bound) / all_rules:.1%}",
            f"[bold]{share:.1%}[/bold]",
            f"{bar:.0%}" if bar else "-",
            f"{peers.queries:,}",
            f"{len(peers.bound):,}",
            f"{len(peers.bound) / all_rules:.1%}",
        )
        if share < bar:
            missed.append(f"{title}: {share:.1%} instead of {bar:.0%}")
        unbound = ours.queries - len(ours.bound)
        if unbound:
            example = next(reason for reason in ours.reasons.values() if not any(map(_CODE.match, reason)))
            missed.append(f"{title}: {unbound} queries do not bind: {', '.join(example)}")
    console.print(made)
    return missed


def show_lacking(
    model: str, ours: Outcome, peers: Outcome, rows: Iterable[Mapping[str, Any]], rules: Collection[Key]
) -> None:
    """The log sources with most rules that we have no query for, and why."""
    sources = log_sources({row["path"] for row in rows})
    groups: dict[str, list[Key]] = defaultdict(list)
    for key in rules:
        groups[sources[key[0]]].append(key)
    made = table(f"{PLATFORMS[model][1]}: lacking most", "rules", "ours", "peers", "why")
    made.columns[-1].justify = "left"
    lacking = sorted(groups.items(), key=lambda item: -sum(key not in ours.bound for key in item[1]))
    for source, keys in lacking[:12]:
        reasons = Counter(reason for key in keys for reason in ours.reasons.get(key, ()))
        if reasons:
            made.add_row(
                source,
                f"{len(keys):,}",
                f"{sum(key in ours.bound for key in keys):,}",
                f"{sum(key in peers.bound for key in keys):,}",
                ", ".join(f"{code} {count}" for code, count in reasons.most_common(4)),
            )
    console.print(made)


def log_sources(paths: Iterable[str]) -> dict[str, str]:
    """The log source of each file's first rule: category/product/service."""
    found = {}
    for path in paths:
        try:
            rule = next(iter(yaml.load_all(Path(path).read_text(encoding="utf-8"), yaml.CSafeLoader)))
            words = rule["logsource"]
            found[path] = "/".join(str(words.get(word, "*")) for word in ("category", "product", "service"))
        except (yaml.YAMLError, KeyError, TypeError, AttributeError, StopIteration):
            found[path] = "?"
    return found


_CODE = re.compile(r"[A-Z]{3}\d{3}")  # what a refusal of ours begins with

# The field, or what else a refusal tells the lack of.
_LACKED = re.compile(
    r"no field '([^']+)'|no place for (?!the log source)([^:]+):|keeps (\S+) only roughly|test of (\S+):"
)


def _lack(diagnostic: Mapping[str, Any]) -> str:
    """Why there is no query: the code, and the field that is lacking if it tells of one."""
    if diagnostic["code"] == "MAP001":
        return "MAP001 no such logs"
    found = _LACKED.search(diagnostic["message"])
    return " ".join([diagnostic["code"], *(name for name in (found.groups() if found else ()) if name)])


if __name__ == "__main__":
    sys.exit(main())
