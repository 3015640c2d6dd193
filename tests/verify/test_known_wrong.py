"""Wrong queries of kinds that converters are known to write: each must be disproven, and the right one proven."""

from __future__ import annotations

import pytest

from transpile.conversion import Conversion, Options, Status, convert_source
from transpile.source import Source
from transpile.verify import Proof, Verdict, verify_conversions

RULE = "title: Case\nlogsource: {{product: windows, category: process_creation}}\ndetection: {}\n"

# What goes wrong, the detection, the language, and a query that has gone wrong that way.
YARAL = 'rule case {{\n  meta:\n    author = "x"\n  events:\n    {}\n  condition:\n    $e\n}}'
WRONG = [
    ("? widened to *", "{s: {A: 'a?c'}, condition: s}", "spl", 'A="a*c"'),
    ("? widened to *", "{s: {A: 'a?c'}, condition: s}", "kql", 'Events | where A startswith "a" and A endswith "c"'),
    ("? taken literally", "{s: {A: 'a?c'}, condition: s}", "spl", 'A="a?c"'),
    ("a literal * as a wildcard", r"{s: {A|contains: 'a\*b'}, condition: s}", "spl", 'A="*a*b*"'),
    ("a literal * as a wildcard", r"{s: {A: 'a\*b'}, condition: s}", "eql", 'any where A : "a*b"'),
    (
        "a term lifted out of an OR with a regex",
        "{s: [{A: x}, {B|re: 'y'}], condition: s}",
        "spl",
        'A="x" | regex B="y"',
    ),
    (
        "NOT over several values without parentheses",
        "{s: {A: x}, f: {B: [y, z]}, condition: s and not f}",
        "spl",
        'A="x" NOT B="y" OR B="z"',
    ),
    (
        "OR without parentheses beside AND",
        "{s: {A: x, B: [y, z]}, condition: s}",
        "kql",
        'Events | where A =~ "x" and B =~ "y" or B =~ "z"',
    ),
    (
        "NOT (A and regex) inverted",
        "{s: {A: x}, f: {B: y, C|re: z}, condition: s and not f}",
        "spl",
        'A="x" NOT B="y" | regex C!="z"',
    ),
    ("negation that wants the field", "{s: {A: x}, f: {B: y}, condition: s and not f}", "spl", 'A="x" B!="y"'),
    (
        "negation that wants the field",
        "{s: {A: x}, f: {B: y}, condition: s and not f}",
        "eql",
        'any where A : "x" and B != "y"',
    ),
    ("field references with case", "{s: {A|fieldref: B}, condition: s}", "spl", "A=* | where A=B"),
    ("values with case", "{s: {A: Abc}, condition: s}", "kql", 'Events | where A == "Abc"'),
    ("values with case", "{s: {A: Abc}, condition: s}", "eql", 'any where A == "Abc"'),
    ("values without case", "{s: {A|cased: Abc}, condition: s}", "kql", 'Events | where A =~ "Abc"'),
    (
        "a trailing backslash lost",
        r"{s: {A|contains: '\Temp\'}, condition: s}",
        "kql",
        r'Events | where A contains @"\Temp"',
    ),
    (
        "a backslash read as an escape",
        r"{s: {A|endswith: '\net.exe'}, condition: s}",
        "kql",
        r'Events | where A endswith "\net.exe"',
    ),
    (
        "a wildcard between, as two tests without order",
        "{s: {A: '*foo*bar*'}, condition: s}",
        "kql",
        'Events | where A contains "foo" and A contains "bar"',
    ),
    ("terms for texts", "{s: {A|contains: cmd}, condition: s}", "kql", 'Events | where A has "cmd"'),
    ("a regex for the whole value", "{s: {A|re: 'ab+c'}, condition: s}", "eql", 'any where A regex "ab+c"'),
    ("a list without its anchors", "{s: {A: [x, y]}, condition: s}", "eql", 'any where A : ("x*", "y*")'),
    (
        "a regex that takes a missing field for an empty one",
        "{s: {A|re: '^.{0,3}$'}, condition: s}",
        "yaral",
        YARAL.format('re.regex($e.additional.fields["A"], `^.{0,3}$`)'),
    ),
    (
        "values with case",
        "{s: {A: Abc}, condition: s}",
        "yaral",
        YARAL.format('$e.additional.fields["A"] = "Abc"'),
    ),
    ("null taken for absence alone", "{s: {A: x, B: null}, condition: s}", "spl", 'A="x" NOT B=*'),
    ("a number off by one", "{s: {A: x, B|gte: 5}, condition: s}", "spl", 'A="x" B>5'),
    ("a network too wide", "{s: {A|cidr: 10.0.0.0/9}, condition: s}", "spl", 'A="10.0.0.0/8"'),
    ("text that is no query", "{s: {A: x}, condition: s}", "kql", "Events | where ("),
]


def prove(detection: str, target: str, query: str | None = None) -> Proof:
    """The proof of our own query for a rule, or of another one."""
    options = Options((target,), models=("none",), allow_approximate=True)
    (conversion,) = convert_source(Source(RULE.format(detection), "case.yml"), options)
    if query is not None:
        conversion = Conversion(
            "case.yml", None, "Case", target, "none", Status.EXACT, query, (), conversion.rule, conversion.mapped
        )
    (proof,) = verify_conversions([conversion], options)
    return proof


@pytest.mark.parametrize(("what", "detection", "target", "query"), WRONG, ids=lambda value: str(value)[:40])
def test_wrong_queries_are_disproven(what: str, detection: str, target: str, query: str) -> None:
    proof = prove(detection, target, query)
    assert proof.verdict is Verdict.DISPROVEN, (what, proof)


@pytest.mark.parametrize(("what", "detection", "target", "query"), WRONG, ids=lambda value: str(value)[:40])
def test_our_queries_for_the_same_rules_are_proven(what: str, detection: str, target: str, query: str) -> None:
    proof = prove(detection, target)
    assert proof.verdict is Verdict.PROVEN, (what, proof)
    assert proof.events > 6 and 0 < proof.matching < proof.events


def test_the_event_is_small_and_says_both_verdicts() -> None:
    proof = prove("{s: {A: 'a?c', B|contains: yes}, condition: s}", "spl", 'A="a*c" B="*yes*"')
    found = proof.counterexample
    assert found is not None
    assert (found.rule_matches, found.query_matches) == (False, True)
    assert found.event == {"A": "ac", "B": "yes"}
    assert proof.reason == "the query matches an event that the rule does not"


def test_a_query_that_misses() -> None:
    proof = prove("{s: {A: [x, y]}, condition: s}", "spl", 'A="x"')
    assert proof.counterexample is not None
    assert proof.counterexample.event == {"A": "y"}
    assert proof.reason == "the query misses an event that the rule matches"
