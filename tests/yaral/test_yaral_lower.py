"""What a Sigma test becomes in YARA-L: every trap of the language by example, and all together on random events."""

from __future__ import annotations

from typing import Any

import pytest

from transpile.diagnostics import Report
from transpile.dialects.yaral.check import problems
from transpile.dialects.yaral.lower import lower
from transpile.dialects.yaral.parse import parse
from transpile.dialects.yaral.print import print_rule
from transpile.ir.expr import FALSE, TRUE, And, Expr, Keyword, Match, Not, Or
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
from transpile.ir.stream import LogSource
from transpile.source import Source

ENUM = Field("metadata.event_type", FieldType.ENUM, mapped=True)
PORT = Field("target.port", FieldType.NUMBER, mapped=True)
FLAG = Field("network.tls.established", FieldType.BOOLEAN, mapped=True)
IPS = Field("principal.ip", FieldType.IP, mapped=True, repeated=True)
NAMES = Field("principal.user.email_addresses", mapped=True, repeated=True)
PORTS = Field("about.port", FieldType.NUMBER, mapped=True, repeated=True)
PATH = Field("target.process.file.full_path", mapped=True)
LABEL = Field('target.labels["k"]', FieldType.DYNAMIC, mapped=True)
LABELS = Field('security_result.rule_labels["k"]', mapped=True, repeated=True)
TIME = Field("metadata.event_timestamp", FieldType.TIME, mapped=True)


def m(field: Field | str, test: Test) -> Match:
    return Match(Field(field) if isinstance(field, str) else field, test)


def rule_of(condition: Expr, **facts: Any) -> Rule:
    return run_passes(Rule.on_events(facts.pop("title", "A rule"), condition, Source(""), **facts))


def lowered(condition: Expr) -> tuple[list[str], list[str]]:
    """The lines of the events section and the codes of what was reported."""
    report = Report()
    tree = lower(rule_of(condition), report)
    text = print_rule(tree)
    assert parse(Source(text)) == tree
    if not any(code.code[-1].isdigit() for code in report.diagnostics):
        assert problems(text) == []
    section = text[text.index("  events:\n") + 10 : text.index("\n\n  condition")]
    return [line.strip() for line in section.split("\n")], [one.code for one in report.diagnostics]


F = '$e.additional.fields["f"]'
G = '$e.additional.fields["g"]'

