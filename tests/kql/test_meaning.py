"""Random conditions over random events: the query, run by Kusto's rules, and the reference agree."""

from __future__ import annotations

from typing import Any

from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import arms
from transpile.diagnostics import Report
from transpile.dialects.kql import DIALECT
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
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.source import Source


def field(name: str, type_: FieldType, repeated: bool = False) -> Field:
    return Field(name, type_, mapped=True, repeated=repeated)


TEXTS = [field(name, FieldType.STRING) for name in ("a", "c-d")]
NUMBERS = [field(name, FieldType.NUMBER) for name in ("n", "m")]
BOOLEAN = field("b", FieldType.BOOLEAN)
DYNAMICS = [field(name, FieldType.DYNAMIC) for name in ("D.x", "D.y z")]
LISTS = [field("l", FieldType.STRING, repeated=True), field("D.l", FieldType.DYNAMIC, repeated=True)]

words = st.sampled_from(
    ["x", "X", "ab", "a.b", "1", "10", "-5", "\\", '"', "\n", "É", "é", "true", "10.0.0.1", "::1", " "]
)
parts = st.lists(words | st.sampled_from([ANY, ONE]), min_size=1, max_size=3)
patterns = st.builds(
    lambda some, case: Pattern.of(*some, case=case), parts, st.sampled_from((Case.UNICODE, Case.SENSITIVE))
)
regexes = st.builds(
    Regex,
    st.sampled_from(["x", "^a.b$", "[0-9]+", r"\bx\b", "a|É", "(1|x)0?"]),
    st.sampled_from((Case.UNICODE, Case.SENSITIVE)),
)
numbers = st.builds(Number, st.sampled_from([1, 10, -5, 1.5])) | st.builds(
    Compare, st.sampled_from(Order), st.sampled_from([1, 5, -5])
)
networks = st.builds(Cidr, st.sampled_from(["10.0.0.0/8", "::/0", "::1/128"]))
shapes = st.sampled_from([Shape.EQUALS, Shape.CONTAINS, Shape.STARTS, Shape.ENDS])

leaves = st.one_of(
    st.builds(
        Match, st.sampled_from([*TEXTS, *DYNAMICS, *NUMBERS]), patterns | regexes | numbers | networks | st.just(Null())
    ),
    st.builds(Match, st.sampled_from(LISTS), patterns | st.just(Null())),
    st.builds(Match, st.just(BOOLEAN), st.builds(Boolean, st.booleans()) | st.just(Null())),
    st.builds(
        Match, st.sampled_from(DYNAMICS), st.just(Exists()) | st.builds(FieldRef, st.sampled_from(DYNAMICS), shapes)
    ),
    st.builds(Match, st.sampled_from(NUMBERS), st.builds(FieldRef, st.sampled_from(NUMBERS))),
    st.builds(Keyword, patterns | regexes),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=4).map(lambda args: And(tuple(args))),
        st.lists(inner, min_size=2, max_size=4).map(lambda args: Or(tuple(args))),
    ),
    max_leaves=6,
)

values = words | st.sampled_from(["", "axb", "ABBA", "x\ny"])
columns = {
    "a": values,
    "c-d": values,
    "n": st.sampled_from([1, 10, -5, 1.5, None]),
    "m": st.sampled_from([1, 10]),
    "b": st.booleans(),
    "l": st.lists(values, max_size=3),
    "D": st.fixed_dictionaries(
        {}, optional={"x": values | st.sampled_from([1, 10, None]), "y z": values, "l": st.lists(values, max_size=2)}
    ),
}
events = st.lists(st.fixed_dictionaries({"z": st.just("z")}, optional=columns), min_size=1, max_size=6)


@settings(derandomize=True, deadline=None, max_examples=250)
@given(conditions, events)
def test_the_query_means_the_condition(condition: Expr, rows: list[dict[str, Any]]) -> None:
    report = Report()
    tree = arms.lower(DIALECT, run_passes(Rule.on_events("a rule", condition, Source(""))), report)
    if report.diagnostics:
        return note("not exact")
    script = DIALECT.parse(Source(DIALECT.print(tree)))
    assert script == tree
    for row in rows:
        try:
            found = arms.run(DIALECT, script, [row]) == [0]
        except Unproven as reason:
            note(f"unproven: {str(reason)[:20]}")
        else:
            note("compared")
            assert found is matches(condition, row), DIALECT.print(tree)
    return None
