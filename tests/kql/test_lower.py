"""What rules become: each trap of the language, as the query that is printed and by running it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import arms
from transpile.diagnostics import Report
from transpile.dialects.kql import DIALECT
from transpile.ir.expr import And, Constant, Expr, Keyword, Match, Not, Or
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

DYNAMIC = Field("EventData.Image", FieldType.DYNAMIC, mapped=True)
LIST = Field("groups", FieldType.STRING, mapped=True, repeated=True)


def field(name: str, type_: FieldType = FieldType.STRING) -> Field:
    return Field(name, type_, mapped=True)


NUMBER, BOOLEAN, TIME, IP = (
    field(name, type_)
    for name, type_ in (
        ("n", FieldType.NUMBER),
        ("b", FieldType.BOOLEAN),
        ("t", FieldType.TIME),
        ("ip", FieldType.IP),
    )
)
A = field("a")


def lowered(condition: Expr, dataset: str | None = None) -> tuple[str, Report]:
    rule = Rule.on_events("a rule", condition, Source(""), dataset=dataset)
    report = Report()
    tree = arms.lower(DIALECT, run_passes(rule), report)
    text = DIALECT.print(tree)
    assert DIALECT.parse(Source(text)) == tree
    return text, report


def where(condition: Expr) -> str:
    """What is behind `Events`, on one line."""
    text, _ = lowered(condition)
    return " ".join(line.strip() for line in text.removeprefix("Events").strip().splitlines())


def of(test: Test, this: Field = A) -> Match:
    return Match(this, test)


def text(*parts: Any, case: Case = Case.UNICODE) -> Pattern:
    return Pattern.of(*parts, case=case)


EXACT: list[tuple[Expr, str]] = [
    # shapes and case
    (of(text("X")), 'where a =~ "X"'),
    (of(text("X", case=Case.SENSITIVE)), 'where a == "X"'),
    (of(text(ANY, "x", ANY)), 'where a contains "x"'),
    (of(text(ANY, "x", ANY, case=Case.SENSITIVE)), 'where a contains_cs "x"'),
    (of(text("x", ANY)), 'where a startswith "x"'),
    (of(text("x", ANY, case=Case.SENSITIVE)), 'where a startswith_cs "x"'),
    (of(text(ANY, "\\net.exe")), r'where a endswith @"\net.exe"'),
    (of(text(ANY, "x", case=Case.SENSITIVE)), 'where a endswith_cs "x"'),
    (of(text("127.0.0.1")), 'where a == "127.0.0.1"'),
    # wildcards: `?` is one character, `*` inside keeps the order, the ends are anchored
    (of(text("a", ONE, "c")), 'where a matches regex "(?is)^a.c$"'),
    (of(text("a", ANY, "c")), 'where a matches regex "(?is)^a.*c$"'),
    (of(text(ANY, "a", ANY, "c", ANY)), 'where a matches regex "(?is)a.*c"'),
    (of(text("a", ONE, case=Case.SENSITIVE)), 'where a matches regex "(?s)^a.$"'),
    (of(text("C:\\", ANY, "*.exe")), r'where a matches regex @"(?is)^C:\\.*\*\.exe$"'),
    # a literal star, a trailing backslash, quotes, control characters
    (of(text(ANY, "*", ANY)), 'where a contains "*"'),
    (of(text(ANY, "\\")), 'where a endswith @"\\"'),
    (of(text('say "hi"')), "where a =~ 'say \"hi\"'"),
    (of(text("a\nb")), r'where a =~ "a\nb"'),
    # beyond ASCII only tolower ignores case
    (of(text(ANY, "É", ANY)), 'where tolower(a) contains_cs "é"'),
    (of(text("Größe")), 'where tolower(a) == "größe"'),
    # a letter with more cases than two, or a lower case of two characters, is one for a regex
    (of(text(ANY, "\u03c3")), 'where a matches regex "(?i)\u03c3$"'),
    (of(text("\u0130.x")), r'where a matches regex @"(?i)^\u0130\.x$"'.replace(r"\u0130", "\u0130")),
    (of(text(ANY, "–x", ANY)), 'where a contains "–x"'),
    (of(text(ANY, "É", ANY, case=Case.SENSITIVE)), 'where a contains_cs "É"'),
    # lists
    (Or((of(text("x")), of(text("y")))), 'where a in~ ("x", "y")'),
    (Or((of(text("x", case=Case.SENSITIVE)), of(text("y", case=Case.SENSITIVE)))), 'where a in ("x", "y")'),
    (Or((of(text("x")), of(text("80")))), 'where a in~ ("x", "80")'),
    (Or((of(text("1")), of(text("80")))), 'where a in ("1", "80")'),
    (Or((of(text("x")), of(text("Y", case=Case.SENSITIVE)))), 'where a =~ "x" or a == "Y"'),
    (Or((of(text(ANY, "x", ANY)), of(text(ANY, "y", ANY)))), 'where a contains "x" or a contains "y"'),
    (Or((of(text("x")), of(text(ANY, "q")), of(text("y")))), 'where a in~ ("x", "y") or a endswith "q"'),
    (Or((of(text("É")), of(text("Ü")))), 'where tolower(a) in ("é", "ü")'),
    (Or((of(text(ANY, "É", ANY)), of(text(ANY, "é", ANY)))), 'where tolower(a) contains_cs "é"'),
    # negation by the operator where it has one
    (Not(of(text("x"))), 'where a !~ "x"'),
    (Not(of(text("x", case=Case.SENSITIVE))), 'where a != "x"'),
    (Not(of(text(ANY, "x", ANY))), 'where a !contains "x"'),
    (Not(of(text("x", ANY))), 'where a !startswith "x"'),
    (Not(Or((of(text("x")), of(text("y"))))), 'where a !in~ ("x", "y")'),
    (Not(of(text("a", ANY, "c"))), 'where not(a matches regex "(?is)^a.*c$")'),
    (Not(And((of(text("x")), of(text("y"), NUMBER)))), 'where not(a =~ "x" and tostring(n) =~ "y")'),
    (Not(Or((of(text("x")), of(text("y"), field("c"))))), 'where a !~ "x" | where c !~ "y"'),
    # parts
    (And((of(text("x")), of(text("y"), field("c")))), 'where a =~ "x" | where c =~ "y"'),
    (
        And((of(text("x")), Or((of(text("y"), field("c")), And((of(text("z"), field("d")), of(Number(1), NUMBER))))))),
        'where a =~ "x" | where c =~ "y" or (d =~ "z" and n == 1)',
    ),
    (Constant(True), ""),
    (Constant(False), "where false"),
    # numbers
    (of(Number(4688), NUMBER), "where n == 4688"),
    (of(Number(4688)), 'where a == "4688"'),
    (of(Number(-5), NUMBER), "where n == -5"),
    (of(Number(1.5)), 'where a == "1.5"'),
    (of(Number(2**64), NUMBER), 'where tostring(n) == "18446744073709551616"'),
    (Or((of(Number(1), NUMBER), of(Number(2), NUMBER))), "where n in (1, 2)"),
    (Or((of(Number(1), NUMBER), of(text("1"), NUMBER))), "where n == 1"),
    (of(text("4688"), NUMBER), "where n == 4688"),
    (of(text("46", ANY), NUMBER), 'where tostring(n) startswith "46"'),
    (of(text(ANY), NUMBER), "where isnotnull(n)"),
    (of(text(), NUMBER), "where false"),
    (Not(of(Number(1), NUMBER)), "where n != 1"),
    (of(Compare(Order.LT, 5), NUMBER), "where n < 5"),
    (of(Compare(Order.GTE, 5)), "where todouble(a) >= 5"),
    (Not(of(Compare(Order.LT, 5), NUMBER)), "where not(coalesce(n < 5, false))"),
    (Not(And((of(Compare(Order.LT, 5)), of(text("x"))))), 'where not(coalesce(todouble(a) < 5, false) and a =~ "x")'),
    (of(Compare(Order.GT, float("inf")), NUMBER), "where n > real(+inf)"),
    (of(Compare(Order.GT, 2**70), NUMBER), "where n > 1.1805916207174113e+21"),
    # truth values
    (of(Boolean(True), BOOLEAN), "where b == true"),
    (of(Boolean(True)), 'where a =~ "true"'),
    (of(Boolean(True), NUMBER), "where false"),
    (of(text("TRUE"), BOOLEAN), "where b == true"),
    (of(text("yes"), BOOLEAN), "where false"),
    (of(Number(1), BOOLEAN), "where false"),
    (Not(of(Boolean(True), BOOLEAN)), "where b != true"),
    # no value
    (of(Null()), "where isempty(a)"),
    (Not(of(Null())), "where isnotempty(a)"),
    (of(Null(), NUMBER), "where isnull(n)"),
    (Not(of(Null(), BOOLEAN)), "where isnotnull(b)"),
    (Or((of(Null()), of(text()))), "where isempty(a)"),
    # regexes
    (of(Regex("net.*user")), 'where a matches regex "net.*user"'),
    (of(Regex(r"\d+x", case=Case.UNICODE)), r'where a matches regex "(?i)[0-9]+x"'),
    (of(Regex("a" + "(b)" * 17)), f'where a matches regex "a{"b" * 17}"'),
    (of(Regex("1+"), NUMBER), 'where tostring(n) matches regex "1+"'),
    (of(Regex("1*"), NUMBER), 'where isnotnull(n) | where tostring(n) matches regex "1*"'),
    # addresses
    (of(Cidr("10.0.0.0/8"), IP), 'where ipv4_is_in_range(ip, "10.0.0.0/8")'),
    (of(Cidr("fe80::/10")), 'where ipv6_is_in_range(a, "fe80::/10")'),
    (of(Cidr("::/0")), 'where ipv6_is_in_range(a, "::/0") | where a contains ":"'),
    (Not(of(Cidr("10.0.0.0/8"))), 'where not(coalesce(ipv4_is_in_range(a, "10.0.0.0/8"), false))'),
    (
        Or((of(Cidr("10.0.0.0/8")), of(Cidr("192.168.0.0/16")), of(Cidr("::1/128")))),
        'where ipv4_is_in_any_range(a, "10.0.0.0/8", "192.168.0.0/16") or ipv6_is_in_range(a, "::1/128")',
    ),
    (
        Not(Or((of(Cidr("10.0.0.0/8")), of(Cidr("192.168.0.0/16"))))),
        'where not(coalesce(ipv4_is_in_any_range(a, "10.0.0.0/8", "192.168.0.0/16"), false))',
    ),
    # time
    (of(TimePart(TimeUnit.HOUR, 3)), "where hourofday(todatetime(a)) == 3"),
    (of(TimePart(TimeUnit.MINUTE, 3), TIME), 'where datetime_part("minute", t) == 3'),
    (of(TimePart(TimeUnit.WEEK, 3), NUMBER), "where week_of_year(unixtime_seconds_todatetime(n)) == 3"),
    (of(TimePart(TimeUnit.DAY, 3)), "where dayofmonth(todatetime(a)) == 3"),
    (of(TimePart(TimeUnit.MONTH, 3)), "where monthofyear(todatetime(a)) == 3"),
    (Not(of(TimePart(TimeUnit.YEAR, 2026))), "where getyear(todatetime(a)) != 2026"),
    # other fields
    (of(FieldRef(field("m", FieldType.NUMBER)), NUMBER), "where n == m"),
    (Not(of(FieldRef(field("m", FieldType.NUMBER)), NUMBER)), "where not(coalesce(n == m, false))"),
    (
        of(FieldRef(DYNAMIC, Shape.ENDS), field("Other.Path", FieldType.DYNAMIC)),
        "where tolower(tostring(Other.Path)) endswith_cs tolower(tostring(EventData.Image)) "
        "| where isnotnull(Other.Path) | where isnotnull(EventData.Image)",
    ),
    # dynamic properties
    (of(text(ANY, "\\cmd.exe"), DYNAMIC), r'where tostring(EventData.Image) endswith @"\cmd.exe"'),
    (of(Number(3), DYNAMIC), 'where tostring(EventData.Image) == "3"'),
    (Or((of(Number(3), DYNAMIC), of(Number(10), DYNAMIC))), 'where tostring(EventData.Image) in ("3", "10")'),
    (of(Compare(Order.LT, 5), DYNAMIC), "where todouble(tostring(EventData.Image)) < 5"),
    (of(Null(), DYNAMIC), "where isempty(tostring(EventData.Image))"),
    (of(text(ANY), DYNAMIC), "where isnotnull(EventData.Image)"),
    (of(text(), DYNAMIC), "where isnotnull(EventData.Image) | where isempty(tostring(EventData.Image))"),
    (of(Exists(), DYNAMIC), 'where bag_has_key(EventData, "Image")'),
    (Not(of(Exists(), DYNAMIC)), 'where not(coalesce(bag_has_key(EventData, "Image"), false))'),
    (of(text("x"), field("D['c-uri']", FieldType.DYNAMIC)), 'where tostring(D["c-uri"]) =~ "x"'),
    (of(Number(1), field("D.parts[0].c-d", FieldType.DYNAMIC)), 'where tostring(D.parts[0]["c-d"]) == "1"'),
    (of(text("x"), field("EventData.where", FieldType.DYNAMIC)), 'where tostring(EventData["where"]) =~ "x"'),
    # lists of values
    (of(text("x", case=Case.SENSITIVE), LIST), 'where set_has_element(groups, "x")'),
    (Not(of(text("1"), LIST)), 'where not(coalesce(set_has_element(groups, "1"), false))'),
    (of(text(ANY, "x", ANY), LIST), r'where strcat_array(groups, "\u001f") contains "x"'),
    (Not(of(text(ANY, "x", ANY), LIST)), r'where strcat_array(groups, "\u001f") !contains "x"'),
    (
        of(text("x"), LIST),
        r'where strcat("\u001f", strcat_array(groups, "\u001f"), "\u001f") contains "\u001fx\u001f"',
    ),
    (
        of(text("x", ANY), LIST),
        r'where strcat("\u001f", strcat_array(groups, "\u001f"), "\u001f") contains "\u001fx"',
    ),
    (of(Null(), LIST), 'where isempty(strcat_array(groups, ""))'),
    (of(text(ANY), LIST), "where array_length(groups) > 0"),
    (of(Number(5), replace(LIST, type=FieldType.NUMBER)), "where set_has_element(groups, 5)"),
    (of(Number(5), LIST), 'where set_has_element(groups, "5")'),
    (
        of(Number(80), replace(LIST, type=FieldType.DYNAMIC)),
        r'where strcat("\u001f", strcat_array(groups, "\u001f"), "\u001f") contains "\u001f80\u001f"',
    ),
    (of(Boolean(True), replace(LIST, type=FieldType.BOOLEAN)), "where set_has_element(groups, true)"),
    (
        of(text("a", ANY, "b"), LIST),
        r'where strcat("\u001f", strcat_array(groups, "\u001f"), "\u001f") matches regex @"(?i)\x{1f}a[^\x1f]*b\x{1f}"',
    ),
    # every column
    (Keyword(text("mimikatz")), 'where * contains "mimikatz"'),
    (Keyword(text("Mimi", case=Case.SENSITIVE)), 'where * contains_cs "Mimi"'),
    (Keyword(text("a", ANY, "b")), 'where * matches regex "(?is)a.*b"'),
    (Keyword(text("É")), 'where * matches regex "(?i)É"'),
    (Keyword(Regex("a+b")), 'where * matches regex "a+b"'),
    (Not(Keyword(text("x"))), 'where not(* contains "x")'),
    (Not(Or((Keyword(text("x")), Keyword(text("y"))))), 'where not(* contains "x") | where not(* contains "y")'),
    # names
    (of(text("x"), field("c-uri")), "where ['c-uri'] =~ \"x\""),
    (of(text("x"), Field("userIdentity.arn")), "where ['userIdentity.arn'] =~ \"x\""),
    (of(text("x"), field("kind")), "where ['kind'] =~ \"x\""),
]


@pytest.mark.parametrize(("condition", "expected"), EXACT, ids=[expected for _, expected in EXACT])
def test_exact(condition: Expr, expected: str) -> None:
    assert where(condition) == (f"| {expected}" if expected else "")
    assert not lowered(condition)[1].diagnostics


APPROXIMATE: list[tuple[Expr, str, str]] = [
    (of(text()), "isempty(a)", "KQL002W"),
    (Not(of(text())), "isnotempty(a)", "KQL002N"),
    (of(text(ANY)), "isnotempty(a)", "KQL002N"),
    (Not(of(text(ANY))), "isempty(a)", "KQL002W"),
    (of(Exists()), "isnotempty(a)", "KQL002N"),
    (of(Exists(), NUMBER), "isnotnull(n)", "KQL002N"),
    (of(Exists(), LIST), "isnotnull(groups)", "KQL002N"),
    (of(Regex("x*")), 'a matches regex "x*"', "KQL002W"),
    (of(FieldRef(field("c"))), "tolower(a) == tolower(c) | where isnotempty(c)", "KQL005N"),
    (Not(of(FieldRef(field("c"), case=Case.SENSITIVE))), "not(a == c and isnotempty(c))", "KQL005W"),
    (of(FieldRef(field("c"), Shape.STARTS)), "tolower(a) startswith_cs tolower(c) | where isnotempty(c)", "KQL005N"),
]


@pytest.mark.parametrize(
    ("condition", "expected", "code"), APPROXIMATE, ids=[expected for _, expected, _ in APPROXIMATE]
)
def test_approximate(condition: Expr, expected: str, code: str) -> None:
    assert where(condition) == f"| where {expected}"
    assert [one.code for one in lowered(condition)[1].diagnostics] == [code]


REFUSED: list[tuple[Expr, str]] = [
    (of(Regex("(?=a)b")), "KQL001"),
    (of(Regex(r"(a)\1")), "KQL001"),
    (of(Regex("(")), "KQL001"),
    (Keyword(Regex("(?<!a)b")), "KQL001"),
    (of(text("x"), TIME), "KQL003"),
    (of(Number(5), TIME), "KQL003"),
    (of(text("x", ANY), BOOLEAN), "KQL003"),
    (of(Regex("x"), BOOLEAN), "KQL003"),
    (of(Compare(Order.LT, 5), TIME), "KQL003"),
    (of(FieldRef(TIME)), "KQL003"),
    (of(Regex("x"), LIST), "KQL004"),
    (of(Cidr("10.0.0.0/8"), LIST), "KQL004"),
    (of(FieldRef(A), LIST), "KQL004"),
]


@pytest.mark.parametrize(("condition", "code"), REFUSED)
def test_refused(condition: Expr, code: str) -> None:
    assert [one.code for one in lowered(condition)[1].diagnostics] == [code]


@pytest.mark.parametrize(
    ("values", "query"),
    [
        (("x", "y"), '| where c contains "k" | where a in~ ("x", "y")'),
        (("x", "y*"), '| where (c contains "k" and a =~ "x") or (c contains "k" and a startswith "y")'),
    ],
)
def test_what_alternatives_share_is_said_once_if_the_rest_is_a_list(values: tuple[str, ...], query: str) -> None:
    shared = of(text(ANY, "k", ANY), field("c"))
    tests = [text(value[:-1], ANY) if value.endswith("*") else text(value) for value in values]
    assert where(Or(tuple(And((shared, of(test))) for test in tests))) == query


@pytest.mark.parametrize(
    ("dataset", "first"),
    [
        (None, "Events"),
        ("SecurityEvent", "SecurityEvent"),
        ("_Im_ProcessCreate()", "_Im_ProcessCreate()"),
        ("my-table", "['my-table']"),
        ("union isfuzzy=true SecurityEvent, WindowsEvent", "union isfuzzy=true SecurityEvent, WindowsEvent"),
        ("T | where x == 1", "T\n| where x == 1"),
        ("let y = 5; T", "let y = 5;\nT"),
        ("print-me", "['print-me']"),
    ],
)
def test_datasets(dataset: str | None, first: str) -> None:
    assert lowered(of(text("x")), dataset)[0] == f'{first}\n| where a =~ "x"'


@pytest.mark.parametrize(
    ("dataset", "query"),
    [
        ("T | extend b = f(c)", 'T\n| where a =~ "x"\n| where n == 1'),
        ("T | extend n = f(c), m = f(d)", 'T\n| where a =~ "x"\n| extend n = f(c)\n| where n == 1'),
        (
            "T | extend c = f(c) | extend n = g(c)",
            'T\n| where a =~ "x"\n| extend c = f(c)\n| extend n = g(c)\n| where n == 1',
        ),
        ("T | extend a = f(a)", 'T\n| extend a = f(a)\n| where a =~ "x"\n| where n == 1'),
        ("T | take 5 | extend b = f(c)", 'T\n| take 5\n| extend b = f(c)\n| where a =~ "x"\n| where n == 1'),
    ],
)
def test_what_a_dataset_computes_is_computed_where_it_is_asked_for(dataset: str, query: str) -> None:
    condition = And((of(text("x")), Match(Field("n", FieldType.NUMBER, True), Number(1))))
    assert lowered(condition, dataset)[0] == query


def test_all_columns_are_computed_where_all_are_searched() -> None:
    assert lowered(Keyword(text("x")), "T | extend b = f(c)")[0] == 'T\n| extend b = f(c)\n| where * contains "x"'
