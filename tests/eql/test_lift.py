"""What the reader makes of queries: the meaning of each construct, and that it is the runner's."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.eql.trees import TREES
from transpile.diagnostics import Report
from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.eql import DIALECT
from transpile.dialects.eql.tree import Query
from transpile.dialects.needs import needs_of
from transpile.dialects.needs import unmet as unmet
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.witness import make_witnesses
from transpile.ir.expr import Match, Opaque, Or
from transpile.ir.match import Case, Field, Pattern, Regex
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Compute, Events, OpaqueStage, Sequence, Together, Where, Window
from transpile.source import Source, Span


def lift(query: str) -> Lifted:
    assert DIALECT.lift is not None
    lifted: Lifted = DIALECT.lift(DIALECT.parse(Source(query)), Source(query), ReadOptions())
    return lifted


def rule_of(lifted: Lifted) -> Rule:
    assert lifted.body is not None
    return run_passes(Rule("test", lifted.body, Source("")))


def written(query: str) -> str:
    report = Report()
    assert DIALECT.lower is not None
    return DIALECT.print(DIALECT.lower(rule_of(lift(query)), report))


# A query, and how the writer says what was read; None where it is the same.
EXACT: list[tuple[str, str | None]] = [
    ('process where process.name == "cmd.exe"', None),
    ('process where process.name : "cmd*.exe"', None),
    ('process where process.name like "cmd?.exe"', None),
    ('any where process.name like~ "cmd*"', 'any where process.name : "cmd*"'),
    ('any where a in ("x", "Y")', None),
    ('any where a in~ ("x", "y")', 'any where a : ("x", "y")'),
    ('any where a in~ ("x*", "y?")', None),
    ('any where a not in ("x", "y")', 'any where not a in ("x", "y")'),
    ('any where a like ("x", "y*")', None),
    ('any where not a : ("x", "y*")', None),
    ('any where a != "x"', None),
    ("any where a == 5 and b >= 4.5", None),
    ("any where a in (1, 2)", None),
    ("any where a == true", None),
    ("any where a", "any where a == true"),
    ("any where not a", "any where a != true"),
    ("any where a == null", "any where ?a == null"),
    ("any where ?a != null", None),
    ('any where a : "*"', "any where ?a != null"),
    ('any where a like "?*"', 'any where ?a : "?*"'),
    ('any where a == ""', None),
    ('any where a regex "ab+c"', None),
    ('any where a regex~ ".*[xyz][0-9]{2}.*"', 'any where a regex~ ".*[X-Zx-z][0-9]{2}.*"'),
    ('any where a regex ".*x.*"', 'any where a like "*x*"'),
    ('any where a regex ("a[0-9]", "b")', 'any where a regex "a[0-9]" or a == "b"'),
    ('any where cidrMatch(a, "10.0.0.0/8", "fe80::/10")', None),
    ('any where cidrmatch(a, "10.1.2.3/8")', 'any where cidrMatch(a, "10.0.0.0/8")'),
    ('any where startsWith(a, "x")', 'any where a like "x*"'),
    ('any where endswith~(a, "x*")', 'any where a regex~ """.*x\\*"""'),
    ('any where stringContains~(a, "x")', 'any where a : "*x*"'),
    ('any where startsWith~(a, "é")', 'any where a : "é*"'),
    ("any where startsWith(a, b)", None),
    ("any where not endsWith~(a, b)", None),
    ("any where length(a) > 5", None),
    ("any where not length(a) > 5", None),
    ("any where length(a) != 5", None),
    ('any where substring(a, 0, 2) == "ab"', 'any where a like "ab*"'),
    ('any where substring(a, -4) == ".exe"', 'any where a like "*.exe"'),
    ('any where substring(a, 2, 9) == "ab"', None),
    ('any where indexOf(a, "x") >= 0', 'any where a like "*x*"'),
    ('any where indexOf(a, "x") == 0', 'any where a like "x*"'),
    ('any where concat(a, ":", b) : "x*"', None),
    ("any where a + 1 > 5", None),
    ("any where a / 2.0 > 5", None),
    ('any where "x" == a', 'any where a == "x"'),
    ("any where 5 < a", "any where a > 5"),
    ("process where true", None),
]


@pytest.mark.parametrize(("query", "again"), EXACT, ids=[query for query, _ in EXACT])
def test_read_exactly(query: str, again: str | None) -> None:
    lifted = lift(query)
    assert not lifted.left
    assert not lifted.diagnostics
    assert written(query) == (again or query)


# Events on which a query and what is read of it must agree.
TEXTS = [
    "x",
    "X",
    "xy",
    "yx",
    "ab",
    "abc",
    "AB",
    "cmd.exe",
    "a.exe",
    "",
    "é",
    "É1",
    "10.1.2.3",
    "fe80::1",
    "x*",
    "*x",
    "5",
]
EVENTS: list[dict[str, Any]] = [
    {},
    *({"a": text, "b": other} for text in TEXTS for other in ("x", "ab")),
    *({"a": text} for text in TEXTS),
    *({"a": number, "b": 5} for number in (0, 4, 5, 6, 12)),
    {"a": True},
    {"a": False},
    {"a": None},
    {"event.category": "process", "process.name": "CMD.EXE"},
    {"event.category": "file", "process.name": "cmd.exe"},
    {"event.category": "process", "process.name": "cmd1.exe"},
]


# What the runner takes no side in: fields as conditions, constants on the left, other letters than ASCII's.
UNSETTLED = ("any where a", "any where not a", 'any where "x" == a', "any where 5 < a", 'any where startsWith~(a, "é")')


@pytest.mark.parametrize("query", [query for query, _ in EXACT])
def test_read_as_run(query: str) -> None:
    assert DIALECT.run is not None
    tree, check = DIALECT.parse(Source(query)), compile_rule(rule_of(lift(query)))
    compared = 0
    for event in EVENTS:
        try:
            found = bool(list(DIALECT.run(tree, [event])))
        except Unproven:
            continue
        assert check(event) == found, event
        compared += 1
    assert compared > 5 or query in UNSETTLED


LEFT = [
    ('any where a : "x" and startsWith(b, substring(c, 0, -1))', "startsWith(b, substring(c, 0, -1))"),
    ('any where a : "x" and b % 2 == 0', "b % 2 == 0"),
    ('any where a : "x" and b / 2 == 1', "b / 2 == 1"),
    ('any where a : "x" and not between(b, "<", ">") == "y"', 'between(b, "<", ">") == "y"'),
    ('any where a : "x" and b regex "~(ab)"', 'b regex "~(ab)"'),
    ('any where a : "x" and b > "2020"', 'b > "2020"'),
    ('any where a : "x" and f(b)', "f(b)"),
]


@pytest.mark.parametrize(("query", "text"), LEFT, ids=[text for _, text in LEFT])
def test_what_has_no_form_is_left_and_the_rule_matches_more(query: str, text: str) -> None:
    lifted = lift(query)
    assert [(one.text, one.effect.value, one.code.id) for one in lifted.left] == [(text, "wider", "EQL009")]
    assert [one.code for one in lifted.diagnostics] == ["EQL009W"]
    assert written(query) == 'any where a : "x"'


def test_pipes_are_left() -> None:
    lifted = lift("any where a == 1 | head 5 | tail 1")
    assert [one.text for one in lifted.left] == ["| head 5", "| tail 1"]
    assert [one.code for one in lifted.diagnostics] == ["EQL011W", "EQL011W"]


def test_each_value_has_its_place() -> None:
    lifted = lift('any where\n  a in ("x",\n "y")')
    assert isinstance(lifted.body, Events) and isinstance(lifted.body.condition, Or)
    one, other = lifted.body.condition.args
    assert one == Match(Field("a"), Pattern.of("x", case=Case.SENSITIVE), "in", Span(2, 9, 2, 12))
    assert isinstance(other, Match) and other.span == Span(3, 2, 3, 5)


def test_regexes_match_whole_values() -> None:
    lifted = lift('any where a regex~ "[a-z]b|c.?"')
    assert isinstance(lifted.body, Events)
    assert isinstance(lifted.body.condition, Match)
    assert lifted.body.condition.test == Regex(r"^(?:[a-z]b|c.?)\z", Case.ASCII, dotall=True)


def test_sequences() -> None:
    body = lift(
        "sequence by u with maxspan=1m [process where a == 1] by p ![file where b == 2] by q "
        "[any where c == 3] by p with runs=2 until [any where d == 4] by p"
    ).body
    assert isinstance(body, Sequence)
    assert body.by == ("u", "p")
    assert body.within == Window(60)
    assert [step.absent for step in body.steps] == [False, True, False, False]
    assert all(isinstance(step.input, Compute) for step in body.steps if step.absent)
    assert body.until is not None


def test_a_run_alone_is_a_count() -> None:
    body = lift("sequence by u with maxspan=90s [any where a == 1] with runs=5").body
    assert isinstance(body, Where)
    assert isinstance(body.input, Aggregate)
    assert body.input.by == ("u",)
    assert body.input.window == Window(90)


def test_samples() -> None:
    lifted = lift("sample by u [any where a == 1] by p [any where a == 2] by q")
    body = lifted.body
    assert isinstance(body, Together)
    assert body.by == ("u", "p")
    assert body.within is None


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("sequence [any where a == 1] by p [any where a == 2] by q, r", "EQL010"),
        ("sequence [any where a == 1] ![any where a == 2]", "EQL010"),
        ("sequence with maxspan=5ms [any where a == 1] [any where a == 2]", "EQL010"),
        ("sequence by ?u [any where a == 1] [any where a == 2]", "EQL012N"),
    ],
)
def test_sequences_that_are_not_exact(query: str, code: str) -> None:
    assert {one.code for one in lift(query).diagnostics} == {code}


@settings(max_examples=200, derandomize=True, deadline=None)
@given(TREES)
def test_reading_and_writing_never_fail(tree: Query) -> None:
    source = Source(DIALECT.print(tree))
    assert DIALECT.lift is not None
    lifted = DIALECT.lift(DIALECT.parse(source), source, ReadOptions())
    if lifted.body is not None:
        rule = run_passes(Rule("test", lifted.body, source))
        assert not any(isinstance(need, Opaque | OpaqueStage) for need, _ in needs_of(rule))
        if not list(unmet(needs_of(rule), DIALECT)):
            assert DIALECT.lower is not None
            DIALECT.print(DIALECT.lower(rule, Report()))


def queries(corpora: Path) -> list[tuple[Path, str]]:
    found = []
    for path in sorted((corpora / "elastic").rglob("*.toml")):
        rule = tomllib.loads(path.read_text(encoding="utf-8")).get("rule", {})
        if rule.get("language") == "eql":
            found.append((path, rule["query"]))
    return found


def test_the_public_rules(corpora: Path) -> None:
    """Every query is read; 98 of 100 exactly; what is read is written and read again."""
    found = queries(corpora)
    exact = 0
    for path, query in found:
        lifted = lift(query)
        assert lifted.body is not None, path
        exact += not lifted.diagnostics
        report = Report()
        assert DIALECT.lower is not None
        text = DIALECT.print(DIALECT.lower(rule_of(lifted), report))
        if not report.diagnostics:
            assert DIALECT.parse(Source(text)) is not None
    assert len(found) > 400
    assert exact >= len(found) * 0.98


def test_what_is_read_of_the_public_rules_is_what_they_match(corpora: Path) -> None:
    """A part of the rules, on events made from what was read."""
    assert DIALECT.run is not None
    compared = 0
    for path, query in queries(corpora)[::16]:
        lifted = lift(query)
        if not isinstance(lifted.body, Events) or lifted.left or "length" in query:
            continue
        tree = DIALECT.parse(Source(query))
        for witness in make_witnesses(rule_of(lifted)).events:
            try:
                found = bool(list(DIALECT.run(tree, [witness.event])))
            except Unproven:
                continue
            assert found == witness.matches, (path, witness)
            compared += 1
    assert compared > 500
