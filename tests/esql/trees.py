"""Generated ES|QL trees."""

from __future__ import annotations

from hypothesis import strategies as st

from transpile.dialects.esql.tree import (
    And,
    Arithmetic,
    Array,
    Assignment,
    Boolean,
    Call,
    Cast,
    Column,
    Compare,
    Comparison,
    Eval,
    Expand,
    Expr,
    From,
    In,
    IsNull,
    Keep,
    Key,
    Like,
    Limit,
    Negative,
    Not,
    Null,
    Number,
    Options,
    Or,
    Other,
    Parameter,
    Query,
    Rename,
    Search,
    Sign,
    Sort,
    Star,
    Stats,
    String,
    TimeSpan,
    Where,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ['"', '"""', "\\", "a\\", 'q"', "\n\r\t", "\u202e", "*?", "'", "C:\\a*", "`", "\x00", "{", '\\"""', '\\"']
)
PART = st.from_regex(r"[a-z][a-zA-Z0-9_]{0,6}", fullmatch=True) | st.sampled_from(
    ["by", "in", "not", "true", "c-uri", "1a", "a b", "a`b", "é", "any", "Where", "_", "@x", "\\", '"', "*", "where"]
)
NAME = st.lists(PART, min_size=1, max_size=3).map(".".join)
COLUMN = st.builds(Column, NAME)
NUMBER = st.builds(
    Number,
    st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0),
).filter(lambda number: str(number.value) != "-0.0")
STRING = st.builds(String, TEXT)
LITERAL = st.one_of(STRING, NUMBER, st.builds(Boolean, st.booleans()), st.just(Null()))
CONSTANT = st.one_of(
    LITERAL,
    st.builds(TimeSpan, st.integers(0, 99), st.sampled_from(["minutes", "day", "h"])),
    st.builds(Array, st.lists(LITERAL, min_size=1, max_size=3).map(tuple)),
    st.builds(Parameter, st.sampled_from(["", "1", "name"])),
)
FUNCTION = st.sampled_from(["TO_LOWER", "COALESCE", "COUNT", "MV_CONCAT", "LIKE_X"])


def operands(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    negated = inner.filter(lambda one: not isinstance(one, Number) or repr(one.value)[0] == "-")
    options = st.builds(Options, st.lists(st.tuples(TEXT, LITERAL), max_size=2).map(tuple))
    return st.one_of(
        st.builds(Call, FUNCTION, st.lists(inner | options, max_size=3).map(tuple)),
        st.just(Call("COUNT", (Star(),))),
        st.builds(Arithmetic, st.sampled_from(Sign), inner, inner),
        st.builds(Negative, negated),
        st.builds(Cast, inner, st.sampled_from(["keyword", "long"])),
    )


OPERAND = st.recursive(COLUMN | CONSTANT, operands, max_leaves=5)
PATTERNS = st.lists(TEXT, min_size=1, max_size=3).map(tuple)
LEAF = st.one_of(
    st.builds(Compare, st.sampled_from(Comparison), OPERAND, OPERAND),
    st.builds(Like, OPERAND, PATTERNS, st.booleans(), st.booleans()),
    st.builds(In, OPERAND, st.lists(OPERAND, min_size=1, max_size=4).map(tuple), st.booleans()),
    st.builds(IsNull, OPERAND, st.booleans()),
    st.builds(Search, COLUMN, LITERAL),
    OPERAND,
)


def combined(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, inner),
        st.builds(Call, FUNCTION, st.tuples(inner, LITERAL)),
    )


CONDITION = st.recursive(LEAF, combined, max_leaves=8)
NAMED = st.builds(Assignment, CONDITION, NAME, st.none() | LEAF)
UNNAMED = st.builds(Assignment, COLUMN | st.just(Call("COUNT", (Star(),))))
ASSIGNMENTS = st.lists(NAMED | UNNAMED, min_size=1, max_size=3).map(tuple)
NAMES = st.lists(NAME, min_size=1, max_size=3).map(tuple)
PLAIN_NAMES = st.lists(st.sampled_from(["a", "b.c", "a*", "*", "x.*"]), min_size=1, max_size=3).map(tuple)
KEY = st.builds(Key, OPERAND, st.sampled_from([None, "ASC", "DESC"]), st.sampled_from([None, "FIRST", "LAST"]))
COMMAND = st.one_of(
    st.builds(Where, CONDITION),
    st.builds(Eval, st.lists(NAMED, min_size=1, max_size=3).map(tuple)),
    st.builds(Stats, ASSIGNMENTS, st.just(()) | ASSIGNMENTS, st.booleans()),
    st.builds(Stats, st.just(()), ASSIGNMENTS),
    st.builds(Keep, PLAIN_NAMES, st.booleans()),
    st.builds(Rename, st.lists(st.tuples(NAME, NAME), min_size=1, max_size=2).map(tuple)),
    st.builds(Sort, st.lists(KEY, min_size=1, max_size=2).map(tuple)),
    st.builds(Limit, st.integers(0, 10_000)),
    st.builds(Expand, NAME),
    st.sampled_from([Other('DISSECT a "%{b} c"'), Other("ENRICH p ON a WITH b = c")]),
)
INDEX = st.sampled_from(["logs-*", "a.b-1", "cluster:logs", "x"]) | TEXT
TREES = st.builds(
    Query,
    st.builds(From, st.lists(INDEX, min_size=1, max_size=2).map(tuple), st.just(()) | NAMES),
    st.lists(COMMAND, max_size=3).map(tuple),
)
