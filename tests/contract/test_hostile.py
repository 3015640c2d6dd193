"""No value of a rule leaves its quoting, in any language."""

from __future__ import annotations

import pytest

from tests.contract.parts import QUERY_LANGUAGES
from transpile import dialects
from transpile.codes import Effect
from transpile.diagnostics import Report
from transpile.evaluate import Unproven
from transpile.ir.expr import Match
from transpile.ir.match import ANY, Case, Field, Pattern, Regex
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.source import Source

HOSTILE = (
    '"',
    "'",
    "`",
    '"""',
    "\\",
    '\\"',
    'x" OR "1"="1',
    'x") or true or ("',
    "x' or 'a' == 'a",
    "x | delete",
    "x\n| delete",
    "x\r\n| delete",
    "x]] | delete",
    "// x",
    "/* x */",
    "x */ or /* ",
    "# x",
    "``` x ```",
    "$x$",
    "{{x}}",
    "%x%",
    "\x00",
    "\x1b[31m",
    "\u2028",
    "\ud800",
    "/x/ nocase or $e.a = /",
    "</query>",
    "x" * 5000,
)


@pytest.mark.parametrize("language", QUERY_LANGUAGES)
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda text: ascii(text)[:20])
def test_a_hostile_value_stays_a_value(language: str, hostile: str) -> None:
    dialect = dialects.load(language)
    assert dialect.lower is not None
    assert dialect.run is not None
    patterns = (Pattern.of(hostile), Pattern.of(ANY, hostile, ANY), Pattern.of(hostile, case=Case.SENSITIVE))
    for test in (*patterns, Regex(_escaped(hostile))):
        rule = run_passes(Rule.on_events(hostile, Match(Field("a"), test), Source("")))
        report = Report()
        tree = dialect.lower(rule, report)
        if any(one.effect is Effect.REFUSED for one in report.diagnostics):
            continue
        parsed = dialect.parse(Source(dialect.print(tree)))
        assert parsed == tree
        stored = [dialect.data_set("").store({"a": value}) or {} for value in (hostile, "another value", "")]
        try:
            assert list(dialect.run(parsed, stored)) == [0]
        except Unproven:
            continue


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in r"\.^$*+?{}[]|()/#" else char for char in text)


@pytest.mark.parametrize("language", QUERY_LANGUAGES)
@pytest.mark.parametrize("hostile", [one for one in HOSTILE if len(one) < 100], ids=lambda text: ascii(text)[:20])
def test_a_hostile_field_name_stays_a_name(language: str, hostile: str) -> None:
    dialect = dialects.load(language)
    assert dialect.lower is not None
    rule = run_passes(Rule.on_events("a rule", Match(Field(hostile), Pattern.of("x")), Source("")))
    report = Report()
    tree = dialect.lower(rule, report)
    if not any(one.effect is Effect.REFUSED for one in report.diagnostics):
        assert dialect.parse(Source(dialect.print(tree))) == tree