SAID = [
    # strings and wildcards
    (m("f", Pattern.of("Cmd")), [f'{F} = "Cmd" nocase']),
    (m("f", Pattern.of("Cmd", case=Case.SENSITIVE)), [f'{F} = "Cmd"']),
    (m("f", Pattern.of("4688")), [f'{F} = "4688"']),
    (m("f", Pattern.of('a\\b"c')), [f'{F} = "a\\\\b\\"c" nocase']),
    (m("f", Pattern.of("a\nb")), [rf"{F} = /(?s)^a\nb$/ nocase"]),
    (m("f", Pattern.of(ANY, "\\net.exe")), [rf"{F} = /(?s)\\net\.exe$/ nocase"]),
    (m("f", Pattern.of("C:\\", ANY)), [rf"{F} = /(?s)^C:\\/ nocase"]),
    (m("f", Pattern.of(ANY, " /c ", ANY)), [rf"{F} = /(?s) \/c / nocase"]),
    (m("f", Pattern.of(ANY, "a", ANY, case=Case.SENSITIVE)), [f"{F} = /(?s)a/"]),
    (m("f", Pattern.of("a", ONE, "b", ANY, "c")), [f"{F} = /(?s)^a.b.*c$/ nocase"]),
    (m("f", Pattern.of(ONE)), [f"{F} = /(?s)^.$/"]),
    (m("f", Pattern.of(ANY, "a*b?", ANY)), [rf"{F} = /(?s)a\*b\?/ nocase"]),
    (m("f", Pattern.of("a\\", ANY)), [rf"{F} = /(?s)^a\\/ nocase"]),
    (m("f", Pattern.of(ANY, "1.2", ANY)), [rf"{F} = /(?s)1\.2/"]),
    (m("f", Pattern.of("`", ANY)), [f"{F} = /(?s)^`/"]),
    (m(PATH, Pattern.of("x")), ['$e.target.process.file.full_path = "x" nocase']),
    (m(LABEL, Pattern.of("x")), ['$e.target.labels["k"] = "x" nocase']),
    (m('a"b', Pattern.of("x")), ['$e.additional.fields["a\\"b"] = "x" nocase']),
    # lists
    (Or(tuple(m("f", Pattern.of(one)) for one in "ab")), [f'({F} = "a" nocase or {F} = "b" nocase)']),
    (Or(tuple(m("f", Pattern.of(one)) for one in "abcdef")), [f"{F} = /(?s)^(a|b|c|d|e|f)$/ nocase"]),
    (Or(tuple(m("f", Number(one)) for one in range(6))), [f"{F} = /(?s)^(0|1|2|3|4|5)$/"]),
    (
        Or(tuple(m("f", Pattern.of(ANY, f"\\{one}.exe")) for one in ("net", "net1"))),
        [rf"{F} = /(?s)\\(net|net1)\.exe$/ nocase"],
    ),
    (
        Or((m("f", Pattern.of(ANY, "\\", ONE, "exe")), m("f", Pattern.of(ANY, "\\a", ONE, "exe")))),
        [rf"{F} = /(?s)\\(.exe|a.exe)$/ nocase"],
    ),
    (
        Or((m("f", Pattern.of(ANY, "\\")), m("f", Pattern.of(ANY, "\\.exe")))),
        [rf"{F} = /(?s)(\\|\\\.exe)$/ nocase"],
    ),
    (
        Or((m("f", Pattern.of("a", ANY)), m("g", Pattern.of("b")), m("f", Pattern.of("c", ANY)))),
        [f'({F} = /(?s)^(a|c)/ nocase or {G} = "b" nocase)'],
    ),
    (
        Or(
            (
                m("f", Pattern.of("a", ANY)),
                m("f", Pattern.of(ANY, "b")),
                m("f", Pattern.of("c", ANY, case=Case.SENSITIVE)),
            )
        ),
        ["(", f"{F} = /(?s)^a/ nocase or", f"{F} = /(?s)b$/ nocase or", f"{F} = /(?s)^c/", ")"],
    ),
    # and, or, not
    (And((m("f", Pattern.of("a")), m("g", Pattern.of("b")))), [f'{F} = "a" nocase', f'{G} = "b" nocase']),
    (Not(m("f", Pattern.of("a"))), [f'{F} != "a" nocase']),
    (Not(m("f", Pattern.of("a", ANY))), [f"not {F} = /(?s)^a/ nocase"]),
    (
        Not(Or((m("f", Pattern.of("a")), m("g", Pattern.of("b"))))),
        [f'not ({F} = "a" nocase or {G} = "b" nocase)'],
    ),
    # null, numbers, truth values
    (m("f", Null()), [f'{F} = ""']),
    (Not(m("f", Null())), [f'{F} != ""']),
    (m("f", Number(4688)), [f'{F} = "4688"']),
    (m("f", Number(0)), [f'{F} = "0"']),
    (m("f", Number(-5)), [f'{F} = "-5"']),
    (m("f", Boolean(True)), [f'{F} = "true" nocase']),
    (m("f", Boolean(False)), [f'{F} = "false" nocase']),
    (m(PORT, Number(80)), ["$e.target.port = 80"]),
    (m(PORT, Pattern.of("80")), ["$e.target.port = 80"]),
    (m(PORT, Number(-1)), ["$e.target.port = 0 - 1"]),
    (m(PORT, Compare(Order.GT, 1024)), ["$e.target.port > 1024"]),
    (m(FLAG, Boolean(True)), ["$e.network.tls.established = true"]),
    (m(FLAG, Pattern.of("True")), ["$e.network.tls.established = true"]),
    (
        m("f", Compare(Order.LT, 5)),
        [f"{F} = /(?s)^-?[0-9]+([.][0-9]+)?$/", f"cast.as_float({F}) < 5"],
    ),
    # enumerations
    (m(ENUM, Pattern.of("PROCESS_LAUNCH")), ['$e.metadata.event_type = "PROCESS_LAUNCH"']),
    (m(ENUM, Pattern.of("process_launch")), ['$e.metadata.event_type = "PROCESS_LAUNCH"']),
    # repeated fields
    (m(IPS, Pattern.of("10.0.0.1")), ['any $e.principal.ip = "10.0.0.1"']),
    (Not(m(IPS, Pattern.of("10.0.0.1"))), ['not any $e.principal.ip = "10.0.0.1"']),
    (m(NAMES, Pattern.of(ANY, "@x")), ["re.regex(any $e.principal.user.email_addresses, `(?s)@x$`) nocase"]),
    (m(NAMES, Pattern.of(ANY, "`")), ['re.regex(any $e.principal.user.email_addresses, "(?s)`$")']),
    (m(IPS, Cidr("10.0.0.0/8")), ['net.ip_in_range_cidr(any $e.principal.ip, "10.0.0.0/8")']),
    (m(IPS, Null()), ['not any $e.principal.ip != ""']),
    (Not(m(IPS, Null())), ['any $e.principal.ip != ""']),
    (m(IPS, Pattern(())), ['any $e.principal.ip = ""']),
    (m(IPS, Pattern.of(ANY)), ["arrays.length($e.principal.ip) > 0"]),
    (m(PORTS, Number(0)), ["any $e.about.port = 0"]),
    (m(PORTS, Compare(Order.LT, 5)), ["any $e.about.port < 5"]),
    (m(LABELS, Pattern.of("x")), ['$e.security_result.rule_labels["k"] = "x" nocase']),
    # regexes
    (m("f", Regex(r"net\d?/x")), [rf"{F} = /(?s)net\d?\/x/"]),
    (m("f", Regex("a.c", case=Case.UNICODE)), [rf"{F} = /(?s)a[^\n]c/ nocase"]),
    (m("f", Regex("(?i)a.c", dotall=True)), [f"{F} = /(?s)a.c/ nocase"]),
    (m("f", Regex("^a$")), [rf"{F} = /(?s)^a\n?$/"]),
    (m("f", Regex("^a$", multiline=True)), [f"{F} = /(?ms)^a$/"]),
    (m("f", Regex("a(?i:b)")), [f"{F} = /(?s)a(?i:b)/"]),
    # networks, time
    (m("f", Cidr("10.0.0.0/8")), [f'net.ip_in_range_cidr({F}, "10.0.0.0/8")']),
    (
        m(TIME, TimePart(TimeUnit.HOUR, 3)),
        [
            "$e.metadata.event_timestamp.seconds != 0",
            "timestamp.get_hour($e.metadata.event_timestamp.seconds) = 3",
        ],
    ),
    (
        m(TIME, TimePart(TimeUnit.MONTH, 3)),
        [
            "$e.metadata.event_timestamp.seconds != 0",
            'timestamp.get_timestamp($e.metadata.event_timestamp.seconds, "%m") = "03"',
        ],
    ),
]


