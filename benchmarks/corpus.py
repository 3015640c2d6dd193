"""A whole rule corpus in four languages: ours and the peers, from cold, in one run and one table.

    python benchmarks/corpus.py [CORPUS] [--peers BIN] [--quick] [--mapped]

CORPUS is a folder of Sigma rules (default: $TRANSPILE_CORPORA/sigma, else rules/). BIN is the folder with the `sigma`
and `python` commands of an environment that has the peers (default: this one's; `pip install .[bench]`). `--quick`
leaves out what the peers' queries are like, and measures only what they cost.

Field names are left as they are (`--model none`, `--without-pipeline`), so that languages are compared, not mappings.
With `--mapped` they are mapped, as people use the tools: by our default data models, and by the peers' pipelines.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from measure import Cost, memory, run
from parsers import PARSERS, PROJECT
from rich.console import Console
from rich.table import Table

# What sigma-cli calls a target. The other two backends go without it: it breaks off at the first rule that they do not
# support, and then writes nothing.
SIGMA_CLI = {"spl": "splunk", "eql": "eql"}
TITLES = {"spl": "Splunk SPL", "kql": "Kusto KQL", "eql": "Elastic EQL", "yaral": "SecOps YARA-L"}
PEERS_SCRIPT = str(Path(__file__).parent / "peers.py")
PIPELINES = {"spl": "splunk_windows", "eql": "ecs_windows"}
FASTER = {False: 25, True: 15}  # how many times faster than the peers together we mean to be, without and with mapping
MEMORY = 150  # MB that we mean to stay under

console = Console(width=None if sys.stdout.isatty() else 140)


def main() -> int:
    """Run everything; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=default_corpus())
    parser.add_argument("--peers", type=Path, default=Path(sys.executable).parent)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--mapped", action="store_true")
    parser.add_argument("--runs", type=int, default=2, help="how often to measure each; the fastest counts")
    options = parser.parse_args()

    files = sum(1 for _ in options.corpus.rglob("*.yml"))
    console.print(f"[bold]{files:,} files of Sigma rules, {os.cpu_count()} cores[/bold]\n")
    with tempfile.TemporaryDirectory() as place:
        compileall.compile_dir(PROJECT / "transpile", quiet=2)  # as pip does with what it installs
        runs = [measure(options.corpus, options.peers, Path(place), options.mapped) for _ in range(options.runs)]
        ours = min((ours for ours, _ in runs), key=lambda cost: cost.wall)
        ours = replace(ours, peak=memory(our_command(options.corpus, options.mapped)) or ours.peak)
        peers = {name: min((found[name] for _, found in runs), key=lambda cost: cost.wall) for name in runs[0][1]}
        rows = read_rows(Path(place) / "ours.ndjson")
        skipped = options.quick or options.mapped or not peers
        theirs = [] if skipped else read_peers(options.corpus, options.peers, Path(place))
    show_cost(ours, peers)
    missed = show_quality(rows, theirs)
    show_refusals(rows)
    if peers and sum(cost.wall for cost in peers.values()) < FASTER[options.mapped] * ours.wall:
        missed.append(f"less than {FASTER[options.mapped]} times faster than the peers together")
    if ours.peak > MEMORY:
        missed.append(f"more than {MEMORY} MB")
    for line in missed:
        console.print(f"[red]missed: {line}[/red]")
    return 1 if missed else 0


def default_corpus() -> Path:
    """The public rules where they are to be had, else our own."""
    return Path(os.environ["TRANSPILE_CORPORA"]) / "sigma" if "TRANSPILE_CORPORA" in os.environ else PROJECT / "rules"


def measure(corpus: Path, peers: Path, place: Path, mapped: bool) -> tuple[Cost, dict[str, Cost]]:
    """What all four languages cost us, and each the peers: one after the other, on the machine as it is just then."""
    ours, _ = run(our_command(corpus, mapped), place / "ours.ndjson")
    return ours, measure_peers(corpus, peers, place, mapped)


def our_command(corpus: Path, mapped: bool) -> list[str]:
    """All four languages in one run."""
    command = [sys.executable, "-m", "transpile", "convert", str(corpus), "-f", "ndjson", "-q", "--no-cache"]
    return [*command, "--to", ",".join(TITLES), *(() if mapped else ("--model", "none"))]


