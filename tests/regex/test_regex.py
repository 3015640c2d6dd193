"""Regexes: read as PCRE reads them, printed so that every engine finds the same."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import re2

from tests.regex.generated import pattern, value
from transpile.dialects.kit.running.lucene import compile_regex
from transpile.regex import (
    Node,
    RegexError,
    escape_lucene,
    escape_pcre,
    escape_re2,
    matches_empty,
    parse,
    problem_re2,
    to_lucene,
    to_pcre,
    to_python,
    to_re2,
    to_rust,
)
from transpile.regex.chars import variants
from transpile.regex.whole import whole

OPTIONS = re2.Options()
OPTIONS.log_errors = False


@pytest.mark.parametrize(
    ("written", "pcre", "google", "rust"),
    [
        (r"net\s+user", r"net\s+user", "net[[:space:]]+user", "net[[:space:]]+user"),
        (r"\d\D\w\W", r"\d\D\w\W", r"\d\D\w\W", "[0-9][^0-9][[:word:]][^[:word:]]"),
        (r"\/c|\/r", "/c|/r", "/c|/r", "/c|/r"),
        (r"a\.exe$", r"a\.exe$", r"a\.exe\n?$", r"a\.exe\n?$"),
        (r"(?m)^a$", "(?m)^a$", "(?m)^a$", "(?m)^a$"),
        (r"(?m:^a)b\z", r"(?m)^ab\z", r"(?m)^ab\z", r"(?m)^ab\z"),
        ("(?i)a.b", "(?i)a.b", "(?i)a.b", "(?i)a.b"),
        ("(?i)1.2", "1.2", "1.2", "1.2"),
        ("a(?i)b", "a(?i:b)", "a(?i:b)", "a(?i:b)"),
        ("(?s).*(?-s:.)", "(?s:.)*.", "(?s:.)*.", "(?s:.)*."),
        (r"\x41\x{1F600}\u0042\t\e", "A\U0001f600B\\t\\x{1b}", "A\U0001f600B\\t\\x{1b}", "A\U0001f600B\\t\\x{1b}"),
        (r"[\w-][a\]b^-]", r"[\w-][a\]b^-]", r"[\w-][a\]b^-]", r"[[:word:]-][a\]b^-]"),
        ("[^^-][-a][+--]", r"[^^-][-a][+-\-]", r"[^^-][-a][+-\-]", r"[^^-][-a][+-\-]"),
        (r"[\^a][\h]", r"[\^a]\h", None, None),
        (r"\Qa.b\E+", r"a\.b+", r"a\.b+", r"a\.b+"),
        ("(?x) a b # c\n [ ]", "ab[ ]", "ab[ ]", "ab[ ]"),
        ("a(?#note)b", "ab", "ab", "ab"),
        (r"(?P<n>a)(b)", "(?<n>a)(b)", "(?P<n>a)(b)", "(?P<n>a)(b)"),
        (r"(a)\1(?<n>b)\k<n>(?P=n)", r"(a)(?:\1)(?<n>b)\k<n>\k<n>", None, None),
        ("a++(?>b)(?=c)(?<!d)", "a++(?>b)(?=c)(?<!d)", None, None),
        (r"\bfoo", r"\bfoo", r"\bfoo", r"(?-u:\b)foo"),
        (r"\Bfoo", r"\Bfoo", None, None),
        ("(?:a{40}){40}", "(?:a{40}){40}", None, None),
        ("a$b", "a$b", None, None),
        ("[&&~~]", r"[\&\&\~\~]", r"[\&\&\~\~]", r"[\&\&\~\~]"),
        ("{a}{", r"\{a\}\{", r"\{a\}\{", r"\{a\}\{"),
    ],
)
def test_printed(written: str, pcre: str, google: str | None, rust: str | None) -> None:
    node = parse(written)
    assert to_pcre(node) == pcre
    for to, wanted in ((to_re2, google), (to_rust, rust)):
        if wanted is not None:
            assert to(node) == wanted
        elif "h" not in written:
            with pytest.raises(RegexError):
                to(node)
    if google is not None:
        assert problem_re2(google) is None


def test_flags_from_outside_are_those_written_inside() -> None:
    assert parse("^a.b$", ignore_case=True, multiline=True, dotall=True) == parse("(?ims)^a.b$")


@pytest.mark.parametrize(
    ("written", "offset"),
    [
        ("a(b", 1),
        ("a)b", 1),
        ("a[b", 1),
        ("a**", 2),
        ("*a", 0),
        ("a{,3}", 1),
        ("a{3,2}", 1),
        (r"a\i", 1),
        (r"C:\Users", 2),
        (r"a\2", 1),
        ("[b-a]", 0),
        (r"[\d-z]", 3),
        ("[[:foo:]]", 1),
        (r"\p{Foo}", 0),
        ("(?z)a", 0),
        ("(?<n>a)(?<n>b)", 7),
        ("(?R)", 0),
        ("(*FAIL)", 0),
        (r"\x{110000}", 0),
        ("a\\", 1),
        (r"\K", 0),
    ],
)
def test_what_cannot_be_read_is_placed(written: str, offset: int) -> None:
    with pytest.raises(RegexError) as caught:
        parse(written)
    assert caught.value.offset == offset


def test_deep_nesting_is_an_error_and_not_a_crash() -> None:
    with pytest.raises(RegexError, match="nested deeper"):
        parse("(" * 5_000 + ")" * 5_000)


@pytest.mark.parametrize(
    ("written", "lucene", "ignore_case"),
    [
        ("foo", ".*foo.*", False),
        ("^foo$", "foo\n?", False),
        (r"\Afoo\z", "foo", False),
        ("^a|b$", "a.*|.*b\n?", False),
        ("(^|/)a", "a.*|.*/a.*", False),
        (".*foo.+", ".*foo[^\n].*", False),
        ("(?s)foo.+bar", ".*foo.+bar.*", False),
        (".*", ".*", False),
        ("a{2,}b{2,5}", ".*a{2}b{2}.*", False),
        ("(?i)FoO[a-c]1", ".*FoO[A-Ca-c]1.*", True),
        ("(?i:foo)Bar", ".*[fF][oO][oO]Bar.*", False),
        ("(?i)caf\u00e9", ".*caf[\u00e9\u00c9].*", True),
        (r"\d\s\w", ".*[0-9][\t-\r ][0-9A-Z_a-z].*", False),
        (r"x(?:\s|)y", ".*x([\t-\r ])?y.*", False),
        (r'"#@&<>~', r".*\"\#\@\&\<\>\~.*", False),
        (r"\bcat\b", "(.*[^0-9A-Z_a-z])?cat([^0-9A-Z_a-z].*)?", False),
        (r"a\b b", ".*a b.*", False),
        (r"a(\b|x)-", ".*a-.*|.*ax-.*", False),
        ("(?m)^a$", "(.*\n)?a(\n.*)?", False),
        ("a+?b??", ".*a.*", False),
        # Lucene 9 takes `()` beside other parts for no match at all where case is ignored.
        (r"(?i)k(?:(?s))+\|", r".*k\|.*", True),
        ("(?i)x(?:a{0}|b{0})+y", ".*xy.*", True),
        ("(?i)x(?:a|b{0}|)y", ".*x(a)?y.*", True),
        # Brackets that hold every character are a dot: Lucene reads `[^]` as a class that never ends.
        (r"a[\s\S]?[\w\W]b", ".*a.?.b.*", False),
        (r"a(?:.|\n)b(?:x|y)", ".*a.b[xy].*", False),
        ("(?i)\u03c3", ".*[\u03c3\u03a3\u03c2].*", True),
    ],
)
def test_lucene_matches_the_whole(written: str, lucene: str, ignore_case: bool) -> None:
    assert to_lucene(parse(written)) == (lucene, ignore_case)


def test_a_long_run_is_looked_for_from_where_it_begins() -> None:
    assert to_lucene(parse(".{1000,}x")) == ("(.*[\n])?[^\n]{1000,}x.*", False)
    assert to_lucene(parse("(?s).{300,}x")) == (".{300,}x.*", False)


@pytest.mark.parametrize(
    "written",
    [
        "a.{20}b",
        "x.{1,64}y.{1,64}z",
        "(?:abc|def){300}",
        # what would take minutes to spell out
        r"\b" * 3_000 + "a",
        r"(?:\ba?\b)" * 200,
        r"(?:\b\w+\b\W*)" * 8,
        r"(?:\ba?b*\b-?)" * 6,
    ],
    ids=lambda written: written[:20],
)
def test_what_elasticsearch_would_not_run_is_refused(written: str) -> None:
    with pytest.raises(RegexError):
        to_lucene(parse(written))


@pytest.mark.parametrize(
    "written", ["a(?=b)", r"(a)\1", "a++", "(?>a)", "(a$)+b*", "a$b", r"a\bb", "(?m)a$b", r"a|[^\s\S]"]
)
def test_what_lucene_cannot_say_is_refused(written: str) -> None:
    with pytest.raises(RegexError, match="Lucene"):
        to_lucene(parse(written))


@pytest.mark.parametrize("written", ["(?m)^$", r"(?m)\n^", "(?m)^(?:a|b*)"])
def test_lines_that_begin_at_the_end_are_refused(written: str) -> None:
    """Behind a line break that ends the text PCRE2 finds no line's start; RE2 and Rust do."""
    node = parse(written)
    assert not re.search(to_python(parse(r"(?m)\n^")), "a\n")
    for say in (to_re2, to_rust, to_lucene):
        with pytest.raises(RegexError, match=r"start of a line|inside of the text"):
            say(node)
    assert to_rust(parse("(?m)^a*b")) == to_re2(parse("(?m)^a*b")) == "(?m)^a*b"


