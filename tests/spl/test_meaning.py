"""The search means the rule: random conditions on random events, by the reference and by running the printed search."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import arms
from transpile.diagnostics import Report
from transpile.dialects.spl import DIALECT
from transpile.dialects.spl.run import run
from transpile.evaluate import Unproven
from transpile.evaluate.reference import matches
from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Case,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    FieldType,
    Null,
    Number,
    Order,
    Pattern,
    Regex,
    Shape,
)
from transpile.ir.rule import Rule
from transpile.ir.walk import leaves
from transpile.source import Source

quick = settings(derandomize=True, deadline=None, max_examples=150)

FIELDS = ("a", "b-c", "d.e")
PIECES = ("x", "X", "y", "\\", '"', "*", "?", "%", "_", "|", " ", "\n", "1", "10.1.2.3", "10.0.0.0/8", "(", "'", "é")
literals = st.lists(st.sampled_from(PIECES), max_size=3).map("".join)
parts = st.lists(literals | st.sampled_from([ANY, ONE]), max_size=4)
patterns = st.builds(
    lambda parts, case: Pattern.of(*parts, case=case), parts, st.sampled_from((Case.UNICODE, Case.SENSITIVE))
)
regexes = st.builds(
    Regex,
    st.sampled_from(["x", "^x", "x$", r"x\z", "x.y", r"\\", r"\d+", "", "x*", "[^x]", '"', "x|y$", r"(?i)X"]),
    st.sampled_from((Case.UNICODE, Case.SENSITIVE)),
)
shapes = st.sampled_from([Shape.EQUALS, Shape.STARTS, Shape.ENDS, Shape.CONTAINS])
tests = st.one_of(
    patterns,
    regexes,
    st.sampled_from([Number(1), Number(-2), Number(4.5), Boolean(True), Null(), Cidr("10.0.0.0/8"), Cidr("fe80::/10")]),
    st.builds(Compare, st.sampled_from(Order), st.sampled_from([1, 0, -2, 4.5])),
    st.builds(FieldRef, st.sampled_from(FIELDS).map(Field), shapes, st.sampled_from((Case.UNICODE, Case.SENSITIVE))),
)
plain = st.sampled_from(FIELDS).map(Field)
matched = st.builds(Match, plain, tests)


def booleans(children: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, children)


conditions = st.recursive(matched | st.builds(Keyword, patterns), booleans, max_leaves=6)
single = st.one_of(
    literals, st.sampled_from(["", "1", "-2", "4.5", "01", "true", "fe80::1", "abc", 1, -2, 4.5, True, None])
)
events = st.dictionaries(st.sampled_from(FIELDS), single, max_size=3)


def search(condition: Expr, dataset: str | None = None) -> tuple[Any, Report]:
    """The tree of the printed search, and what was reported."""
    report = Report()
    text = DIALECT.print(arms.lower(DIALECT, Rule.on_events("", condition, Source(""), dataset=dataset), report))
    return DIALECT.parse(Source(text)), report


def agree(condition: Expr, event: dict[str, Any], dataset: str | None = None) -> None:
    tree, report = search(condition, dataset)
    if any(diagnostic.severity == "error" for diagnostic in report.diagnostics):
        return
    try:
        found = list(run(tree, [event])) == [0]
        meant = matches(condition, event)
    except Unproven:
        return
    assert found == meant, DIALECT.print(tree)


@quick
@given(conditions, st.lists(events, min_size=1, max_size=6))
def test_any_condition_on_any_event(condition: Expr, some: list[dict[str, Any]]) -> None:
    for event in some:
        if any(isinstance(leaf, Keyword) for leaf in leaves(condition)) and len(event) > 1:
            continue  # a wildcard may span values in the raw text
        agree(condition, event)


@quick
@given(conditions, st.lists(events, min_size=1, max_size=6))
def test_any_condition_in_a_data_model(condition: Expr, some: list[dict[str, Any]]) -> None:
    for event in some:
        if not any(isinstance(leaf, Keyword) for leaf in leaves(condition)):
            agree(condition, event, "Endpoint.Processes")


repeated_tests = st.one_of(
    patterns.filter(lambda test: test.parts != ()), regexes, st.just(Number(1)), st.just(Cidr("10.0.0.0/8"))
)
repeated = st.builds(Match, st.just(Field("a", repeated=True)), repeated_tests)
lists = st.lists(st.sampled_from(["x", "X", "y", "1", "10.1.2.3", "x\ny", "a*b"]), min_size=2, max_size=3)


@quick
@given(st.recursive(repeated, booleans, max_leaves=4), lists)
def test_fields_of_several_values(condition: Expr, values: list[str]) -> None:
    tree, _ = search(condition)
    event = {"a": values}
    assert (list(run(tree, [event])) == [0]) == matches(condition, event), DIALECT.print(tree)


@quick
@given(
    st.sampled_from(Order), st.sampled_from([1, 0, -2, 4.5]), st.sampled_from([1, 0, -2, 4.5, 10, None]), st.booleans()
)
def test_numeric_fields_are_compared_in_the_base_search(order: Order, bound: float, value: Any, negated: bool) -> None:
    leaf: Expr = Match(Field("n", FieldType.NUMBER, mapped=True), Compare(order, bound))
    condition = Not(leaf) if negated else leaf
    tree, _ = search(condition)
    assert len(tree.commands) == 1
    event = {} if value is None else {"n": value}
    assert (list(run(tree, [event])) == [0]) == matches(condition, event)


def test_existence() -> None:
    tree, _ = search(Match(Field("a"), Exists()))
    assert list(run(tree, [{"a": ""}, {"a": "x"}, {}])) == [0, 1]
