"""The parts of queries that no index serves: leading wildcards, regular expressions and scans, ours beside the peers'.

    python benchmarks/cost.py [CORPUS] [--every N] [--peers BIN] [--only MODEL,...]

`Dialect.cost` counts them in the text of each query, as `transpile explain --cost` does. A rule counts if both sides
have a query for it and our reader takes both. CORPUS is a folder of Sigma rules; `--every` takes one file in N
(default: $TRANSPILE_CORPORA/sigma, else rules/); BIN the folder with the `python` of an environment that has the peers.

Rules that seek words anywhere are left out: the peers ask for whole words, which an index serves and which means less.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from corpus import console, default_corpus, table
from models import PLATFORMS, convert_ours, convert_theirs

from transpile.conversion import Options, read_source_rules
from transpile.dialects import load
from transpile.dialects.base import QueryCost
from transpile.ir.expr import Keyword
from transpile.ir.walk import all_events, leaves
from transpile.source import Source
from transpile.syntax.lexer import ParseError

KINDS = ("leading", "regexes", "scans")


def main() -> int:
    """Run everything; 1 if a kind costs more in ours than in the peers' queries."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", nargs="?", type=Path, default=default_corpus())
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--peers", type=Path, default=Path(sys.executable).parent)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PLATFORMS))
    options = parser.parse_args()
    made = table("platform", "rules", *(f"{kind}: {who}" for kind in KINDS for who in ("ours", "theirs")))
    worse = False
    with tempfile.TemporaryDirectory() as place:
        corpus = sample(options.corpus, options.every, Path(place))
        theirs = convert_theirs(corpus, options.peers, Path(place))
        words = {str(path) for path in corpus.rglob("*.yml") if seeks_words(path)}
        for model in options.only:
            rows = [row for row in convert_ours(corpus, model, Path(place)) if row["path"] not in words]
            pairs = list(both(model, rows, theirs.get(model, [])))
            cells = []
            for kind in KINDS:
                ours, peers = (sum(getattr(pair[side], kind) for pair in pairs) / max(1, len(pairs)) for side in (0, 1))
                worse |= ours > peers
                cells += [f"[bold]{ours:.2f}[/bold]" if ours > peers else f"{ours:.2f}", f"{peers:.2f}"]
            made.add_row(f"{PLATFORMS[model][1]} [dim]{model}[/dim]", f"{len(pairs):,}", *cells)
    console.print(made)
    return 1 if worse else 0


def sample(corpus: Path, every: int, place: Path) -> Path:
    """A folder with every N-th file of a corpus; the corpus itself for every file."""
    if every == 1:
        return corpus
    folder = place / "sample"
    folder.mkdir()
    for number, path in enumerate(sorted(corpus.rglob("*.yml"))[::every]):
        (folder / f"{number}.yml").symlink_to(path.resolve())
    return folder


def seeks_words(path: Path) -> bool:
    """Whether any rule of a file has a keyword."""
    read = read_source_rules(Source(path.read_text(encoding="utf-8"), str(path)), Options(()))
    rules = [one.rule for one in read if one.rule is not None]
    return any(
        isinstance(leaf, Keyword) for rule in rules for one in all_events(rule.body) for leaf in leaves(one.condition)
    )


def both(
    model: str, ours: Iterable[Mapping[str, Any]], theirs: Iterable[Mapping[str, Any]]
) -> Iterable[tuple[QueryCost, QueryCost]]:
    """What our and the peers' query of a rule cost, for the rules that both have one for."""
    found = {(row["path"], row["id"]): row["query"] for row in theirs if row["query"]}
    for row in ours:
        query = found.get((row["path"], row["id"]))
        if row["query"] and query:
            costs = cost(model, row["query"]), cost(model, query)
            if costs[0] is not None and costs[1] is not None:
                yield costs[0], costs[1]


def cost(model: str, query: str) -> QueryCost | None:
    """The cost of a query; None for one that cannot be read."""
    dialect = load(PLATFORMS[model][0])
    assert dialect.cost is not None
    try:
        return dialect.cost(dialect.parse(Source(query)))
    except ParseError:
        return None


if __name__ == "__main__":
    sys.exit(main())
