"""Kusto's regex syntax, run by Python: what differs between the two."""

from __future__ import annotations

import pytest

from transpile.dialects.kql.regex import compile_regex
from transpile.evaluate import Unproven


@pytest.mark.parametrize(
    ("pattern", "found", "missed"),
    [
        ("b$", "ab", "ab\n"),
        ("(?m)b$", "ab\nc", "abc"),
        (r"b\z", "ab", "ab\n"),
        (r"^\s$", "\u2003", "\x1c"),
        (r"^\d$", "٣", "x"),
        ("^[[:alpha:]]$", "a", "é"),
        ("^[[:^digit:]]$", "é", "1"),
        ("^[^[:space:]x]$", "y", "x"),
        (r"[\[\]]", "[", "a"),
        ("[a-]", "-", "b"),
        (r"\x{1f600}", "😀", "x"),
        (r"\x41\u0042\U00000043", "ABC", "abc"),
        ("(?P<name.x>a)(?<other>b)", "ab", "a"),
        ("(?i:a)b", "Ab", "AB"),
        ("a{2}", "aa", "a"),
        (r"\#\-\&", "#-&", "#"),
        ("(?is)^a.*b", "A\nB", "xab"),
    ],
)
def test_matches(pattern: str, found: str, missed: str) -> None:
    assert compile_regex(pattern)(found)
    assert not compile_regex(pattern)(missed)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)",
        "[]a]",
        "(?<=a)b",
        r"(a)\1",
        "a**",
        "a*+",
        "[a&&b]",
        "[a--b]",
        "[[a]b]",
        r"\<a",
        r"\p{L}",
        r"\w",
        r"\bx",
        "(?x)a",
        "a(?i)b",
        "(",
        r"\123",
        "a{",
    ],
)
def test_what_python_would_read_otherwise_is_unproven(pattern: str) -> None:
    with pytest.raises(Unproven):
        compile_regex(pattern)
