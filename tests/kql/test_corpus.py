"""The public rules, without a data model, and the public queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import re2

from tests import arms
from tests.kql.microsoft import check, needs_microsoft
from transpile.diagnostics import Report, Severity
from transpile.dialects.kql import DIALECT
from transpile.dialects.kql.regex import compile_regex
from transpile.dialects.kql.tree import Binary, Call, Script, String
from transpile.dialects.sigma.read import read
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.source import Source
from transpile.syntax.lexer import ParseError

# What Microsoft's parser rejects too: fragments, and pages that are not quite KQL.
NOT_QUERIES = 5


@pytest.fixture(scope="module")
def rules(corpora: Path) -> list[Rule]:
    files = sorted((corpora / "sigma").rglob("*.yml"))[::3]  # all of them are the benchmark's business
    readings = [one for file in files for one in read(Source(file.read_text(encoding="utf-8"), str(file)))]
    return [run_passes(one.rule) for one in readings if one.rule is not None]


@pytest.fixture(scope="module")
def lowered(rules: list[Rule]) -> list[tuple[Script, Report]]:
    found = []
    for rule in rules:
        report = Report()
        found.append((arms.lower(DIALECT, rule, report), report))
    return found


def test_few_rules_are_refused(lowered: list[tuple[Script, Report]]) -> None:
    """One in a hundred at most, those included that can only be said approximately."""
    codes: Counter[str] = Counter()
    refused = approximate = 0
    for _, report in lowered:
        codes.update(one.code for one in report.diagnostics)
        refused += any(one.severity is Severity.ERROR for one in report.diagnostics)
        approximate += any(one.severity is Severity.WARNING for one in report.diagnostics)
    assert len(lowered) > 1000
    assert (refused + approximate) / len(lowered) <= 0.01, codes


def test_every_query_reads_back(lowered: list[tuple[Script, Report]]) -> None:
    for tree, _ in lowered:
        text = DIALECT.print(tree)
        assert DIALECT.parse(Source(text)) == tree, text


@needs_microsoft
def test_microsoft_reads_the_queries(lowered: list[tuple[Script, Report]]) -> None:
    queries = [DIALECT.print(tree) for tree, _ in lowered]
    rejected = {query: found for query, found in zip(queries, check(queries), strict=True) if found}
    assert not rejected


def test_public_queries_are_read(corpora: Path) -> None:
    files = sorted((corpora / "kusto").rglob("*.kql"))
    rejected = []
    for file in files:
        try:
            tree = DIALECT.parse(Source(file.read_text(encoding="utf-8")))
        except ParseError:
            rejected.append(file.name)
        else:
            assert DIALECT.parse(Source(DIALECT.print(tree))) == tree, file.name
    assert len(files) > 200
    assert len(rejected) <= NOT_QUERIES, rejected


@needs_microsoft
def test_microsoft_reads_what_we_read_of_the_public_queries(corpora: Path) -> None:
    texts = [file.read_text(encoding="utf-8") for file in sorted((corpora / "kusto").rglob("*.kql"))]
    ours = [is_read(text) for text in texts]
    again = [DIALECT.print(DIALECT.parse(Source(text))) for text, good in zip(texts, ours, strict=True) if good]
    found = check([*texts, *again])
    assert [not one for one in found[: len(texts)]] == ours
    assert not any(found[len(texts) :])


def is_read(text: str) -> bool:
    try:
        DIALECT.parse(Source(text))
    except ParseError:
        return False
    return True


def regexes(script: Script) -> Iterator[str]:
    """The regexes in a script."""
    pending: list[object] = [script]
    while pending:
        node = pending.pop()
        match node:
            case Binary("matches regex", _, String(pattern)):
                yield pattern
            case tuple():
                pending.extend(node)
            case Call(_, args):
                pending.extend(args)
            case _ if hasattr(node, "__dataclass_fields__"):
                pending.extend(getattr(node, name) for name in node.__dataclass_fields__)


SUBJECTS = ["", "a", "cmd.exe /c net  user", "C:\\Windows\\x.EXE", "line\nbreak", "$env:x[0]", "aaaa1111", "é\u2028"]


def test_regexes_run_as_re2_runs_them(lowered: list[tuple[Script, Report]]) -> None:
    """The corpus's regexes stay within what RE2 and Rust's regex crate share, ASCII word boundaries apart."""
    patterns = {pattern for script, _ in lowered for pattern in regexes(script)}
    assert len(patterns) > 100
    for pattern in patterns:
        ours, theirs = compile_regex(pattern), re2.compile(pattern.replace(r"(?-u:\b)", r"\b"))
        for subject in [*SUBJECTS, pattern, pattern.replace("\\", ""), pattern.strip("^$")]:
            assert ours(subject) is (theirs.search(subject) is not None), (pattern, subject)
