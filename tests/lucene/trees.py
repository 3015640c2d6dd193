"""Generated trees of query strings."""

from __future__ import annotations

from hypothesis import strategies as st

from transpile.dialects.lucene.tree import (
    And,
    Clauses,
    Everything,
    Fuzzy,
    Match,
    Not,
    Occur,
    Or,
    Phrase,
    Plain,
    Query,
    Range,
    Regex,
    Wild,
    Wildcard,
    Within,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=10) | st.sampled_from(
    [
        "AND",
        "OR",
        "NOT",
        "TO",
        "a b",
        "a:b",
        "C:\\a",
        '"',
        "/x/",
        "a*",
        "-1",
        "\u3000",
        "\u00a0",
        "u0041",
        "~2",
        "^2",
        "x" * 60,
    ]
)
NAME = st.from_regex(r"[a-z_][a-zA-Z0-9_.]{0,6}", fullmatch=True) | st.sampled_from(
    ["c-uri", "a b", "a:b", "a\\b", "@x"]
)
# `<` and `>` at the start of a term make a range and cannot be escaped.
PLAIN = st.builds(Plain, TEXT.filter(lambda text: text[0] not in "<>"))
PHRASE = st.builds(Phrase, TEXT | st.just(""))


def _wild(parts: list[str | Wildcard]) -> tuple[str | Wildcard, ...]:
    merged: list[str | Wildcard] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, str) and isinstance(last, str):
            merged[-1] = last + part
        else:
            merged.append(part)
    return tuple(merged)


PARTS = st.lists(TEXT.filter(lambda text: text[0] not in "<>") | st.sampled_from(Wildcard), min_size=1, max_size=4).map(
    _wild
)
WILD = st.builds(Wild, PARTS.filter(lambda parts: any(isinstance(one, Wildcard) for one in parts) and len(parts) > 1))
REGEX = st.builds(Regex, st.sampled_from(["a.*", "[aA]\\/b", "\\\\x", '"', "a b", ""]))
BOUND = st.none() | st.sampled_from(["1", "-5", "4.5", "TO", "a b", '"', "]", "now-1d"])
RANGE = st.builds(Range, BOUND, BOUND, st.booleans(), st.booleans())
FUZZY = st.builds(Fuzzy, PLAIN | PHRASE, st.sampled_from(["", "1", "0.5"]))
VALUE = PLAIN | PHRASE | WILD | REGEX | RANGE | FUZZY
BOOST = st.sampled_from([None, None, "2", "0.5"])
MATCH = st.builds(Match, NAME, VALUE, BOOST)
LEAF = MATCH | st.builds(Match, st.none(), PHRASE | WILD | REGEX, BOOST) | st.just(Everything())


def combined(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    # One that is optional and one that is not, by construction: a filter would spell out the whole strategy.
    optional = st.tuples(st.just(Occur.SHOULD), inner)
    other = st.tuples(st.sampled_from([occur for occur in Occur if occur is not Occur.SHOULD]), inner)
    pair = st.tuples(optional, other) | st.tuples(other, optional)
    occurring = st.builds(lambda two, more: (*two, *more), pair, st.lists(optional | other, max_size=2))
    return st.one_of(
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, inner),
        st.builds(Within, NAME, inner),
        st.builds(Clauses, occurring),
    )


TREES = st.recursive(LEAF, combined, max_leaves=8)