def test_literal_text_stays_literal() -> None:
    text = "".join(map(chr, range(1, 128))) + "é\U0001f600\u2028"
    assert re2.compile(escape_re2(text), OPTIONS).fullmatch(text)
    assert to_pcre(parse(escape_pcre(text))) == escape_pcre(text)
    assert re.fullmatch(to_python(parse(escape_pcre(text))), text)
    assert escape_lucene('a"b#c\\') == r"a\"b\#c\\"


def test_case_variants_stay_in_or_out_of_ascii() -> None:
    assert all(other.isascii() == char.isascii() for char in map(chr, range(0x3000)) for other in variants(char))


def test_every_engine_finds_the_same() -> None:
    pcre2 = pytest.importorskip("pcre2")
    compared = 0
    for seed in range(700):
        rng = random.Random(seed)
        written = pattern(rng)
        values = ["", "\n", *(value(rng) for _ in range(10))]
        search = pcre2.compile(written, pcre2.ASCII).search
        wanted = [search(text) is not None for text in values]
        node = parse(written)
        assert matches_empty(node) == wanted[0], written
        engines: dict[str, Callable[[Node], Callable[[str], Any]]] = {
            "pcre": lambda node: pcre2.compile(to_pcre(node), pcre2.ASCII).search,
            "python": lambda node: re.compile(to_python(node)).search,
            "re2": lambda node: re2.compile(to_re2(node), OPTIONS).search,
            "whole": lambda node: re.compile(to_python(whole(node))).fullmatch,
            "lucene": lambda node: partial(_lucene, *to_lucene(node)),
        }
        for name, engine in engines.items():
            try:
                found = engine(node)
            except RegexError:
                continue
            assert [found(text) is not None for text in values] == wanted, (name, written, values)
            compared += 1
    assert compared > 2_000


