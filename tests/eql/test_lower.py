"""Each trap between Sigma and EQL: the query that we write, and that it means the rule when run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import arms
from tests.eql.outside import elastic
from transpile.diagnostics import Report
from transpile.dialects.eql import DIALECT
from transpile.dialects.eql.tree import Query
from transpile.dialects.kit.writing.networks import network_of, network_regex
from transpile.evaluate import Unproven
from transpile.evaluate.reference import matches
from transpile.evaluate.witness import make_witnesses
from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Case,
    Cidr,
    Compare,
    Exists,
    Field,
    FieldRef,
    FieldType,
    Null,
    Number,
    Order,
    Pattern,
    Regex,
    Shape,
    Test,
    TimePart,
    TimeUnit,
)
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.source import Source


def is_(name: str, test: Test, type_: FieldType | None = None) -> Match:
    return Match(Field(name, type_, mapped=True) if type_ else Field(name), test)


def text(*parts: object, case: Case = Case.UNICODE) -> Pattern:
    return Pattern.of(*parts, case=case)  # type: ignore[arg-type]


def lower(condition: Expr, dataset: str | None = None) -> tuple[Rule, Query, Report]:
    rule = run_passes(Rule.on_events("test", condition, Source(""), dataset=dataset))
    report = Report()
    return rule, arms.lower(DIALECT, rule, report), report


NUMBER, IP, BOOL = FieldType.NUMBER, FieldType.IP, FieldType.BOOLEAN

EXACT = [
    # Strings: case, wildcards, and what has no escape
    (is_("a", text("net.exe")), 'any where a : "net.exe"'),
    (is_("a", text("Net.exe", case=Case.SENSITIVE)), 'any where a == "Net.exe"'),
    (is_("a", text(ANY, "\\net.exe")), 'any where a : "*\\\\net.exe"'),
    (is_("a", text("a\\", ANY)), 'any where a : "a\\\\*"'),
    (is_("a", text("a", ONE, "b")), 'any where a : "a?b"'),
    (is_("a", text("a", ANY, case=Case.SENSITIVE)), 'any where a like "a*"'),
    (is_("a", text("a*b?")), 'any where a in~ ("a*b?")'),
    (is_("a", text("a*b?", case=Case.SENSITIVE)), 'any where a == "a*b?"'),
    (is_("a", text(ANY, "a*b?", ONE)), 'any where a regex~ """.*a\\*b\\?."""'),
    (is_("a", text(ANY, 'a*"#', case=Case.SENSITIVE)), 'any where a regex """.*a\\*\\"\\#"""'),
    (is_("a", text("café")), 'any where a regex~ "caf[éÉ]"'),
    (is_("a", text("caf–")), 'any where a : "caf–"'),
    (is_("a", text("café", case=Case.SENSITIVE)), 'any where a == "café"'),
    (is_("a", text('q"\\\n\x1b')), 'any where a : "q\\"\\\\\\n\\u{1b}"'),
    (is_("c-uri", text("x")), 'any where `c-uri` : "x"'),
    (is_("a", text()), 'any where a == ""'),
    (is_("a", text(ANY)), "any where ?a != null"),
    # Lists: one operator for one field
    (Or((is_("a", text("x")), is_("a", text("y", ANY)))), 'any where a : ("x", "y*")'),
    (
        Or((is_("a", text("x", case=Case.SENSITIVE)), is_("a", text("y", case=Case.SENSITIVE)), is_("b", text("z")))),
        'any where a in ("x", "y") or b : "z"',
    ),
    (Or((is_("a", text("x")), is_("a", text("y*")), is_("a", text("z")))), 'any where a : ("x", "z") or a in~ ("y*")'),
    (Or((is_("a", Regex("[xz]y")), is_("a", Regex("y$")))), 'any where a regex (".*[xz]y.*", ".*y\\n?")'),
    (
        And((is_("a", text("x")), Or((is_("b", text("y")), is_("c", text("z")))))),
        'any where a : "x" and (b : "y" or c : "z")',
    ),
    (
        Or((is_("a", text("x")), And((is_("b", text("y")), is_("c", text("z")))))),
        'any where a : "x" or (b : "y" and c : "z")',
    ),
    # Numbers and truth values
    (is_("a", Number(4688)), "any where a == 4688"),
    (Or((is_("a", Number(1)), is_("a", Number(2)))), "any where a in (1, 2)"),
    (Or((is_("a", Number(1)), is_("a", text("x", ANY)))), 'any where a : ("1", "x*")'),
    (is_("a", Compare(Order.GTE, 5)), "any where a >= 5"),
    (Not(is_("a", Compare(Order.LT, 5))), "any where not a < 5"),
    (is_("a", Boolean(True)), "any where a == true"),
    (Or((is_("a", Boolean(True)), is_("a", text("x")))), 'any where a : ("true", "x")'),
    (is_("a", text("4688"), NUMBER), "any where a == 4688"),
    (is_("a", text("46", ANY), NUMBER), 'any where string(a) : "46*"'),
    (Not(is_("a", text("46", ANY), NUMBER)), 'any where not (?a != null and string(a) : "46*")'),
    (is_("a", text("TRUE"), BOOL), "any where a == true"),
    # Regexes: searched for, by the whole value
    (is_("a", Regex("foo")), 'any where a like "*foo*"'),
    (is_("a", Regex(r"(?i)\\foo\.exe\z")), 'any where a : "*\\\\foo.exe"'),
    (is_("a", Regex(r"a\*b")), 'any where a regex """.*a\\*b.*"""'),
    (is_("a", Regex("fo+")), 'any where a like "*fo*"'),
    (is_("a", Regex("fo{2,}x?[ab]")), 'any where a regex ".*fo{2,}x?[ab].*"'),
    (is_("a", Regex("^foo.+bar$")), 'any where a regex "foo[^\\n]+bar\\n?"'),
    (is_("a", Regex(r"a\d+\.exe", case=Case.UNICODE)), 'any where a regex~ """.*a[0-9]+\\.exe.*"""'),
    (is_("a", Regex(r"(?i)[a-f]x\s")), 'any where a regex~ ".*[A-Fa-f]x[\\t-\\r ].*"'),
    (is_("a", Regex(r"x|^$")), 'any where a regex ".*x.*|\\n?"'),
    (is_("a", Regex(r"\bcat\b")), 'any where a regex "(.*[^0-9A-Z_a-z])?cat([^0-9A-Z_a-z].*)?"'),
    (Not(is_("a", Regex("x[yz]"))), 'any where not a regex ".*x[yz].*"'),
    # Nothing, and not
    (is_("a", Null()), 'any where ?a == null or not ?a : "?*"'),
    (Not(is_("a", Null())), 'any where ?a : "?*"'),
    (Not(Or((is_("a", Null()), is_("b", text("x"))))), 'any where not (?a == null or not ?a : "?*" or b : "x")'),
    (Not(And((is_("b", text("x")), Not(is_("a", Null()))))), 'any where not (b : "x" and a : "?*")'),
    (Or((is_("a", Number(5)), is_("a", Null()))), "any where a == 5 or ?a == null"),
    (Not(is_("a", text("x"))), 'any where not a : "x"'),
    (
        Not(Or((is_("a", text("x")), is_("a", text("y"))))),
        'any where not a : ("x", "y")',
    ),
    (Not(And((is_("a", text("x")), is_("b", Regex("y$"))))), 'any where not (a : "x" and b regex ".*y\\n?")'),
    # Addresses
    (
        Or((is_("a", Cidr("10.0.0.0/8")), is_("a", Cidr("fe80::/10")))),
        'any where cidrMatch(a, "10.0.0.0/8", "fe80::/10")',
    ),
    (Not(is_("a", Cidr("10.0.0.0/8"))), 'any where not cidrMatch(a, "10.0.0.0/8")'),
    # all of IPv6 but what Elasticsearch makes of IPv4 addresses
    (is_("a", Cidr("::fffe:0:0/95")), 'any where cidrMatch(a, "::fffe:0:0/96")'),
    (Or((is_("a", Cidr("10.0.0.0/8")), is_("a", text("::1")))), 'any where cidrMatch(a, "10.0.0.0/8", "::1/128")'),
    (
        And((is_("a", Cidr("10.0.0.0/8")), Not(is_("a", text("10.1.", ANY))))),
        'any where cidrMatch(a, "10.0.0.0/8") and not (?a != null and string(a) : "10.1.*")',
    ),
    (is_("a", text("192.168.0.1"), IP), 'any where a == "192.168.0.1"'),
    (is_("a", text(ANY, ".1"), IP), 'any where string(a) : "*.1"'),
    (
        is_("a", Cidr("10.1.0.0/16"), FieldType.STRING),
        'any where a regex """10\\.1(\\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){2}"""',
    ),
    # Fields against fields
    (is_("a", FieldRef(Field("b"))), "any where startsWith~(a, b) and startsWith~(b, a)"),
    (is_("a", FieldRef(Field("b"), Shape.ENDS, case=Case.SENSITIVE)), "any where endsWith(a, b)"),
    (
        Not(is_("a", FieldRef(Field("b"), Shape.STARTS))),
        "any where not (?a != null and ?b != null and startsWith~(a, b))",
    ),
    (
        is_("a", FieldRef(Field("b"), Shape.CONTAINS)),
        'any where stringContains~(a, b) or (b == "" and ?a != null)',
    ),
]


