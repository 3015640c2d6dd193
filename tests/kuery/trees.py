"""Generated trees of Kibana's query language."""

from __future__ import annotations

from hypothesis import strategies as st

from transpile.dialects.kuery.tree import (
    AllOf,
    And,
    AnyOf,
    Anywhere,
    Boolean,
    Everything,
    Expr,
    Is,
    Nested,
    NoneOf,
    Not,
    Null,
    Or,
    Order,
    Range,
    Text,
    Values,
    Wildcard,
)

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=10)
KEYWORDS = st.sampled_from(["or", "and", "not", "NOT x", "a or b", " and ", "cannot do", "cannot", "x or"])
SPECIAL = st.sampled_from(["\\", '"', "(", "{}", "C:\\a", "\\t", "\\or", "\u202e", "\ud800"])
WORDS = TEXT | KEYWORDS | SPECIAL
BLANKS = " \t\r\n\v\f\u00a0\ufeff\u2028\u2029"
QUOTED = st.builds(Text, WORDS | st.just("") | st.sampled_from(["null", "true", " a ", "*", "\n\r\t"]), st.just(True))
PLAIN = (
    WORDS.map(lambda text: text.strip(BLANKS))
    .filter(lambda text: text not in ("", "null", "true", "false"))
    .map(lambda text: Text(text, False))
)


def wildcard(parts: list[str]) -> Wildcard:
    """The parts with a `*` between each two of them, and at an end where a part is empty."""
    joined: list[str | None] = []
    for number, part in enumerate(parts):
        joined += ([None] if number else []) + ([part] if part else [])
    kept = [one for one, before in zip(joined, ["", *joined], strict=False) if one is not None or before is not None]
    return Wildcard(tuple(kept))


WILDCARD = (
    st.lists(WORDS | st.just(""), min_size=2, max_size=3)
    .filter(lambda parts: parts[0] == parts[0].lstrip(BLANKS) and parts[-1] == parts[-1].rstrip(BLANKS))
    .map(wildcard)
)
VALUE = st.one_of(QUOTED, PLAIN, WILDCARD, st.builds(Boolean, st.booleans()), st.just(Null()))
NAME = st.one_of(QUOTED, PLAIN, WILDCARD)


def lists(inner: st.SearchStrategy[Values]) -> st.SearchStrategy[Values]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(AnyOf, several), st.builds(AllOf, several), st.builds(NoneOf, inner))


VALUES = st.recursive(VALUE, lists, max_leaves=5)
LEAF = st.one_of(
    st.builds(Is, NAME, VALUES),
    st.builds(Anywhere, VALUE),
    st.builds(Range, NAME, st.sampled_from(Order), VALUE),
)


def combined(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        st.builds(And, several), st.builds(Or, several), st.builds(Not, inner), st.builds(Nested, NAME, inner)
    )


TREES = st.recursive(LEAF, combined, max_leaves=8) | st.just(Everything())