def _lucene(pattern: str, ignore_case: bool, text: str) -> bool | None:
    """What Lucene makes of it, by the runner of EQL, which shares nothing with the printer."""
    return compile_regex(pattern, ignore_case)(text) or None


def test_printing_and_reading_again_changes_nothing() -> None:
    for seed in range(2_000):
        node = parse(pattern(random.Random(seed)))
        again = to_pcre(node)
        assert to_pcre(parse(again)) == again


_PIECES = re.split(
    " ",
    r"a b é \ ( ) [ ] ^ - : { } 1 0 , * + ? . $ (? P < > n i \d \p L Greek \x \Q \E [: alpha :] {2} {1001} {3,2} {2,} "
    r"\b \z \Z \h (?i) (?: (?P<n> (?= (?-s \1 \12 \0 \_ x [a-z] [^a] {01} (?<n> A = ! \C {40} (( )) \p{L} \pN |",
)


def test_what_re2_rejects_is_known_without_it() -> None:
    rng = random.Random(4)
    rejected = 0
    for _ in range(8_000):
        written = "".join(rng.choices(_PIECES, k=rng.randint(1, 9)))
        try:
            re2.compile(written, OPTIONS)
            accepted = True
        except re2.error:
            accepted = False
            rejected += 1
        assert (problem_re2(written) is None) == accepted, written
    assert 1_000 < rejected < 7_000


