"""Random rules on random events: the query matches what the condition does."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.yaral.test_yaral_lower import (
    IPS,
    NAMES,
    PATH,
    PORT,
    rule_of,
)
from transpile.diagnostics import Report
from transpile.dialects.yaral.check import problems
from transpile.dialects.yaral.lower import lower
from transpile.dialects.yaral.print import print_rule
from transpile.dialects.yaral.run import run
from transpile.evaluate import Unproven
from transpile.evaluate.reference import matches
from transpile.ir.expr import And, Expr, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Case,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    Null,
    Number,
    Order,
    Pattern,
    Regex,
    Shape,
)

# --- all together: a random rule on random events

FIELDS = [Field("f"), Field("g"), PATH, IPS, NAMES]
WORDS = ["", "a", "A", "ab", "a.b", "\\", "\\a.exe", "b.exe", "/", "é", "É", "a\nb", "10.0.0.1", "10.9.9.9", "5", "7.5"]
literals = st.sampled_from([word for word in WORDS if word])
patterns = st.builds(
    lambda parts, case: Pattern.of(*parts, case=case),
    st.lists(literals | st.sampled_from([ANY, ONE]), max_size=4),
    st.sampled_from((Case.UNICODE, Case.SENSITIVE)),
)
regexes = st.builds(
    Regex,
    st.sampled_from(["a", "^a", "b$", "a.b", "a*", r"\.exe$", "[^a]", "(a|é)", "^$"]),
    st.sampled_from((Case.UNICODE, Case.SENSITIVE)),
)
tests = (
    patterns
    | patterns
    | regexes
    | st.sampled_from([Null(), Exists(), Number(5), Cidr("10.0.0.0/15"), Compare(Order.LT, 6), Compare(Order.GTE, 7)])
    | st.builds(
        FieldRef,
        st.sampled_from([Field("g"), PATH]),
        st.sampled_from([*Shape][:4]),
        st.sampled_from((Case.UNICODE, Case.SENSITIVE)),
    )
)
leaves = st.builds(Match, st.sampled_from(FIELDS), tests) | st.builds(
    Match, st.just(PORT), st.sampled_from([Number(0), Number(80), Compare(Order.LT, 90), Null(), Exists()])
)


def several(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    args = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.builds(And, args) | st.builds(Or, args) | st.builds(Not, inner)


exprs = st.recursive(leaves, several, max_leaves=6)
words = st.sampled_from(WORDS)
events = st.fixed_dictionaries(
    {},
    optional={
        "f": words,
        "g": words,
        PATH.name: words,
        IPS.name: st.lists(words, max_size=3),
        NAMES.name: st.lists(words, max_size=2),
        PORT.name: st.sampled_from([0, 80, 443]),
    },
)


@given(exprs, st.lists(events, min_size=1, max_size=8))
@settings(derandomize=True, deadline=None, max_examples=300)
def test_the_rule_means_the_condition(condition: Expr, data: list[dict[str, Any]]) -> None:
    rule = rule_of(condition)
    report = Report()
    tree = lower(rule, report)
    directions = {one.code[-1] for one in report.diagnostics}
    if any(direction.isdigit() for direction in directions):
        return
    assert problems(print_rule(tree)) == []
    for event in data:
        try:
            found = bool(list(run(tree, [event])))
        except Unproven:
            continue
        wanted = matches(rule, event)
        if not directions:
            assert found is wanted, event
        elif directions == {"W"}:
            assert found or not wanted, event
        elif directions == {"N"}:
            assert wanted or not found, event
