"""Generated EQL trees."""

from __future__ import annotations

from hypothesis import strategies as st

from transpile.dialects.eql.tree import (
    And,
    Arithmetic,
    Boolean,
    Call,
    Compare,
    Comparison,
    Event,
    Expr,
    Field,
    Lookup,
    Negative,
    Not,
    Null,
    Number,
    Or,
    Pipe,
    Query,
    Sample,
    Search,
    Sequence,
    Sign,
    String,
    Term,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ['"', '"""', "\\", "a\\", 'q"', "\n\r\t", "\u202e", "*?", "'", "C:\\a*", "`", "\x00", "{", "\\u{41}"]
)
PART = st.from_regex(r"[a-z_@][a-zA-Z0-9_]{0,6}", fullmatch=True) | st.sampled_from(
    ["by", "in", "not", "true", "c-uri", "1a", "a b", "a`b", "é", "any", "Where", "like~", "\\", '"']
)
NAME = st.lists(PART, min_size=1, max_size=3).map(".".join)
FIELD = st.builds(Field, NAME, st.booleans())
NUMBER = st.builds(
    Number,
    st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0),
).filter(lambda number: str(number.value) != "-0.0")
STRING = st.builds(String, TEXT)
LITERAL = st.one_of(STRING, NUMBER, st.builds(Boolean, st.booleans()), st.just(Null()))
FUNCTION = st.sampled_from(["string", "length", "startsWith", "cidrMatch", "between"])


def operands(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    negated = inner.filter(lambda one: not isinstance(one, Number) or one.value < 0)
    return st.one_of(
        st.builds(Call, FUNCTION, st.lists(inner, max_size=3).map(tuple), st.booleans()),
        st.builds(Arithmetic, st.sampled_from(Sign), inner, inner),
        st.builds(Negative, negated),
    )


OPERAND = st.recursive(FIELD | LITERAL, operands, max_leaves=5)
MATCHES = st.builds(
    Lookup,
    st.sampled_from([search for search in Search if search not in (Search.IN, Search.IN_FOLD)]),
    OPERAND,
    st.lists(LITERAL, min_size=1, max_size=4).map(tuple),
)
MEMBERSHIPS = st.builds(
    Lookup,
    st.sampled_from([Search.IN, Search.IN_FOLD]),
    OPERAND,
    st.lists(OPERAND, min_size=1, max_size=4).map(tuple),
    st.booleans(),
)
LEAF = st.one_of(MATCHES, MEMBERSHIPS, st.builds(Compare, st.sampled_from(Comparison), OPERAND, OPERAND), OPERAND)


def combined(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, inner))


CONDITION = st.recursive(LEAF, combined, max_leaves=8)
EVENT = st.builds(Event, st.none() | TEXT, CONDITION)
KEYS = st.lists(FIELD, max_size=2).map(tuple)
TERM = st.builds(Term, EVENT, KEYS, st.booleans(), st.none() | st.integers(1, 99))
TERMS = st.lists(TERM, min_size=1, max_size=3).map(tuple)
BODY = st.one_of(
    EVENT,
    st.builds(Sequence, TERMS, KEYS, st.sampled_from([None, "30s", "5m"]), st.none() | TERM),
    st.builds(Sample, TERMS, st.lists(FIELD, min_size=1, max_size=2).map(tuple)),
)
PIPES = st.lists(
    st.builds(Pipe, st.sampled_from(["head", "tail"]), st.lists(NUMBER, max_size=1).map(tuple)), max_size=2
)
TREES = st.builds(Query, BODY, PIPES.map(tuple))
