"""What the reader makes of Kibana queries."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.kuery.trees import TREES
from transpile.diagnostics import Report
from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.kuery import DIALECT
from transpile.dialects.kuery.tree import Expr
from transpile.dialects.needs import needs_of
from transpile.dialects.needs import unmet as unmet
from transpile.evaluate import Unproven
from transpile.evaluate.witness import make_witnesses
from transpile.ir.expr import TRUE, And, Keyword, Match, Not, Opaque, Or
from transpile.ir.match import ANY, Boolean, Case, Cidr, Compare, Field, Number, Order, Pattern, Regex, Test
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.ir.stream import Events, OpaqueStage
from transpile.source import Source, Span
from transpile.syntax.lexer import ParseError


def lift(query: str) -> Lifted:
    assert DIALECT.lift is not None
    lifted: Lifted = DIALECT.lift(DIALECT.parse(Source(query)), Source(query), ReadOptions())
    return lifted


def written(query: str) -> str:
    lifted = lift(query)
    assert lifted.body is not None
    assert DIALECT.lower is not None
    return DIALECT.print(DIALECT.lower(run_passes(Rule("test", lifted.body, Source(""))), Report()))


# A query, and how the writer says what was read; None where it is the same.
EXACT: list[tuple[str, str | None]] = [
    ("a:x", None),
    ('a:"x"', "a:x"),
    ('a:"x y*"', None),
    ("a:x y", 'a:"x y"'),
    ("a:(x or y*)", None),
    ("a:(* and not x)", "a:* and not a:x"),
    ("a:(not (x or y))", "not a:(x or y)"),
    ("not a:x", None),
    ("not (a:x or b:y)", None),
    ("a:x and b:y or c:z", "(a:x and b:y) or c:z"),
    ("a:*", None),
    ("a >= 5 and a < 7.5", None),
    ("a:5", None),
    ("a:true", None),
    ('a:("10.0.0.0/8" or 192.168.0.0/16)', 'a:("10.0.0.0/8" or "192.168.0.0/16")'),
    ("process.name.caseless:Cmd.exe", None),
    ("a:{ b:(x or y) }", "a.b:(x or y)"),
    ("", "*:*"),
    ("*:*", None),
]


@pytest.mark.parametrize(("query", "again"), EXACT, ids=[query for query, _ in EXACT])
def test_read_exactly(query: str, again: str | None) -> None:
    lifted = lift(query)
    assert not lifted.left
    assert not lifted.diagnostics
    assert written(query) == (query if again is None else again)


def the_test(query: str) -> Test:
    lifted = lift(query)
    assert isinstance(lifted.body, Events)
    assert isinstance(lifted.body.condition, Match)
    return lifted.body.condition.test


def test_tests() -> None:
    assert the_test("a:X*") == Pattern.of("X", ANY, case=Case.SENSITIVE)
    assert the_test("a:405") == Number(405)
    assert the_test('a:"405"') == Pattern.of("405", case=Case.SENSITIVE)
    assert the_test("a:false") == Boolean(False)
    assert the_test("a <= 3") == Compare(Order.LTE, 3)
    assert the_test("a:10.1.2.3/8") == Cidr("10.0.0.0/8")
    assert the_test("a.caseless:X") == Pattern.of("X", case=Case.UNICODE)


def test_places() -> None:
    lifted = lift("a:x and\nb:(y or z)")
    assert isinstance(lifted.body, Events) and isinstance(lifted.body.condition, And)
    first, others = lifted.body.condition.args
    assert first == Match(Field("a"), Pattern.of("x", case=Case.SENSITIVE), ":", Span(1, 3, 1, 4))
    assert isinstance(others, Or)
    assert [one.span for one in others.args if isinstance(one, Match)] == [Span(2, 4, 2, 5), Span(2, 9, 2, 10)]


OTHER = [
    ("a:x and b.*:y", "a:x", ["KUE010W"], ["b.*:y"]),
    ("a:x and not b.*:y", "a:x", ["KUE010W"], ["b.*:y"]),
    ("a:x and b > now-1d", "a:x", ["KUE010W"], ["b > now-1d"]),
    ("a:x and b:null", "a:x", ["KUE010W"], ["b:null"]),
    ("a:{ b:x and c:y }", "a.b:x and a.c:y", ["KUE012W"], []),
    ("not a:{ b:x and c:y }", "not (a.b:x and a.c:y)", ["KUE012N"], []),
    ("mimikatz", "*mimikatz*", ["KUE013W"], []),
    ("message:refused", "message:refused", ["KUE011W"], []),
]


@pytest.mark.parametrize(("query", "again", "codes", "left"), OTHER, ids=[query for query, *_ in OTHER])
def test_not_exact(query: str, again: str, codes: list[str], left: list[str]) -> None:
    lifted = lift(query)
    assert [one.code for one in lifted.diagnostics] == codes
    assert [one.text for one in lifted.left] == left
    assert written(query).replace('"', "") == again


def test_phrases_of_text_fields_are_words_in_a_row() -> None:
    assert the_test('message:"Connection-refused by"') == Regex(r"Connection[\W_]+refused[\W_]+by", Case.UNICODE)


def test_values_without_a_field() -> None:
    lifted = lift("not kat* or *")
    assert isinstance(lifted.body, Events)
    negated, anything = lifted.body.condition.args  # type: ignore[union-attr]
    assert negated == Not(Keyword(Pattern.of("kat", ANY), Span(1, 5, 1, 9)))
    assert anything == TRUE


@pytest.mark.parametrize(
    ("query", "place"), [("a:x and ", (1, 9)), ("a:(x", (1, 5)), ("(a:x", (1, 5)), ("a:x)", (1, 4)), ('a:"x', (1, 3))]
)
def test_mistakes_have_their_place(query: str, place: tuple[int, int]) -> None:
    with pytest.raises(ParseError) as caught:
        DIALECT.parse(Source(query))
    assert (caught.value.span.line, caught.value.span.column) == place


@pytest.mark.parametrize("query", ["(" * 5000, "a:" + "(" * 5000, "a:{" * 5000, "not " * 5000 + "a", '"' * 5001])
def test_what_is_too_deep_is_an_error(query: str) -> None:
    with pytest.raises(ParseError):
        DIALECT.parse(Source(query))


@settings(max_examples=200, derandomize=True, deadline=None)
@given(TREES)
def test_reading_and_writing_never_fail(tree: Expr) -> None:
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
        if rule.get("language") == "kuery":
            found.append((path, rule["query"]))
    return found


def test_the_public_rules(corpora: Path) -> None:
    """Every query is read and printed as the same tree; 93 of 100 are read exactly."""
    exact = 0
    for path, query in queries(corpora):
        tree = DIALECT.parse(Source(query))
        assert DIALECT.parse(Source(DIALECT.print(tree))) == tree, path
        exact += not lift(query).diagnostics
    assert len(queries(corpora)) > 300
    assert exact >= len(queries(corpora)) * 0.93


def test_what_is_read_of_the_public_rules_is_what_they_match(corpora: Path) -> None:
    """A part of the rules, on events made from what was read."""
    assert DIALECT.run is not None
    compared = 0
    for path, query in queries(corpora)[::12]:
        lifted = lift(query)
        if lifted.body is None or lifted.diagnostics:
            continue
        tree = DIALECT.parse(Source(query))
        for witness in make_witnesses(run_passes(Rule("test", lifted.body, Source("")))).events:
            try:
                found = bool(list(DIALECT.run(tree, [witness.event])))
            except Unproven:
                continue
            assert found == witness.matches, (path, witness)
            compared += 1
    assert compared > 500
