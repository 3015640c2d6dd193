"""Hypothesis strategies for random Sigma texts."""

from __future__ import annotations

from hypothesis import strategies as st

from transpile.dialects.sigma.plain import Map, Plain, Text

_WORDS = st.sampled_from(
    [
        "Image",
        "CommandLine|contains",
        "c-uri",
        "|all",
        "true",
        "null",
        "0x10",
        "12",
        "1.5",
        "~",
        "- x",
        "a: b",
        "a #b",
        "2024-01-31",
    ]
)
_CHARACTERS = st.characters(exclude_categories=["Cs"])
_TEXTS = st.one_of(_WORDS, st.text(_CHARACTERS, max_size=12), st.text("'\"\\ \n\t:#-|>*&!%@`{}[],?ab", max_size=10))
_NUMBERS = st.one_of(st.integers(-(10**17), 10**17), st.sampled_from([0.5, -1.25, 3.75]))
_SCALARS: st.SearchStrategy[Plain] = st.one_of(_TEXTS, _NUMBERS, st.booleans(), st.none())


def _maps(values: st.SearchStrategy[Plain]) -> st.SearchStrategy[Map]:
    entries = st.lists(st.tuples(_TEXTS, values), max_size=4, unique_by=lambda entry: entry[0])
    return entries.map(lambda found: Map(tuple(entry for entry in found if entry[0] != "<<")))


_VALUES: st.SearchStrategy[Plain] = st.recursive(
    _SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3).map(tuple), _maps(inner)), max_leaves=8
)
_DOCUMENTS = st.builds(
    lambda head, detection: Map(
        (
            ("title", "A rule"),
            *((k, v) for k, v in head.entries if k not in ("title", "detection")),
            ("detection", detection),
        )
    ),
    _maps(_VALUES),
    _maps(_VALUES),
)
_COMMENTS = st.lists(st.text("abc 'x:#", max_size=8).map(str.rstrip), max_size=2).map(tuple)

TEXTS = st.builds(Text, st.lists(_DOCUMENTS, min_size=1, max_size=3).map(tuple), _COMMENTS)
TREES = TEXTS
