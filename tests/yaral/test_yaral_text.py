"""The text of a rule and its tree: printing, parsing, quoting."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import given, settings

from tests.yaral.trees import rules, texts
from transpile.dialects.yaral.parse import parse
from transpile.dialects.yaral.print import print_rule
from transpile.dialects.yaral.tree import (
    And,
    Arithmetic,
    Compare,
    Count,
    Expr,
    Key,
    Match,
    Meta,
    Not,
    Number,
    Option,
    Or,
    Outcome,
    Path,
    Regex,
    Rule,
    String,
    Truth,
    Variable,
    Window,
)
from transpile.source import Source
from transpile.syntax.lexer import ParseError


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


def test_an_escape_that_strings_do_not_have_is_kept_in_metadata_alone() -> None:
    rule = 'rule r {{ meta: description = "in {0}" events: $e.target.hostname = "{1}" condition: $e }}'
    assert parse(Source(rule.format(r"\TEMPLATE", "a"))).meta == (Meta("description", String(r"in \TEMPLATE")),)
    with pytest.raises(ParseError, match="unknown escape"):
        parse(Source(rule.format("a", r"\TEMPLATE")))
