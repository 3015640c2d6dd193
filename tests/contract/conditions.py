"""Generated conditions and events that every language is asked about."""

from __future__ import annotations

from hypothesis import strategies as st

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
    Null,
    Number,
    Order,
    Pattern,
    Regex,
    Shape,
)

NAMES = ("a", "b", "c.d")
ODD = ("\\", '"', "*", "?", "%", "_", "|", " ", "\n", "\t", "(", "'", "`", "/", "é", "É", "ß")
PIECES = ("x", "X", "y", "1", "10.1.2.3", *ODD)
REGEXES = ("x", "^x", "x$", r"x\z", "x.y", r"\\", r"\d+", "", "x*", "[^x]", '"', "x|y$", r"\bx\b", "(1|x)0?", "a|É")

literals = st.lists(st.sampled_from(PIECES), max_size=3).map("".join)
case = st.sampled_from((Case.UNICODE, Case.UNICODE, Case.SENSITIVE))
patterns = st.builds(
    lambda parts, case: Pattern.of(*parts, case=case),
    st.lists(literals | st.sampled_from([ANY, ONE]), max_size=4),
    case,
)
regexes = st.builds(Regex, st.sampled_from(REGEXES), case)
tests = st.one_of(
    patterns,
    patterns,
    regexes,
    st.sampled_from([Number(1), Number(-2), Number(4.5), Boolean(True), Null(), Exists(), Cidr("10.0.0.0/8")]),
    st.builds(Compare, st.sampled_from(Order), st.sampled_from([1, 0, -2, 4.5])),
    st.builds(FieldRef, st.sampled_from(NAMES).map(Field), st.sampled_from([*Shape][:4]), case),
)
# What is looked for in a whole event is text; a reader refuses an empty keyword, and wildcards could span two values.
keywords = st.builds(
    lambda text: Pattern.of(text), literals.filter(lambda text: text.strip() != "" and text.isprintable())
)
leaves = st.builds(Match, st.sampled_from(NAMES).map(Field), tests) | st.builds(Keyword, keywords)


def _joined(children: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, children)


CONDITIONS: st.SearchStrategy[Expr] = st.recursive(leaves, _joined, max_leaves=6)
VALUES = literals | st.sampled_from(["", "1", "x1", "xy", "Xé", "10.1.2.3", "-2", "4.5", "true"])
EVENTS = st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES), min_size=1, max_size=4)