def test_regexes_of_public_rules(corpora: Path) -> None:
    """Every regex of the corpus is read, and every engine can say it, but for a few that Lucene finds too complex."""
    import yaml

    def regexes(part: object) -> list[str]:
        if isinstance(part, list):
            return [one for item in part for one in regexes(item)]
        if not isinstance(part, dict):
            return []
        found = []
        for key, item in part.items():
            if "re" in str(key).split("|")[1:]:
                found += [str(one) for one in (item if isinstance(item, list) else [item])]
            else:
                found += regexes(item)
        return found

    written: set[str] = set()
    for path in sorted((corpora / "sigma").rglob("*.yml")):
        text = path.read_text(encoding="utf-8")
        if "|re" in text:
            for rule in yaml.load_all(text, Loader=yaml.CSafeLoader):
                written.update(regexes(rule))
    assert len(written) > 100
    too_complex = 0
    for one in written:
        node = parse(one)
        try:
            to_lucene(node)
        except RegexError as error:
            assert "too complex" in error.message
            too_complex += 1
        re.compile(to_python(node))
        re2.compile(to_re2(node), OPTIONS)
        assert problem_re2(to_rust(node).replace("(?-u:", "(?:")) is None
    assert too_complex < 10


@pytest.mark.parametrize(
    ("written", "too_complex"),
    [
        (r"a.{11}b", False),
        (r"a.{12}b", True),
        (r"a.............b", True),
        (r"a.{2,6}b|q.{6}z", False),
        (r"a.{2,8}b|q.{8}z", True),
        (r"1[0-9]{20}x", True),
        (r"a[0-9]{200}x", False),
        (r"[0-9]{200}x", False),
        (r"a(?:aa|ab){14}", True),
        (r"a(?:a?b?){9}c", False),
        (r"a[^/]{5}a|b[^/]{5}b|c[^/]{5}c", False),
        (r"a[^/]{5}a|b[^/]{5}b|c[^/]{5}c|d[^/]{5}d", True),
        (r"foo.{18}foo", False),
    ],
)
def test_what_lucene_finds_too_complex(written: str, too_complex: bool) -> None:
    """What Lucene 9.9 itself says with the limit of 10,000 that Elasticsearch gives it."""
    if too_complex:
        with pytest.raises(RegexError, match="too complex"):
            to_lucene(parse(written))
    else:
        to_lucene(parse(written))


def test_the_very_end_as_python_and_pcre_both_have_it() -> None:
    """Sigma rules are written so, since pySigma reads their regexes by Python, which has no `\\z`."""
    assert parse(r"a(?!\n)$") == parse(r"a\z")
    assert to_re2(parse(r"\.pfx(?!\n)$")) == to_re2(parse(r"\.pfx\z"))
