"""Rules of other languages, read: each bar for reading with its figure, over the public corpora.

    python benchmarks/reading.py [--corpora DIR] [--only SECTION,...] [--languages LANGUAGE,...] [--sample N] [--seed S]

DIR holds `splunk/`, `elastic/`, `kusto/`, `yaral/` and `sigma/` (default: $TRANSPILE_CORPORA). `--sample` takes N rules
of Sigma and four times as many queries at random. `--show N` prints examples of what misses each bar. The sections are

- read: which queries are read, give a rule, give an exact one, and keep every literal in the rule or in what is left;
- models: what the data models make of them, and which of those rules the other platforms have an exact query for;
- trips: SigmaHQ to four languages and back, without a data model (compared on events) and with the default ones;
- lucene: pySigma's Lucene queries read back (`pip install '.[bench]'`);
- time: reading and lifting every query, from cold.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from corpus import console, table
from measure import run as run_command
from parsers import PARSERS
from reading_work import Query, Trip, Way, back, judge_lucene, read_native, read_through, trip_rules

from transpile.batch import pool, with_library
from transpile.batch.find import RuleFile, find
from transpile.conversion import Options
from transpile.formats.macros import load_macros

FOLDERS = ("splunk/detections", "elastic", "kusto", "yaral")
LANGUAGES = ("eql", "kuery", "spl", "kql", "esql", "yaral")
TRIPS = ("spl", "kql", "eql", "yaral")

# Percent: read, with a rule, exact of single events, exact with correlations.
READ: dict[str, tuple[float, float, float, float | None]] = {
    "eql": (99.8, 98.5, 77.5, 95),
    "kuery": (99.8, 99.5, 67.5, 71),
    "spl": (99.5, 96, 70, None),
    "kql": (99.5, 83, 42, None),
    "esql": (99, 95, 8, None),
    "yaral": (99.5, 97, 86, 93),
}
SECONDS = 15.0


class Bars:
    """The figures so far, and which of them miss their bar."""

    def __init__(self, show: int) -> None:
        self.missed: list[str] = []
        self._show = show

    def cell(self, name: str, part: int, whole: int, bar: float | None) -> str:
        """A share with its bar, in red where it misses it."""
        if not whole:
            return "-"
        share = 100 * part / whole
        if bar is None:
            return f"{share:.1f}"
        if share < bar:
            self.missed.append(f"{name}: {share:.1f} instead of {bar:g} %")
        return f"[{'red' if share < bar else 'green'}]{share:.1f}[/] / {bar:g}"

    def line(self, name: str, part: int, whole: int, bar: float, wrong: Iterable[str] = ()) -> None:
        """One bar by itself, with examples of what misses it."""
        console.print(f"{name}: {part:,} of {whole:,}, {self.cell(name, part, whole, bar)} %", highlight=False)
        self.examples(wrong)

    def examples(self, wrong: Iterable[str]) -> None:
        """Some of what misses a bar."""
        for one in list(wrong)[: self._show]:
            console.print(f"    {one}", style="dim", highlight=False, markup=False, soft_wrap=True)


def main() -> int:
    """Run the sections; 1 if a bar is missed."""
    sections: dict[str, Callable[[argparse.Namespace, Bars], None]] = {
        "time": show_time,
        "read": show_read,
        "models": show_models,
        "trips": show_trips,
        "lucene": show_lucene,
    }
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=os.environ.get("TRANSPILE_CORPORA"))
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(sections))
    parser.add_argument("--languages", type=lambda text: text.split(","), default=list(LANGUAGES))
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.corpora is None:
        parser.error("give --corpora DIR, or set TRANSPILE_CORPORA")
    logging.disable(logging.CRITICAL)
    bars = Bars(chosen.show)
    for name, section in sections.items():
        if name in chosen.only:
            section(chosen, bars)
            console.print()
    for line in bars.missed:
        console.print(f"[red]missed: {line}[/red]", highlight=False)
    return 1 if bars.missed else 0


def queries(chosen: argparse.Namespace) -> list[RuleFile]:
    """The files of other languages' rules."""
    return sampled(find([str(chosen.corpora / one) for one in FOLDERS]), chosen, len(FOLDERS))


def rules(chosen: argparse.Namespace) -> list[RuleFile]:
    """The files of SigmaHQ."""
    return sampled(find([str(chosen.corpora / "sigma")]), chosen, 1)


def sampled(files: Sequence[RuleFile], chosen: argparse.Namespace, times: int) -> list[RuleFile]:
    """Some of the files at random, in their order; all of them where no sample is asked for."""
    count = chosen.sample * times
    if not chosen.sample or count >= len(files):
        return list(files)
    places = random.Random(chosen.seed).sample(range(len(files)), count)
    return [files[place] for place in sorted(places)]


