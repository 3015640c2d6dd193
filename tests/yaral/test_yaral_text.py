"""The text of a rule and its tree: printing, parsing, quoting."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.dialects.yaral.parse import parse
from transpile.dialects.yaral.print import print_rule
from transpile.dialects.yaral.tree import (
    Absent,
    And,
    Arithmetic,
    Call,
    Compare,
    Count,
    Expr,
    InList,
    Key,
    Match,
    Meta,
    Not,
    Number,
    Option,
    Or,
    Outcome,
    Path,
    Quantified,
    Regex,
    Rule,
    String,
    Truth,
    Variable,
    Window,
)
from transpile.source import Source
from transpile.syntax.lexer import ParseError

# --- random trees

names = st.sampled_from(["e", "src", "host_name", "x1", "_y", "risk_score", "Mixed"])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
raw_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="`\n\r"), max_size=12)
strings = st.builds(String, texts) | st.builds(String, raw_texts, st.just(True))
PIECES = ["a", r"\.", r"[^\n]", "/", "//", "(b|c)", ".*", " ", r"\\", "é", '"', "`", "#", "$e", "%", "nocase", "(?s)"]
regexes = st.builds(Regex, st.lists(st.sampled_from(PIECES), min_size=1).map(lambda pieces: "x" + "".join(pieces)))
numbers = st.builds(Number, st.integers(0, 10**12) | st.floats(0, 10**20, allow_nan=False))
steps = st.sampled_from(["ip", "fields", "match", "any", "rule"]) | st.integers(0, 99) | st.builds(Key, texts)
fields = st.builds(lambda name, first, rest: Path(name, (first, *rest)), names, names, st.lists(steps, max_size=3))
variables = st.builds(Variable, names)
functions = st.sampled_from(["re.regex", "strings.to_lower", "count", "if", "max", "cast.as_float"])
operands = (
    fields
    | variables
    | strings
    | numbers
    | st.builds(Truth, st.booleans())
    | st.builds(Quantified, st.sampled_from(["any", "all"]), fields)
)


def compound(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    arithmetic = st.builds(Arithmetic, inner, st.sampled_from(list("+-*/%")), inner)
    return arithmetic | st.builds(Call, functions, st.lists(inner, max_size=3).map(tuple))


values = st.recursive(operands, compound, max_leaves=5)
comparisons = st.builds(Compare, values, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), values, st.booleans())
leaves = (
    comparisons
    | st.builds(Compare, values, st.sampled_from(["=", "!="]), regexes, st.booleans())
    | st.builds(InList, values, st.sampled_from(["hosts", "table.column"]), st.sampled_from(["", "regex", "cidr"]))
    | st.builds(Call, functions, st.lists(values | comparisons, max_size=3).map(tuple), st.booleans())
)


def several(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    args = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.builds(And, args) | st.builds(Or, args) | st.builds(Not, inner)


predicates = st.recursive(leaves, several, max_leaves=8)
conditions = st.recursive(
    variables | st.builds(Absent, names) | st.builds(Compare, st.builds(Count, names), st.just(">"), numbers),
    several,
    max_leaves=5,
)
windows = st.builds(Window, st.integers(1, 99), st.sampled_from("mhd"), st.sampled_from(["over", "by"])) | st.builds(
    Window, st.integers(1, 99), st.sampled_from("mhd"), st.sampled_from(["before", "after"]), names
)
rules = st.builds(
    Rule,
    name=names,
    meta=st.lists(st.builds(Meta, names, strings), max_size=3).map(tuple),
    events=st.lists(predicates, max_size=4).map(tuple),
    condition=conditions,
    match=st.none() | st.builds(Match, st.lists(names, min_size=1, max_size=3).map(tuple), windows),
    outcome=st.lists(st.builds(Outcome, names, values | comparisons), max_size=3).map(tuple),
    options=st.lists(
        st.builds(Option, names, st.builds(Truth, st.booleans()) | numbers | st.just("5m")), max_size=2
    ).map(tuple),
)


@given(rules)
@settings(derandomize=True, deadline=None, max_examples=100)
def test_what_is_printed_is_read_back(rule: Rule) -> None:
    assert parse(Source(print_rule(rule))) == rule


@given(texts)
@settings(derandomize=True, deadline=None)
def test_no_text_breaks_out_of_its_quotes(text: str) -> None:
    line = Compare(Path("e", ("additional", "fields", Key(text))), "=", String(text))
    rule = Rule("x", (Meta("author", String(text)),), (line,), Variable("e"))
    assert parse(Source(print_rule(rule))) == rule


# --- layout


def printed(*events: Expr) -> str:
    text = print_rule(Rule("x", (), events, Variable("e")))
    return text[text.index("events:\n") + 8 : text.index("\n\n  condition")]


A, B, C = (Compare(Path("e", ("src", name)), "=", String(name)) for name in ("hostname", "url", "application"))
LONG = Compare(Path("e", ("src", "hostname")), "=", String("x" * 60))


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (A, '    $e.src.hostname = "hostname"'),
        (Or((A, B)), '    ($e.src.hostname = "hostname" or $e.src.url = "url")'),
        (Not(A), '    not $e.src.hostname = "hostname"'),
        (Not(Or((A, B))), '    not ($e.src.hostname = "hostname" or $e.src.url = "url")'),
        (
            Or((And((A, B)), C)),
            '    (($e.src.hostname = "hostname" and $e.src.url = "url") or $e.src.application = "application")',
        ),
        (
            Or((LONG, Not(And((LONG, B))))),
            f"""    (
      $e.src.hostname = "{"x" * 60}" or
      not ($e.src.hostname = "{"x" * 60}" and $e.src.url = "url")
    )""",
        ),
    ],
)
def test_predicates_are_laid_out(expr: Expr, text: str) -> None:
    assert printed(expr) == text


def test_a_whole_rule_is_laid_out() -> None:
    rule = Rule(
        name="net_use",
        meta=(Meta("author", String('me "x"')),),
        events=(A, Compare(Path("e", ("src", "ip")), "=", Variable("ip"))),
        match=Match(("ip",), Window(5, "m")),
        outcome=(Outcome("risk_score", Number(65)),),
        condition=And((Variable("e"), Compare(Count("e"), ">=", Number(2)))),
        options=(Option("allow_zero_values", Truth(True)),),
    )
    assert (
        print_rule(rule)
        == """\
