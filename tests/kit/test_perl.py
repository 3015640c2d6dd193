"""The engines of regexes that runners use, against the engines themselves."""

from __future__ import annotations

import pcre2
import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.dialects.kit.running.perl import PCRE, RE2, RUST, Flavour, compile_perl
from transpile.evaluate import Unproven

TEXTS = (
    "",
    "a",
    "A",
    "ab",
    "aB",
    "a\n",
    "\n",
    "a\nb",
    " ",
    "\x0b",
    "\x0c",
    "1",
    "_",
    "-",
    "]",
    "a1 b",
    "aa",
    "abab",
    "é",
    "\\",
    "{",
    "K",
)

PATTERNS = (
    "a",
    "^a",
    "a$",
    "a\\z",
    "\\Aa",
    "a.",
    "(?s)a.",
    "(?m)^b",
    "(?m)a$",
    "(?i)a",
    "a(?i)b",
    "(a(?i)b|A)",
    "(?i:a)b",
    "(?i)a(?-i)b",
    "\\d",
    "\\D",
    "\\w+",
    "\\W",
    "\\s",
    "\\S",
    "[\\d_]",
    "[^\\w]",
    "[\\W1]",
    "[]a]",
    "[^]a]",
    "[a-]",
    "[-a]",
    "[[:alpha:]]",
    "[[:^alpha:]]",
    "[^[:space:]]",
    "a*",
    "a+?",
    "a{2}",
    "a{1,}b",
    "a{0}",
    "(ab)+",
    "(?:ab){2}",
    "a|b|",
    "()",
    "(?P<x>a)b",
    "\\x41",
    "\\x{e9}",
    "\\101",
    "\\.",
    "\\-",
    "\\n",
    "\\t",
    "\\f",
    "\\v",
    "\\bab",
    "a\\B",
    "\\B",
    "\\Qa.b\\E",
    "\\pL",
    "\\p{Lu}",
    "\\P{L}",
    "[\\p{L}-]",
    "a{,2}b",
    "{",
    "a{",
    "x{1",
    "[a\\-z]",
    "[\\]]",
    "[[]",
    "a**",
    "(a",
    "a)",
    "[b-a]",
    "\\",
    "*a",
    "a{1001}",
    "(a{100}){100}",
    "(?<n>a)",
)
PERL = (
    "a(?=b)",
    "a(?!b)",
    "(?<=a)b",
    "(?<!a)b",
    "(?>a|ab)b",
    "a++",
    "(a)\\1",
    "(?<x>a)\\k<x>",
    "(?P<x>a)(?P=x)",
    "a\\Z",
    "\\h",
    "(?x) a b # c\n",
    "(?#c)a",
)


def by_re2(pattern: str) -> list[bool] | None:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error:
        return None
    return [compiled.search(text) is not None for text in TEXTS]


def by_pcre(pattern: str) -> list[bool] | None:
    try:
        search = pcre2.compile(pattern, pcre2.ASCII).search
    except Exception:  # of a kind for each fault of the pattern
        return None
    return [search(text) is not None for text in TEXTS]


def ours(pattern: str, flavour: Flavour) -> list[bool] | None:
    try:
        compiled = compile_perl(pattern, flavour)
    except Unproven:
        return None
    return [compiled.search(text) is not None for text in TEXTS]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_as_re2(pattern: str) -> None:
    assert ours(pattern, RE2) == by_re2(pattern)


UNKNOWN_TO_PYTHON = {"a{,2}b", "[\\W1]", "(a{100}){100}"}


@pytest.mark.parametrize("pattern", [pattern for pattern in (*PATTERNS, *PERL) if pattern != "\\x{e9}"])
def test_as_pcre(pattern: str) -> None:
    found = ours(pattern, PCRE)
    assert found == by_pcre(pattern) or (found is None and pattern in UNKNOWN_TO_PYTHON)


ALPHABET = [
    "a",
    "B",
    "1",
    ".",
    "^",
    "$",
    "|",
    "(",
    ")",
    "(?:",
    "(?i)",
    "(?s)",
    "(?m)",
    "[ab]",
    "[^a]",
    "\\d",
    "\\W",
    "\\s",
    "*",
    "+",
    "?",
    "{2}",
    "\\b",
    "\\.",
]


@settings(max_examples=400, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from(ALPHABET), max_size=8).map("".join))
def test_generated_regexes_as_the_engines(pattern: str) -> None:
    for flavour, engine in ((RE2, by_re2), (PCRE, by_pcre)):
        found = ours(pattern, flavour)
        if found is not None:
            assert found == engine(pattern), flavour.name


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"(?is)^c:\\.*\.exe$", "C:\\a.exe", True),
        (r"a$", "a\n", False),
        (r"\d", "\u0663", True),  # Unicode's digits
        (r"\s", "\u2003", True),
        (r"(?-u:\b)net", "é net", True),
        (r"[[:word:]]", "é", False),
        (r"\x{e9}", "é", True),
    ],
)
def test_as_rust(pattern: str, text: str, found: bool) -> None:
    assert (compile_perl(pattern, RUST).search(text) is not None) is found


@pytest.mark.parametrize(
    "pattern", [r"\w", r"\ba", "a(?=b)", "a++", "[a&&b]", "(?-u)a", "{a", r"\Qa\E", "[[a]]", "a**"]
)
def test_rust_is_unproven(pattern: str) -> None:
    with pytest.raises(Unproven):
        compile_perl(pattern, RUST)