def each(work: Callable[[RuleFile], list[Any]], files: Sequence[RuleFile]) -> list[Any]:
    """All results of files, on every core."""
    found = []
    for file, results in zip(files, pool.run(work, files, timeout=60), strict=True):
        if isinstance(results, pool.Lost):
            console.print(f"[red]{file.path}: {results.reason or 'took too long'}[/red]", highlight=False)
        else:
            found += results
    return found


def options_for(chosen: argparse.Namespace, **more: Any) -> Options:
    """How other languages' rules are read: with the macros of the corpus."""
    return Options(("sigma",), macros=load_macros([str(chosen.corpora / "splunk" / "macros")]), **more)


# --- reading without a data model


def show_read(chosen: argparse.Namespace, bars: Bars) -> None:
    """A row for each language."""
    work = partial(read_native, options_for(chosen, source_model="none", allow_approximate=True))
    found = [one for one in each(work, queries(chosen)) if one.language in chosen.languages]
    made = table("percent / bar", "queries", "read", "a rule", "exact", "with correlations", "keep literals")
    wrong: dict[str, list[str]] = defaultdict(list)
    for language in LANGUAGES:
        rows = accepted(language, [one for one in found if one.language == language])
        if not rows:
            continue
        with_rule = [one for one in rows if one.has_rule]
        counts = (
            sum(one.is_read for one in rows),
            len(with_rule),
            sum(one.is_exact and one.is_single for one in rows),
            sum(one.is_exact for one in rows),
        )
        words = ("read", "a rule", "exact", "exact with correlations")
        cells = [
            bars.cell(f"{language}, {word}", count, len(rows), bar)
            for word, count, bar in zip(words, counts, READ[language], strict=True)
        ]
        kept = sum(not one.lost for one in with_rule)
        cells.append(bars.cell(f"{language}, literals kept", kept, len(with_rule), 99.5))
        made.add_row(language, f"{len(rows):,}", *cells)
        wrong[language] += [f"{one.path}: loses {', '.join(one.lost)}" for one in rows if one.lost]
        wrong[language] += [f"{one.path}: {', '.join(one.codes)}" for one in rows if not one.has_rule]
    console.print(made)
    for lines in wrong.values():
        bars.examples(lines)


def accepted(language: str, rows: list[Query]) -> list[Query]:
    """The queries that the vendor's own parser takes, where there is one."""
    if language not in ("eql", "kql"):
        return rows
    problems = PARSERS[language]([one.text for one in rows])
    if problems is None:
        return rows
    return [one for one, problem in zip(rows, problems, strict=True) if problem is None]


# --- with data models


def show_models(chosen: argparse.Namespace, bars: Bars) -> None:
    """What becomes of the rules in Sigma, and on other platforms."""
    known = frozenset(process_fields(chosen.corpora / "sigma"))
    work = partial(read_through, options_for(chosen), known)
    found = [one for one in each(work, queries(chosen)) if one.language in chosen.languages]
    made = table("as Sigma, with data models", "queries", "exact", "approximate", "refused", "error")
    for language in LANGUAGES:
        statuses = Counter(one.status for one in found if one.language == language)
        if statuses:
            cells = [f"{statuses[status]:,}" for status in ("exact", "approximate", "refused", "error")]
            made.add_row(language, f"{sum(statuses.values()):,}", *cells)
    console.print(made)
    processes = [one for one in found if one.is_windows_process and one.logsource]
    for language in LANGUAGES:
        own = [one for one in processes if one.language == language]
        if own:
            good = sum(one.is_process_rule for one in own)
            bars.line(f"{language}, Windows process rules as SigmaHQ writes them", good, len(own), 90, map(_odd, own))
    show_ways(found, bars)


def _odd(one: Way) -> str:
    return "" if one.is_process_rule else f"{one.path}: {one.logsource} {', '.join(one.unknown)}"


def show_ways(found: Sequence[Way], bars: Bars) -> None:
    """From Splunk to Defender, and from Elastic to Splunk."""
    from bindings import BINDINGS

    for title, language, model, bar, belongs in (
        ("exact Splunk Endpoint rules as clean Defender queries", "spl", "defender", 75, _is_endpoint),
        ("exact Elastic Windows process rules as Splunk searches", "eql", "windows-xml", 60, _is_process),
    ):
        rows = [one for one in found if one.language == language and belongs(one)]
        exact = [one for one in rows if one.status == "exact"]
        converted = [one for one in exact if one.other_status == "exact"]
        problems = BINDINGS[model]([one.other for one in converted])
        wrong = [f"{one.path}: {problem}" for one, problem in zip(converted, problems, strict=True) if problem]
        refused = [one for one in exact if one.other_status != "exact"]
        wrong += [f"{one.path}: {' '.join(one.other_codes)}" for one in refused]
        bars.line(title, len(exact) - len(wrong), len(exact), bar, wrong)
        reasons = Counter(code for one in refused for code in one.other_codes)
        console.print(f"    not: {_counted(reasons)}", highlight=False, markup=False)
        others = [one for one in rows if one.status != "exact"]
        reasons = Counter(code for one in others for code in one.codes)
        told = f"    of {len(rows)} rules {len(others)} are not exact in Sigma: {_counted(reasons)}"
        console.print(told, highlight=False, markup=False)