@pytest.mark.parametrize(("condition", "query"), EXACT, ids=[query for _, query in EXACT])
def test_said_exactly(condition: Expr, query: str) -> None:
    rule, tree, report = lower(condition)
    printed = DIALECT.print(tree)
    assert printed == query
    assert all(finding.severity == "note" for finding in report.diagnostics)
    assert DIALECT.parse(Source(printed)) == tree
    with elastic() as eql:
        eql.parse_query(printed)
    assert DIALECT.run is not None
    agreed = {True: 0, False: 0}
    for witness in make_witnesses(rule).events:
        assert witness.matches == matches(rule, witness.event)
        try:
            found = bool(list(DIALECT.run(tree, [witness.event])))
        except Unproven:
            continue
        assert found == witness.matches, witness
        agreed[witness.matches] += 1
    assert agreed[True]
    assert agreed[False]


REFUSED = [
    (Keyword(text("x")), "EQL001"),
    (is_("a", Regex("a(?=b)")), "EQL002"),
    (is_("a", Regex(r"(a)\1")), "EQL002"),
    (is_("a", Regex("a(")), "EQL002"),
    (is_("a", TimePart(TimeUnit.HOUR, 5)), "EQL003"),
    (is_("a", text("x"), NUMBER), "EQL004"),
    (is_("a", Regex("x"), NUMBER), "EQL004"),
    (is_("a", text("x"), IP), "EQL004"),
    (is_("a", text("x"), BOOL), "EQL004"),
    (is_("a", text("x"), FieldType.TIME), "EQL004"),
    (is_("a", Cidr("fe80::/10"), FieldType.STRING), "EQL004"),
    (is_("a", Cidr("::ffff:10.0.0.0/104"), FieldType.IP), "EQL004"),
    (And((is_("a", Compare(Order.LT, 5)), is_("a", text("x", ANY)))), "EQL004"),
    (is_("a", text("x"), FieldType.DYNAMIC), "EQL005"),
    (is_("a", FieldRef(Field("b", FieldType.DYNAMIC, mapped=True))), "EQL005"),
    (is_("a\x1b[31m", text("x")), "EQL008"),
    (is_("a", FieldRef(Field("b\nc"))), "EQL008"),
]


