"""What a language brings to the contract suite: files of one name and form in its test folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from tests.yaml_files import read_yaml
from transpile import dialects

TESTS = Path(__file__).parent.parent
QUERY_LANGUAGES = [name for name in dialects.writers() if dialects.load(name).run is not None]
EVENTS_RULE = "rule conformance {{\n meta:\n events:\n{}\n condition:\n  $e\n}}"


def missing(language: str, what: str, how: str) -> Any:
    """Fail with a sentence that says what to add."""
    pytest.fail(f"tests/{language}/{what} is missing: {how}", pytrace=False)


def unfinished(language: str, what: str, how: str) -> Any:
    """Fail with a sentence that says what the language's own folder still lacks."""
    pytest.fail(f"transpile/dialects/{language}/{what} is unfinished: {how}", pytrace=False)


def trees(language: str) -> st.SearchStrategy[Any]:
    """The language's native trees, generated."""
    if not (TESTS / language / "trees.py").exists():
        missing(language, "trees.py", "define TREES there, a Hypothesis strategy of the trees that the printer takes")
    found: st.SearchStrategy[Any] = import_module(f"tests.{language}.trees").TREES
    return found


@dataclass(frozen=True)
class Case:
    """A fact of a language's documentation: a query, events, and the positions of those that it returns."""

    title: str
    query: str
    events: list[dict[str, Any]]
    matches: list[int] | str  # "unproven" where the documentation does not say, "rejected" where it is not a query
    source: str


@cache
def conformance(language: str) -> tuple[Case, ...]:
    """The cases of `conformance.yml`; none, for a parametrised test, where the file is missing."""
    path = TESTS / language / "conformance.yml"
    if not path.exists():
        return ()
    rows = read_yaml(path)
    return tuple(map(_case, rows))


def _case(row: dict[str, Any]) -> Case:
    query = row["query"] if "query" in row else EVENTS_RULE.format(row["lines"])
    return Case(row.get("title", query), query, row["events"], row["matches"], str(row["source"]))


@cache
def contract(language: str) -> dict[str, list[dict[str, str]]]:
    """The content of `contract.yml`: `known_wrong` and `mutants`."""
    path = TESTS / language / "contract.yml"
    return read_yaml(path) if path.exists() else {}


def rows(key: str) -> list[Any]:
    """A parameter for each row of `contract.yml` of each language that is written."""
    return [
        pytest.param(language, row, id=f"{language}: {row['what']}"[:60])
        for language in dialects.writers()
        for row in contract(language).get(key, ())
    ]


def cases() -> list[Any]:
    """A parameter for each conformance case of each language."""
    return [
        pytest.param(language, case, id=f"{language}: {case.title}"[:60])
        for language in dialects.names()
        for case in conformance(language)
    ]