def _is_process(one: Way) -> bool:
    return one.is_windows_process


def _is_endpoint(one: Way) -> bool:
    return one.is_endpoint


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{code} {count}" for code, count in reasons.most_common(12)) or "-"


def process_fields(place: Path) -> Iterable[str]:
    """The fields of SigmaHQ's rules on started processes of Windows."""
    import yaml

    for path in sorted(place.rglob("process_creation/*.yml")):
        for rule in yaml.load_all(path.read_text(encoding="utf-8"), yaml.CSafeLoader):
            for selection in rule.get("detection", {}).values():
                for one in selection if isinstance(selection, list) else [selection]:
                    if isinstance(one, dict):
                        yield from (key.partition("|")[0] for key in one)


# --- there and back


def show_trips(chosen: argparse.Namespace, bars: Bars) -> None:
    """SigmaHQ to each language and back, without a data model and with it."""
    files = rules(chosen)
    library = with_library(files, Options(TRIPS)).library
    for models in ("none", "auto"):
        options = Options(TRIPS, models=("none",) if models == "none" else (), library=library)
        found: list[Trip] = each(partial(trip_rules, options), files)
        told = "without a data model" if models == "none" else "with the default models"
        titles = ("exact", "the same") if models == "none" else ("exact", "log source", "fields", "both", "and equal")
        made = table(told, *titles)
        wrong: list[str] = []
        for language in TRIPS:
            rows = [one for one in found if one.language == language]
            if models == "none":
                same = sum(one.is_same for one in rows)
                made.add_row(language, f"{len(rows):,}", bars.cell(f"{language}, {told}", same, len(rows), 99.5))
                wrong += [f"{language} {one.path}: {one.reason}" for one in rows if not one.is_same]
                continue
            both = sum(one.has_logsource and one.has_fields for one in rows)
            made.add_row(
                language,
                f"{len(rows):,}",
                bars.cell("", sum(one.has_logsource for one in rows), len(rows), None),
                bars.cell("", sum(one.has_fields for one in rows), len(rows), None),
                bars.cell(f"{language}, {told}", both, len(rows), 95),
                bars.cell("", sum(one.is_same for one in rows), len(rows), None),
            )
            missing = [one for one in rows if not (one.has_logsource and one.has_fields)]
            wrong += [f"{language} {count:4} {kind}" for kind, count in Counter(map(back, missing)).most_common(25)]
        console.print(made)
        bars.examples(wrong)


# --- Lucene of pySigma, and time


def show_lucene(chosen: argparse.Namespace, bars: Bars) -> None:
    """pySigma's Lucene queries, read and compared with their rules on events."""
    try:
        found = each(judge_lucene, rules(chosen))
    except ModuleNotFoundError:
        console.print(r"pySigma's Elasticsearch backend is not installed: pip install '.\[bench]'")
        return
    wrong = [f"{path}: {reason}" for path, reason in found if reason]
    bars.line("pySigma's Lucene queries read back", len(found) - len(wrong), len(found), 99, wrong)


def show_time(chosen: argparse.Namespace, bars: Bars) -> None:
    """The seconds it takes to read every query and write it as Sigma."""
    command = [sys.executable, "-m", "transpile", "convert", *(str(chosen.corpora / one) for one in FOLDERS)]
    with tempfile.TemporaryDirectory() as place:
        output = Path(place) / "rows.ndjson"
        cost, _ = run_command(
            [*command, "--to", "sigma", "--source-model", "none", "-f", "ndjson", "--no-cache"], output
        )
        count = output.read_bytes().count(b"\n")
    allowed = SECONDS * count / 5900
    told = f"{count:,} queries read and written as Sigma in {cost.wall:.1f} s, {cost.cpu:.1f} s of processors"
    console.print(f"{told} / {allowed:.1f}", highlight=False)
    if cost.wall > allowed:
        bars.missed.append(f"time: {cost.wall:.1f} instead of {allowed:.1f} s")


if __name__ == "__main__":
    sys.exit(main())