def measure_peers(corpus: Path, peers: Path, place: Path, mapped: bool) -> dict[str, Cost]:
    """What each language costs the peers; nothing if they are not installed."""
    costs = {}
    for target in TITLES:
        if target in SIGMA_CLI:
            names = ["-p", PIPELINES[target]] if mapped else ["--without-pipeline"]
            cli = [str(peers / "sigma"), "convert", "-t", SIGMA_CLI[target], *names, "-s", str(corpus)]
        else:
            cli = [str(peers / "python"), PEERS_SCRIPT, str(corpus), *(["--mapped"] if mapped else []), target]
        try:
            costs[target], code = run(cli, place / f"{target}.txt")
        except FileNotFoundError:
            console.print(r"The peers are not installed here: pip install '.\[bench]', or --peers BIN." + "\n")
            return {}
        if code:
            console.print(f"[yellow]{TITLES[target]}: the peer ended with exit code {code}[/yellow]")
    return costs


def read_peers(corpus: Path, peers: Path, place: Path) -> list[dict[str, Any]]:
    """What the peers make of each rule."""
    run([str(peers / "python"), PEERS_SCRIPT, str(corpus)], place / "peers.ndjson")
    return read_rows(place / "peers.ndjson")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def show_cost(ours: Cost, peers: Mapping[str, Cost]) -> None:
    """Time and memory."""
    made = table("from cold", "seconds", "of processors", "peak MB")
    for target, cost in peers.items():
        name = "sigma-cli" if target in SIGMA_CLI else "pySigma"
        made.add_row(f"{name}, {TITLES[target]}", f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.peak:.0f}")
    if peers:
        wall, cpu = sum(cost.wall for cost in peers.values()), sum(cost.cpu for cost in peers.values())
        made.add_row("peers, together", f"{wall:.1f}", f"{cpu:.1f}", f"{max(c.peak for c in peers.values()):.0f}")
    made.add_row("[bold]transpile, all four[/bold]", f"{ours.wall:.1f}", f"{ours.cpu:.1f}", f"{ours.peak:.0f}")
    if peers:
        made.add_row("times faster", f"[bold]{wall / ours.wall:.1f}[/bold]", f"{cpu / ours.cpu:.1f}", "")
    console.print(made)


def show_quality(rows: Iterable[Mapping[str, Any]], theirs: Iterable[Mapping[str, Any]]) -> list[str]:
    """How many queries there are, and how many of them parse; what of ours does not."""
    made = table("", "rules", "queries", "parse", "do not", "no query")
    missed = []
    for target in TITLES:
        for name, found in (("transpile", rows), ("pySigma", theirs)):
            chosen = [row for row in found if row["target"] == target]
            if not chosen:
                continue
            queries = [row["query"] for row in chosen if row["query"] is not None]
            problems = PARSERS[target](queries)
            bad = None if problems is None else sum(problem is not None for problem in problems)
            parsed = ("?", "?") if bad is None else (f"{len(queries) - bad:,}", f"{bad:,}")
            made.add_row(
                f"{name}, {TITLES[target]}",
                f"{len(chosen):,}",
                f"{len(queries):,}",
                *parsed,
                f"{len(chosen) - len(queries):,}",
            )
            if name == "transpile" and bad:
                missed.append(f"{bad} {TITLES[target]} queries do not parse: {next(filter(None, problems or ()))}")
    console.print(made)
    return missed


def show_refusals(rows: Iterable[Mapping[str, Any]]) -> None:
    """Why rules have no query of ours: rules by code and language."""
    from transpile.report.codes import meaning, split

    reasons: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["query"] is None:
            reasons.update({(one["code"], row["target"]) for one in row["diagnostics"] if one["severity"] == "error"})
    made = table("why transpile has no query", *TITLES)
    totals = Counter(code for code, _ in reasons.elements())
    for code, _ in totals.most_common():
        known = split(code)
        made.add_row(
            f"{code} {meaning(*known) if known else ''}", *(f"{reasons[code, target] or '-'}" for target in TITLES)
        )
    console.print(made)


def table(first: str, *others: str) -> Table:
    """A table whose columns but the first hold numbers."""
    made = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    made.add_column(first)
    for name in others:
        made.add_column(name, justify="right")
    return made


if __name__ == "__main__":
    sys.exit(main())