rule net_use {

  meta:
    author = "me \\"x\\""

  events:
    $e.src.hostname = "hostname"
    $e.src.ip = $ip

  match:
    $ip over 5m

  outcome:
    $risk_score = 65

  condition:
    $e and #e >= 2

  options:
    allow_zero_values = true
}
"""
    )


# --- what people write


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$e.src.ip = \"a\" AND NOT $e.src.url = 'b'".replace("'", '"'), None),
        ("$e.src.ip != /a\\/b/ nocase", Compare(Path("e", ("src", "ip")), "!=", Regex("a/b"), True)),
        ("$e.src.ip=/a/nocase", Compare(Path("e", ("src", "ip")), "=", Regex("a"), True)),
        ('$e.src.ip = // comment\n "a"', Compare(Path("e", ("src", "ip")), "=", String("a"))),
        ('$e.src.ip = /* comment */ "a"', Compare(Path("e", ("src", "ip")), "=", String("a"))),
        ("$e.a / 2 = 3", Compare(Arithmetic(Path("e", ("a",)), "/", Number(2)), "=", Number(3))),
        ("$e.about[1].ip[0] = `x`", Compare(Path("e", ("about", 1, "ip", 0)), "=", String("x", raw=True))),
    ],
)
def test_a_predicate_is_read(text: str, expected: Expr | None) -> None:
    rule = parse(Source(f"rule x {{ meta: events: {text} condition: $e }}"))
    assert len(rule.events) == 1
    assert expected is None or rule.events[0] == expected


@pytest.mark.parametrize("depth", [40, 5000])
def test_deep_nesting_is_read_or_refused(depth: int) -> None:
    text = f"rule x {{ meta: events: {'(' * depth}$e.a = 1{')' * depth} condition: $e }}"
    if depth == 40:
        assert parse(Source(text)).events == (Compare(Path("e", ("a",)), "=", Number(1)),)
    else:
        with pytest.raises(ParseError, match="nested deeper"):
            parse(Source(text))


def test_published_rules_are_read(corpora: pathlib.Path) -> None:
    paths = sorted((corpora / "yaral").rglob("*.yaral"))
    assert len(paths) > 400
    for path in paths:
        rule = parse(Source(path.read_text(encoding="utf-8"), path.name))
        assert parse(Source(print_rule(rule))) == rule