@pytest.mark.parametrize(("condition", "lines"), SAID, ids=[str(number) for number in range(len(SAID))])
def test_a_test_is_said_exactly(condition: Expr, lines: list[str]) -> None:
    assert lowered(condition) == (lines, [])


APPROXIMATE = [
    (m("f", Pattern(())), [f'{F} = ""'], "YAR002W"),
    (Not(m("f", Pattern(()))), [f'{F} != ""'], "YAR002N"),
    (m("f", Pattern.of(ANY)), [f'{F} != ""'], "YAR003N"),
    (Not(m("f", Pattern.of(ANY))), [f'{F} = ""'], "YAR003W"),
    (m("f", Exists()), [f'{F} != ""'], "YAR003N"),
    (Not(m("f", Exists())), [f'{F} = ""'], "YAR003W"),
    (m("f", Regex("a*")), [f"{F} = /(?s)a*/"], "YAR002W"),
    (m(IPS, Exists()), ["arrays.length($e.principal.ip) > 0"], "YAR003N"),
    (m("f", FieldRef(Field("g"))), [f'{G} != ""', f"{F} = {G} nocase"], "YAR003N"),
    (m("f", FieldRef(Field("g"), case=Case.SENSITIVE)), [f'{G} != ""', f"{F} = {G}"], "YAR003N"),
    (
        m("f", FieldRef(Field("g"), Shape.CONTAINS)),
        [f'{G} != ""', f"strings.contains(strings.to_lower({F}), strings.to_lower({G}))"],
        "YAR003N",
    ),
    (
        m("f", FieldRef(Field("g"), Shape.ENDS, case=Case.SENSITIVE)),
        [f'{G} != ""', f"strings.ends_with({F}, {G})"],
        "YAR003N",
    ),
    (m(PORT, Number(0)), ["$e.target.port = 0"], "YAR004W"),
    (Not(m(PORT, Number(0))), ["$e.target.port != 0"], "YAR004N"),
    (m(PORT, Null()), ["$e.target.port = 0"], "YAR004W"),
    (m(PORT, Exists()), ["$e.target.port != 0"], "YAR004N"),
    (m(PORT, Compare(Order.LT, 1024)), ["$e.target.port != 0", "$e.target.port < 1024"], "YAR004N"),
    (m(FLAG, Boolean(False)), ["$e.network.tls.established = false"], "YAR004W"),
]


