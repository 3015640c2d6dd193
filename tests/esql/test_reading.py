"""Reading ES|QL: what queries mean in IR, our own queries read back, and public ones against our runner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.esql.test_esql_queries import elastic_queries
from transpile.conversion import convert_all
from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.esql import DIALECT
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.witness import make_witnesses
from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Case,
    Cidr,
    Compare,
    Field,
    FieldRef,
    Null,
    Number,
    Order,
    Pattern,
    Regex,
)
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Compute, Events, MeasureKind, Where, Window, WindowKind
from transpile.ir.walk import leaves, replace_leaves
from transpile.source import Source
from transpile.syntax.lexer import ParseError

RULES = sorted((Path(__file__).parent.parent.parent / "rules").rglob("*.yml"))
CASED = Case.SENSITIVE
PRESENT = Pattern((ANY,))


def lift(commands: str) -> Lifted:
    return lift_query(f"FROM logs-* | {commands}")


def lift_query(text: str) -> Lifted:
    assert DIALECT.lift is not None
    source = Source(text)
    return DIALECT.lift(DIALECT.parse(source), source, ReadOptions())


def condition(found: Lifted) -> Expr:
    assert isinstance(found.body, Events)

    def bare(leaf: Match | Keyword) -> Expr:
        return replace(leaf, span=None, operator="") if isinstance(leaf, Match) else replace(leaf, span=None)

    return replace_leaves(found.body.condition, bare)


def of(name: str, test: Any) -> Match:
    return Match(Field(name), test)


def cased(*parts: Any) -> Pattern:
    return Pattern.of(*parts, case=CASED)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('a == "x"', of("a", cased("x"))),
        ('"x" == a', of("a", cased("x"))),
        ('a != "x"', And((of("a", PRESENT), Not(of("a", cased("x")))))),
        ('NOT a == "x"', And((of("a", PRESENT), Not(of("a", cased("x")))))),
        ('NOT COALESCE(a == "x", false)', Not(of("a", cased("x")))),
        ('TO_LOWER(a) == "x"', of("a", Pattern.of("x"))),
        ('TO_LOWER(a) LIKE "*x?"', of("a", Pattern.of(ANY, "x", ONE))),
        ('a LIKE "x\\\\*"', of("a", cased("x*"))),
        ('a LIKE ("x*", "*y")', Or((of("a", cased("x", ANY)), of("a", cased(ANY, "y"))))),
        ('a RLIKE ".*[nN][eE][tT]"', of("a", Pattern.of(ANY, "net"))),
        ('a RLIKE "x+"', of("a", Regex(r"^x+\z"))),
        ("a IN (1, 2)", Or((of("a", Number(1)), of("a", Number(2))))),
        ("a > 5", of("a", Compare(Order.GT, 5))),
        ("5 > a", of("a", Compare(Order.LT, 5))),
        ("a IS NULL", Not(of("a", PRESENT))),
        ("a IS NOT NULL", of("a", PRESENT)),
        ('a IS NULL OR a == ""', of("a", Null())),
        ("a == true", of("a", Boolean(True))),
        ("a == b", of("a", FieldRef(Field("b"), case=CASED))),
        ('CIDR_MATCH(a, "10.0.0.0/8")', of("a", Cidr("10.0.0.0/8"))),
        ('STARTS_WITH(a, "x")', of("a", cased("x", ANY))),
        ('LOCATE(a, "x") > 0', of("a", cased(ANY, "x", ANY))),
        ('MV_CONTAINS(a, "x")', of("a", cased("x"))),
        ('a : "x"', of("a", cased("x"))),
        (
            'KQL("a : x* and not b : (\\"y z\\" or w)")',
            And((of("a", cased("x", ANY)), Not(Or((of("b", cased("y z")), of("b", cased("w"))))))),
        ),
        ('QSTR("/.*[mM][iI].*/")', Keyword(Pattern.of("mi"))),
        ('CASE(a == "x", 1, 0) == 1', of("a", cased("x"))),
    ],
)
def test_conditions(where: str, expected: Expr) -> None:
    found = lift(f"WHERE {where}")
    assert condition(found) == expected
    assert found.left == ()


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        ('EVAL x = TO_LOWER(a) | WHERE x LIKE "y*"', of("a", Pattern.of("y", ANY))),
        ('RENAME a AS x | WHERE x == "y"', of("a", cased("y"))),
        ('WHERE a == "x" | EVAL a = b | WHERE a == "y"', And((of("a", cased("x")), of("b", cased("y"))))),
        ('STATS c = COUNT(*) BY a | WHERE a == "x"', of("a", cased("x"))),
    ],
)
def test_columns_are_put_in_place(commands: str, expected: Expr) -> None:
    assert condition(lift(commands)) == expected


@pytest.mark.parametrize(
    ("commands", "left"),
    [
        ('WHERE a == "x" AND REPLACE(b, "y", "z") == "w"', [('REPLACE(b, "y", "z") == "w"', "wider", "ESQ010")]),
        (
            'GROK a "%{IP:b}" | WHERE b == "x"',
            [('GROK a "%{IP:b}"', "none", "ESQ014"), ('b == "x"', "wider", "ESQ010")],
        ),
        (
            'GROK a "(?<b>x+)" | WHERE b == "x"',
            [('GROK a "(?<b>x+)"', "none", "ESQ014"), ('b == "x"', "wider", "ESQ010")],
        ),
        ("WHERE a == 1 | LIMIT 10", [("LIMIT 10", "wider", "ESQ011")]),
        ("WHERE a == 1 | KEEP a, b", [("KEEP a, b", "none", "ESQ014")]),
        ("STATS c = COUNT(*) BY a", [("STATS c = COUNT(*) BY a", "none", "ESQ014")]),
        ("WHERE @timestamp > NOW() - 1 day", [("@timestamp > NOW() - 1 day", "none", "ESQ015")]),
        (
            "LOOKUP JOIN t ON a | WHERE b == 1",
            [("LOOKUP JOIN t ON a", "none", "ESQ014"), ("b == 1", "wider", "ESQ010")],
        ),
    ],
)
def test_what_is_left_is_reported(commands: str, left: list[tuple[str, str, str]]) -> None:
    found = lift(commands)
    assert [(one.text, one.to_dict()["effect"], one.code.id) for one in found.left] == left
    assert all(one.span is not None for one in found.left)


def test_lookback_and_fields() -> None:
    found = lift("WHERE @timestamp > NOW() - 9 hours AND a == 1 | KEEP a, @timestamp")
    assert (found.lookback, found.fields) == (9 * 3600, ("a", "@timestamp"))
    assert condition(found) == of("a", Number(1))


def test_groups_with_a_condition_are_an_aggregate() -> None:
    found = lift(
        'WHERE a == "x" AND user IS NOT NULL | STATS c = COUNT(*), d = COUNT_DISTINCT(TO_LOWER(host)), v = VALUES(b) '
        "BY user, w = DATE_TRUNC(5 minutes, @timestamp) | WHERE c > 10 AND d >= 2"
    )
    assert isinstance(found.body, Where)
    groups = found.body.input
    assert isinstance(groups, Aggregate)
    assert (groups.by, groups.window) == (("user",), Window(300, WindowKind.TUMBLING))
    assert [(one.name, one.kind) for one in groups.measures] == [("c", MeasureKind.COUNT), ("d", MeasureKind.DISTINCT)]
    assert isinstance(groups.input, Compute)
    assert [one.code for one in found.diagnostics] == []


def test_groups_of_missing_keys_are_narrower() -> None:
    assert [one.code for one in lift("STATS c = COUNT(*) BY a | WHERE c > 1").diagnostics] == ["ESQ012N"]


def test_what_is_not_a_source_of_events_is_refused() -> None:
    found = lift_query("ROW a = 1")
    assert found.body is None
    assert [one.code for one in found.diagnostics] == ["ESQ013"]


@pytest.mark.parametrize("path", RULES[::3], ids=lambda path: path.stem)
def test_our_queries_are_read_back(path: Path) -> None:
    for found in convert_all(path.read_text(encoding="utf-8"), write="esql", model="none"):
        if found.query is None or found.rule is None or not found.rule.is_single:
            continue
        read = lift_query(found.query)
        assert isinstance(read.body, Events)
        one, other = compile_rule(found.rule), compile_rule(read.body.condition)
        events = [witness.event for witness in make_witnesses(found.rule).events]
        assert [event for event in events if one(event) is not other(event)] == []


def test_public_queries_match_what_their_rules_match(corpora: Path) -> None:
    assert DIALECT.run is not None
    compared = lifted = 0
    for text in elastic_queries(corpora):
        try:
            tree = DIALECT.parse(Source(text))
        except ParseError:
            continue
        found = lift_query(text)
        assert found.body is not None
        lifted += 1
        if not isinstance(found.body, Events) or any(one.direction != "exact" for one in found.diagnostics):
            continue
        values = [leaf.value for leaf in leaves(found.body.condition) if isinstance(leaf, Match)]
        if not all(isinstance(value, Field) for value in values):  # events are made for tests of fields alone
            continue
        rule = Rule("a rule", found.body, Source(text))
        try:
            events = [
                one for one in make_witnesses(rule).events if not any(isinstance(v, list) for v in one.event.values())
            ]
            matched = set(
                DIALECT.run(replace(tree, commands=without_groups(tree.commands)), [one.event for one in events])
            )
        except Unproven:
            continue
        assert [one.event for number, one in enumerate(events) if one.matches is not (number in matched)] == [], text
        compared += 1
    assert lifted > 150
    assert compared >= 3


def without_groups(commands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The commands up to the first that makes groups."""
    names = [type(one).__name__ for one in commands]
    return commands[: names.index("Stats")] if "Stats" in names else commands
