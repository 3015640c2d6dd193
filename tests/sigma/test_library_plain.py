"""Texts that a quick look takes for plain hold nothing that others refer to, and no correlation or filter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transpile.dialects.sigma.library import _ODD, _RELATES, _is_plain

PIECES = st.sampled_from(
    ("title: x", "\n", "correlation:", "filter:", "'filter':", '"correlation" :', "---", " ", "{", "#", "  a: b", "-\n")
)


@given(st.lists(PIECES).map("".join))
def test_a_plain_text_relates_nothing(text: str) -> None:
    if _is_plain(text):
        assert not _ODD.search(text) and not _RELATES.search(text)


@pytest.mark.parametrize("text", ["title: x\ndetection:\n  filter: {a: b}\n", "logsource: {}\n# filter:\n"])
def test_usual_texts_are_plain(text: str) -> None:
    assert _is_plain(text)