@pytest.mark.parametrize(("condition", "lines", "code"), APPROXIMATE)
def test_what_is_not_exact_is_reported_with_its_direction(condition: Expr, lines: list[str], code: str) -> None:
    assert lowered(condition) == (lines, [code])


REFUSED = [
    (Keyword(Pattern.of("mimikatz")), "YAR001"),
    (m("f", Regex("a(?=b)")), "YAR005"),
    (m("f", Regex(r"(a)\1")), "YAR005"),
    (m("f", Regex("a++b")), "YAR005"),
    (m("f", Regex("a{1001}")), "YAR005"),
    (m("f", Regex("(")), "YAR005"),
    (m(ENUM, Pattern.of("PROCESS", ANY)), "YAR006"),
    (m(ENUM, Regex("A")), "YAR006"),
    (m(ENUM, Null()), "YAR006"),
    (m(ENUM, Pattern.of("process_launch", case=Case.SENSITIVE)), "YAR006"),
    (m(ENUM, Pattern.of('x" or')), "YAR006"),
    (m(PORT, Pattern.of("8", ANY)), "YAR007"),
    (m(PORT, Regex("8")), "YAR007"),
    (m(FLAG, Pattern.of("maybe")), "YAR007"),
    (m(TIME, Pattern.of("2024")), "YAR007"),
    (m(IPS, FieldRef(Field("g"))), "YAR008"),
    (m(PORT, FieldRef(PATH)), "YAR007"),
    (m(PATH, FieldRef(PORT)), "YAR008"),
    (m("f", TimePart(TimeUnit.HOUR, 3)), "YAR009"),
    (TRUE, "YAR010"),
    (FALSE, "YAR010"),
    (m("a\nb", Pattern.of("x")), "YAR011"),
    (m(Field("principal ip", mapped=True), Pattern.of("x")), "YAR011"),
    (m(Field("", mapped=True), Pattern.of("x")), "YAR011"),
    (m("f", Compare(Order.GT, 10**9)), "YAR012"),
    (m(NAMES, Compare(Order.GT, 5)), "YAR012"),
]


@pytest.mark.parametrize(("condition", "code"), REFUSED)
def test_what_cannot_be_said_is_refused(condition: Expr, code: str) -> None:
    report = Report()
    lower(rule_of(condition), report)
    assert [one.code for one in report.diagnostics] == [code]


# --- names and facts


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Suspicious Net.EXE Use", "suspicious_net_exe_use"),
        ("Lateral movement: 'net use'", "lateral_movement_net_use"),
        ("  --- ", "rule_0123"),
        ("日本語", "rule_0123"),
        ("Ünïcode", "unicode"),
        ("7zip", "rule_7zip"),
        ("Match", "rule_match"),
        ("a\nb} condition: $x", "a_b_condition_x"),
        ("", "rule_0123"),
    ],
)
def test_a_title_becomes_an_identifier(title: str, name: str) -> None:
    assert lower(rule_of(m("f", Null()), title=title, id="0123"), Report()).name == name


def test_meta_and_outcome_follow_the_style_guide() -> None:
    rule = rule_of(
        m("f", Null()),
        title="A title",
        id="6f3e2987-db24-4c78-a860-b4f4095a7095",
        status="test",
        level="informational",
        author='me "and" you',
        description="First line.\n\n  Second\tline\x00.",
        references=("https://a.example", "https://b.example"),
        tags=("attack.t1021.002", "attack.lateral_movement", "cve.2020-1"),
        falsepositives=("Admins", "Scripts"),
        logsource=LogSource("process_creation", "windows"),
    )
    tree = lower(rule, Report())
    assert {line.key: line.value.text for line in tree.meta} == {
        "author": 'me "and" you',
        "description": "First line. Second line .",
        "rule_name": "A title",
        "reference": "https://a.example, https://b.example",
        "platform": "windows",
        "data_source": "process_creation",
        "tactic": "TA0008",
        "technique": "T1021.002",
        "severity": "Info",
        "priority": "Info",
        "false_positives": "Admins, Scripts",
        "sigma_uuid": "6f3e2987-db24-4c78-a860-b4f4095a7095",
        "sigma_status": "test",
    }
    assert "  outcome:\n    $risk_score = 10\n" in print_rule(tree)
    assert problems(print_rule(tree)) == []
