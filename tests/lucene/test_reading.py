"""Reading query strings: what each means in IR, our own queries read back, and those of another converter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from transpile.conversion import Options, convert_all, convert_source
from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.lucene import DIALECT
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.witness import make_witnesses
from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import ANY, ONE, Case, Cidr, Compare, Field, Null, Number, Order, Pattern, Regex
from transpile.ir.rule import Rule
from transpile.ir.stream import Events
from transpile.ir.walk import leaves, replace_leaves
from transpile.source import Source
from transpile.syntax.lexer import ParseError

RULES = sorted((Path(__file__).parent.parent.parent / "rules").rglob("*.yml"))
CASED = Case.SENSITIVE


def lift(text: str) -> Lifted:
    assert DIALECT.lift is not None
    source = Source(text)
    return DIALECT.lift(DIALECT.parse(source), source, ReadOptions())


def condition(text: str) -> Expr:
    body = lift(text).body
    assert isinstance(body, Events)
    return body.condition


def of(name: str, test: Pattern | Regex | Number | Compare | Cidr) -> Match:
    return Match(Field(name), test)


def same(one: Expr, other: Expr) -> bool:
    """Whether two conditions are equal but for operators and places."""

    def bare(leaf: Match | Keyword) -> Expr:
        return replace(leaf, span=None, operator="") if isinstance(leaf, Match) else replace(leaf, span=None)

    return replace_leaves(one, bare) == replace_leaves(other, bare)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:x", of("a", Pattern.of("x", case=CASED))),
        ("a:5", of("a", Number(5))),
        ('a:"5"', of("a", Pattern.of("5", case=CASED))),
        (r"a:*\\x?", of("a", Pattern.of(ANY, "\\x", ONE, case=CASED))),
        ("a:/.*[nN][eE][tT]/", of("a", Pattern.of(ANY, "net"))),
        ("a:/a+/", of("a", Regex(r"^a+\z"))),
        ("_exists_:a", of("a", Pattern((ANY,)))),
        ("a:*", of("a", Pattern((ANY,)))),
        ("a:[1 TO 5}", And((of("a", Compare(Order.GTE, 1)), of("a", Compare(Order.LT, 5))))),
        ("a:>=10", of("a", Compare(Order.GTE, 10))),
        (r"a:10.0.0.0\/8", of("a", Cidr("10.0.0.0/8"))),
        ("NOT a:5", Not(of("a", Number(5)))),
        ("a:5 OR b:6 AND c:7", And((of("b", Number(6)), of("c", Number(7))))),
        ("a:5 OR NOT b:6", And((Or((of("a", Number(5)),)), Not(of("b", Number(6)))))),
        ("a:(5 OR 6)", Or((of("a", Number(5)), of("a", Number(6))))),
        ("*mimi*", Keyword(Pattern.of("mimi", case=CASED))),
        ("/.*[mM][iI].*/", Keyword(Pattern.of("mi"))),
        ("mimi*", Keyword(Regex(r"\Amimi.*\z", dotall=True))),
    ],
)
def test_meaning(text: str, expected: Expr) -> None:
    found = lift(text)
    assert found.body is not None
    assert same(condition(text), expected), condition(text)


@pytest.mark.parametrize(
    ("text", "left", "effect"),
    [
        ("a:x AND b:quikc~", "b:quikc~", "wider"),
        ("a:x AND b:[abc TO abd]", "b:[abc TO abd]", "wider"),
        ("a:x OR b:y AND c:z", "a:x", "none"),
        ("a:x AND b:/a&b/", "b:/a&b/", "wider"),
    ],
)
def test_what_is_left_is_reported(text: str, left: str, effect: str) -> None:
    found = lift(text)
    assert [(one.text, one.to_dict()["effect"]) for one in found.left] == [(left, effect)]
    assert len(found.diagnostics) == 1


@pytest.mark.parametrize("text", ["b*:y", "a:", "(a:x", "a:x)", "a:{1 TO", "\\"])
def test_what_is_no_query(text: str) -> None:
    with pytest.raises(ParseError):
        lift(text)


def test_a_word_without_a_field_is_wider() -> None:
    assert [one.code for one in lift("mimi").diagnostics] == ["LUC011W"]
    assert [one.code for one in lift("NOT mimi").diagnostics] == ["LUC011N"]


@pytest.mark.parametrize("path", RULES[::3], ids=lambda path: path.stem)
def test_our_queries_are_read_back(path: Path) -> None:
    for found in convert_all(path.read_text(encoding="utf-8"), write="lucene", model="none"):
        if found.query is not None and found.rule is not None:
            assert differing(found.rule, condition(found.query)) == []


def differing(rule: Rule, read: Expr) -> list[object]:
    """Events on which the rule and the condition disagree."""
    events = [witness.event for witness in make_witnesses(rule).events]
    one, other = compile_rule(rule), compile_rule(read)
    return [event for event in events if one(event) is not other(event)]


def without_case(leaf: Match | Keyword) -> Expr:
    test = leaf.test
    return replace(leaf, test=replace(test, case=Case.UNICODE)) if isinstance(test, Pattern) else leaf


def test_queries_of_pysigma_are_read_as_the_same_rule_but_for_case(corpora: Path) -> None:
    """Of rules without regexes and nulls, of which pySigma's queries mean something else."""
    pysigma = pytest.importorskip(
        "sigma.backends.elasticsearch", reason="pysigma-backend-elasticsearch is not installed"
    )
    from sigma.collection import SigmaCollection

    compared, wrong = 0, []
    for path in sorted((corpora / "sigma" / "rules").rglob("*.yml"))[::10]:
        text = path.read_text(encoding="utf-8")
        (ours,) = convert_source(Source(text, str(path)), Options(("lucene",), models=("none",)))
        if ours.rule is None or any(isinstance(leaf.test, Regex | Null) for leaf in leaves(ours.rule.condition)):
            continue
        try:
            (query,) = pysigma.LuceneBackend().convert(SigmaCollection.from_yaml(text))
        except Exception:  # of several kinds, for what pySigma cannot convert
            continue
        read = replace_leaves(condition(query), without_case)
        rule = ours.rule.with_events(condition=replace_leaves(ours.rule.condition, without_case))
        try:
            found = differing(rule, read)
        except Unproven:
            continue
        compared += 1
        if found or lift(query).left:
            wrong.append((path.name, query))
    assert compared > 200
    assert len(wrong) <= compared // 100, wrong