@pytest.mark.parametrize(
    ("condition", "code"), REFUSED, ids=[f"{code} {number}" for number, (_, code) in enumerate(REFUSED)]
)
def test_refused(condition: Expr, code: str) -> None:
    assert [finding.code for finding in lower(condition)[2].diagnostics] == [code]


def test_presence_of_a_null_is_approximate() -> None:
    _, tree, report = lower(is_("a", Exists()))
    assert DIALECT.print(tree) == "any where ?a != null"
    assert [finding.code for finding in report.diagnostics] == ["EQL006N"]
    assert [finding.code for finding in lower(Not(is_("a", Exists())))[2].diagnostics] == ["EQL006W"]


def test_networks_in_unmapped_fields_are_noted() -> None:
    assert [finding.code for finding in lower(is_("a", Cidr("10.0.0.0/8")))[2].diagnostics] == ["EQL007"]


def test_a_prefix_of_a_mapped_address_is_a_network() -> None:
    _, tree, report = lower(Or((is_("a", text("192.168.", ANY), IP), is_("a", text("fe80:", ANY), IP))))
    assert DIALECT.print(tree) == 'any where cidrMatch(a, "192.168.0.0/16", "fe80::/16")'
    assert not report.diagnostics


def test_the_data_set_is_the_event_category() -> None:
    assert DIALECT.print(lower(is_("a", text("x")), "process")[1]) == 'process where a : "x"'
    assert DIALECT.print(lower(is_("a", text("x")), "any")[1]) == 'any where a : "x"'
    assert DIALECT.print(lower(is_("a", text("x")), "my-events")[1]) == '"my-events" where a : "x"'


