"""Do pySigma's queries mean their rules? Judged as `transpile verify --query` judges any query, beside our own.

    python benchmarks/meaning.py [CORPUS] [--every N] [--only LANGUAGE,...]

Each rule on single events is converted without names being mapped. Its query is run on the events that prove ours, and
on events made from the query itself. CORPUS is a folder of Sigma rules (default: $TRANSPILE_CORPORA/sigma, else
rules/); of its files every N-th is taken. pySigma's Kusto queries name no table, so they are not judged.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from peers import PLAIN, Backend
from sigma.collection import SigmaCollection

from transpile.conversion import Conversion, Options, convert_source
from transpile.source import Source
from transpile.verify import verify_conversions
from transpile.verify.audit import audit
from transpile.verify.proof import Verdict

COLUMNS = ("rules", "no query", "proven", "unproven", "disproven")


def main() -> None:
    """Judge, and print a row for each language and converter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", default=_default_corpus())
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", default="spl,eql")
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    files = sorted(Path(chosen.corpus).rglob("*.yml"))[:: chosen.every]
    backends = {name: PLAIN[name]() for name in chosen.only.split(",")}
    options = {name: Options((name,), models=("none",)) for name in backends}
    tally: Counter[tuple[str, str, str]] = Counter()
    for path in files:
        text = path.read_text(encoding="utf-8")
        for name, backend in backends.items():
            for conversion in _single(convert_source(Source(text, str(path)), options[name])):
                (ours,) = verify_conversions([conversion], options[name])
                tally[name, "transpile", _column(ours.verdict)] += 1
                query = _query(backend, text)
                theirs = audit(conversion, query, options[name]).verdict if query else Verdict.REFUSED
                tally[name, "pySigma", _column(theirs)] += 1
    print("| language | converter | " + " | ".join(COLUMNS) + " |")
    print("| --- | --- |" + " --- |" * len(COLUMNS))
    for name in backends:
        for who in ("transpile", "pySigma"):
            counts = [tally[name, who, column] for column in COLUMNS[1:]]
            print(f"| {name} | {who} | {' | '.join(f'{count:,}' for count in (sum(counts), *counts))} |")


def _default_corpus() -> str:
    corpora = os.environ.get("TRANSPILE_CORPORA")
    return f"{corpora}/sigma" if corpora else str(Path(__file__).parent.parent / "rules")


def _single(conversions: list[Conversion]) -> Iterator[Conversion]:
    """The rule of a file that holds one, if it can be read and is about single events."""
    if len(conversions) == 1 and conversions[0].rule is not None and conversions[0].rule.is_single:
        yield conversions[0]


def _query(backend: Backend, text: str) -> str:
    """The peer's query; nothing where it has none."""
    try:
        return "\n".join(map(str, backend[0].convert(SigmaCollection.from_yaml(text))))
    except Exception:
        return ""


def _column(verdict: Verdict) -> str:
    return "no query" if verdict in (Verdict.REFUSED, Verdict.ERROR) else verdict.value


if __name__ == "__main__":
    main()
