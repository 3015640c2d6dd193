"""The runner's regexes against RE2 itself."""

from __future__ import annotations

from typing import Any

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.dialects.yaral.re2 import compile_re2
from transpile.evaluate import Unproven

PIECES = [
    "a", "B", "é", "É", "k", r"\.", ".", "[a-c]", "[^a]", "[^a\\s]", r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", r"\v",
    "[[:alpha:]]", "[[:^space:]]", "[[:space:]]", r"\x41", r"\x{e9}", r"\n", "^", "$", r"\A", r"\z", r"\b", r"\B",
    "(a|bc)", "(?:a|)", "(?P<n>a)", "(?i:b)", "(?s:.)", "a*", "a+?", "b{2}", "a{1,2}", r"\Qa.b\E", r"\/", "-", "]", "}",
]  # fmt: skip
FLAGS = ["", "(?s)", "(?i)", "(?m)", "(?ms)"]
TEXTS = st.text("aAbBcCkK\u212aéÉſs.1_ -/]}\t\n\v\f\r", max_size=8)


def by_re2(pattern: str, nocase: bool) -> Any:
    options = re2.Options()
    options.case_sensitive = not nocase
    options.log_errors = False
    return re2.compile(pattern, options)


@given(
    st.sampled_from(FLAGS),
    st.lists(st.sampled_from(PIECES), max_size=5, unique=True),
    st.booleans(),
    st.lists(TEXTS, min_size=4),
)
@settings(derandomize=True, deadline=None, max_examples=300)
def test_python_finds_what_re2_finds(flags: str, pieces: list[str], nocase: bool, texts: list[str]) -> None:
    pattern = flags + "".join(pieces)
    ours, theirs = compile_re2(pattern, nocase), by_re2(pattern, nocase)
    for text in texts:
        found, wanted = ours.search(text), theirs.search(text)
        assert (found and found.span()) == (wanted and wanted.span()), (pattern, text)


@pytest.mark.parametrize("pattern", ["a(?=b)", r"(a)\1", "a++", "(", "[b-a]", "a{1001}", r"\Z", "(?<!a)b", "(?>a)"])
def test_what_re2_rejects_is_not_run(pattern: str) -> None:
    with pytest.raises(re2.error):
        by_re2(pattern, nocase=False)
    with pytest.raises(Unproven):
        compile_re2(pattern)