def test_prefixes_that_are_no_network() -> None:
    assert [network_of(prefix) for prefix in ("10", "300.", "1.2.3.4.5.", "fe80", "fe8", "::", "1.2.3.4.", ".")] == [
        None
    ] * 6 + [
        "1.2.3.4/32",
        None,
    ]


@pytest.mark.parametrize(
    "network", ["0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "1.2.3.0/25", "1.2.3.4/32", "8.0.0.0/5"]
)
def test_the_regex_of_a_network_is_of_its_addresses(network: str) -> None:
    from ipaddress import ip_address, ip_network
    from random import Random

    from transpile.dialects.kit.running.lucene import compile_regex

    regex = network_regex(network)
    assert regex is not None
    inside = compile_regex(regex, False)
    parsed, rng = ip_network(network), Random(1)
    edges = [int(parsed.network_address), int(parsed.broadcast_address)]
    near = [edge + step for edge in edges for step in (-1, 0, 1)] + [rng.getrandbits(32) for _ in range(300)]
    near += [rng.randint(*edges) for _ in range(100)]
    for number in near:
        if 0 <= number < 2**32:
            address = ip_address(number)
            assert inside(str(address)) == (address in parsed)
    assert not inside("10.0.0")
    assert not inside("010.0.0.1")


def test_the_public_rules(corpora: Path) -> None:
    """Every rule that converts parses, here and with Elastic's parser; at most 4 in 100 are refused."""
    from transpile.dialects.sigma.read import read

    rules = refused = checked = 0
    for path in sorted((corpora / "sigma").rglob("*.yml")):
        for reading in read(Source(path.read_text(encoding="utf-8"), str(path))):
            if reading.rule is None:
                continue
            rules += 1
            report = Report()
            tree = arms.lower(DIALECT, run_passes(reading.rule), report)
            if any(finding.severity == "error" for finding in report.diagnostics):
                refused += 1
                continue
            printed = DIALECT.print(tree)
            assert DIALECT.parse(Source(printed)) == tree
            if rules % 20 == 0 or "regex" in printed or "u{" in printed or "`" in printed:
                with elastic("allow_runs", "allow_sample") as eql:
                    eql.parse_query(printed)
                checked += 1
    assert rules > 3_000
    assert refused <= rules * 0.04
    assert checked > 200


def test_what_is_no_text_is_never_empty() -> None:
    """Elasticsearch would not compare an address or a number with a text, and stores no empty one."""
    either = Or((is_("a", Cidr("10.0.0.0/8")), is_("a", Null()), is_("a", text())))
    assert DIALECT.print(lower(either)[1]) == 'any where ?a == null or cidrMatch(a, "10.0.0.0/8")'
    either = Or((is_("a", text(), FieldType.NUMBER), is_("a", Null(), FieldType.NUMBER)))
    assert DIALECT.print(lower(either)[1]) == "any where ?a == null"
