"""How each thing that a rule can say is said in SPL, and every trap on the way."""

from __future__ import annotations

import pytest

from tests import arms
from transpile.diagnostics import Report, Severity
from transpile.dialects.spl import DIALECT
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
    Part,
    Pattern,
    Regex,
    Shape,
    TimePart,
    TimeUnit,
)
from transpile.ir.rule import Rule
from transpile.source import Source


def lower(condition: Expr, dataset: str | None = None) -> tuple[str, list[str]]:
    """The search for a condition, and the codes that were reported; it reads back as the same tree."""
    report = Report()
    tree = arms.lower(DIALECT, Rule.on_events("", condition, Source(""), dataset=dataset), report)
    text = DIALECT.print(tree)
    assert DIALECT.parse(Source(text)) == tree
    return text, [diagnostic.code for diagnostic in report.diagnostics]


def is_(name: str, *parts: Part, case: Case = Case.UNICODE) -> Match:
    return Match(Field(name), Pattern.of(*parts, case=case))


NET = is_("Image", ANY, "\\net.exe")
USE = is_("CommandLine", ANY, " use ", ANY)
DIGITS = Match(Field("CommandLine"), Regex(r"\d{3}"))


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        # values
        (is_("a", "x"), 'a="x"'),
        (NET, 'Image="*\\\\net.exe"'),
        (is_("a", "C:\\"), 'a="C:\\\\"'),
        (is_("a", "x\\", ANY), 'a="x\\\\*"'),
        (is_("a", "\\\\host\\", ANY), 'a="\\\\\\\\host\\\\*"'),
        (is_("a", 'say "hi"'), 'a="say \\"hi\\""'),
        (is_("a", "x | y [z] `m`"), 'a="x | y [z] `m`"'),
        (is_("a", "OR"), 'a="OR"'),
        (is_("a", "4688"), 'a="4688"'),
        (Match(Field("EventID"), Number(4688)), "EventID=4688"),
        (Match(Field("a"), Number(-1)), "a=-1"),
        (Match(Field("a"), Number(0.5)), "a=0.5"),
        (Match(Field("a"), Boolean(True)), "a=true"),
        # names
        (is_("c-uri", "x"), '"c-uri"="x"'),
        (is_("d.e", "x"), 'd.e="x"'),
        (is_("user.groups{}", "x"), '"user.groups{}"="x"'),
        (is_("a b", "x"), '"a b"="x"'),
        (is_("NOT", "x"), '"NOT"="x"'),
        (is_("earliest", "x"), '*\n| where lower(earliest)=="x"'),
        (is_("a*", "x"), "*\n| where lower('a*')==\"x\""),
        # what search has no word for: `?`, a literal `*`, case, control characters, a value like a network
        (is_("a", "x", ONE, "y"), 'a="x*y"\n| regex a="(?is)^x.y\\\\z"'),
        (is_("a", ANY, "x*y", ANY), 'a="*x*y*"\n| regex a="(?i)x\\\\*y"'),
        (is_("a", "*"), 'a=*\n| where a=="*"'),
        (is_("a", "Foo", case=Case.SENSITIVE), 'a="Foo"\n| where a=="Foo"'),
        (is_("a", "Foo", ANY, case=Case.SENSITIVE), 'a="Foo*"\n| regex a="^Foo"'),
        (is_("a", "12", ANY, case=Case.SENSITIVE), 'a="12*"'),
        (is_("a", "x\ny"), 'a="x*y"\n| where match(a, "(?i)^x\\\\ny\\\\z")'),
        (is_("a", "10.0.0.0/8"), 'a="10.0.0.0*8"\n| where a=="10.0.0.0/8"'),
        (is_("a", ONE, ANY), 'a=*\n| regex a="(?s)^."'),
        # presence
        (is_("a", ANY), "a=*"),
        (is_("a"), 'a=""'),
        (Match(Field("a"), Null()), 'NOT a=* OR a=""'),
        (Not(Match(Field("a"), Null())), 'a!=""'),
        (And((NET, Match(Field("a"), Null()))), 'Image="*\\\\net.exe" (NOT a=* OR a="")'),
        # networks and orders
        (Match(Field("a"), Cidr("10.0.0.0/8")), 'a="10.0.0.0/8"'),
        (Match(Field("a"), Cidr("fe80::/10")), 'a="fe80::/10"'),
        (
            Or((Match(Field("a"), Cidr("10.0.0.0/8")), Match(Field("a"), Cidr("127.0.0.0/8")))),
            'a="10.0.0.0/8" OR a="127.0.0.0/8"',
        ),
        (Match(Field("a", FieldType.NUMBER, mapped=True), Compare(Order.GTE, 5)), "a>=5"),
        (Match(Field("a", FieldType.NUMBER), Compare(Order.GT, 5)), "a>5\n| where tonumber(a)>5"),
        (Not(Match(Field("a"), Compare(Order.LT, -5))), "*\n| where NOT coalesce(tonumber(a), -5)<-5"),
        # booleans: NOT, then OR, then AND
        (Or((NET, USE)), 'Image="*\\\\net.exe" OR CommandLine="* use *"'),
        (And((NET, Or((USE, is_("a", "x"))))), 'Image="*\\\\net.exe" (CommandLine="* use *" OR a="x")'),
        (Or((And((NET, USE)), is_("a", "x"))), '(Image="*\\\\net.exe" CommandLine="* use *") OR a="x"'),
        (Not(And((NET, USE))), 'NOT (Image="*\\\\net.exe" CommandLine="* use *")'),
        (Not(Or((NET, USE))), 'NOT (Image="*\\\\net.exe" OR CommandLine="* use *")'),
        (Not(is_("a", "x")), 'NOT a="x"'),
        (Or((is_("a", "x"), is_("a", ANY, "y"), is_("b", "z"))), 'a IN ("x", "*y") OR b="z"'),
        (Not(Or((is_("a", "x"), is_("a", "y")))), 'NOT a IN ("x", "y")'),
        (Or((is_("a", "x"), is_("a"))), 'a="x" OR a=""'),
        (
            Or((Match(Field("a"), Number(1)), Match(Field("a"), Number(2)), Match(Field("a"), Null()))),
            'a IN (1, 2) OR NOT a=* OR a=""',
        ),
        (TRUE, "*"),
        (FALSE, "NOT *"),
        # regexes: at the top, under OR, under NOT
        (DIGITS, 'CommandLine=*\n| regex CommandLine="\\\\d{3}"'),
        (And((NET, DIGITS)), 'Image="*\\\\net.exe"\n| regex CommandLine="\\\\d{3}"'),
        (And((NET, Not(DIGITS))), 'Image="*\\\\net.exe"\n| regex CommandLine!="\\\\d{3}"'),
        (
            Or((NET, DIGITS)),
            'Image="*\\\\net.exe" OR CommandLine=*\n'
            '| where match(Image, "(?i)\\\\\\\\net\\\\.exe\\\\z") OR match(CommandLine, "\\\\d{3}")',
        ),
        (Not(Or((USE, DIGITS))), 'NOT CommandLine="* use *"\n| regex CommandLine!="\\\\d{3}"'),
        (
            Not(And((is_("a", "x"), DIGITS))),
            '*\n| where NOT (lower(coalesce(a, ""))=="x" AND match(coalesce(CommandLine, ""), "\\\\d{3}"))',
        ),
        (
            Or((is_("a", "b"), Not(Match(Field("c"), Regex("x*"))))),
            '*\n| where lower(a)=="b" OR NOT (isnotnull(c) AND match(coalesce(c, ""), "x*"))',
        ),
        (
            Or((is_("a", "x"), is_("a", "Y"), DIGITS)),
            'a IN ("x", "Y") OR CommandLine=*\n| where lower(a) IN ("x", "y") OR match(CommandLine, "\\\\d{3}")',
        ),
        (Match(Field("a"), Regex("\\\\x", Case.UNICODE)), 'a=*\n| regex a="(?i)\\\\\\\\x"'),
        (Match(Field("c-uri"), Regex("x")), '"c-uri"=*\n| where match(\'c-uri\', "x")'),
        (
            Match(Field("a", repeated=True), Regex("x")),
            'a=*\n| where isnotnull(mvfind(a, "x"))',
        ),
        (Not(Match(Field("a", repeated=True), Regex("x"))), '*\n| where NOT isnotnull(mvfind(a, "x"))'),
        # fields against fields
        (And((NET, Match(Field("a"), FieldRef(Field("b"))))), 'Image="*\\\\net.exe"\n| where lower(a)==lower(b)'),
        (Match(Field("a"), FieldRef(Field("b"), case=Case.SENSITIVE)), "a=*\n| where a==b"),
        (
            Not(Match(Field("a"), FieldRef(Field("b")))),
            '*\n| where NOT (isnotnull(a) AND isnotnull(b) AND lower(coalesce(a, ""))==lower(coalesce(b, "")))',
        ),
        (
            Match(Field("a"), FieldRef(Field("b"), Shape.CONTAINS)),
            'a=*\n| where isnotnull(a) AND isnotnull(b) AND (lower(b)=="" OR mvcount(split(lower(a), lower(b)))>1)',
        ),
        # keywords
        (Keyword(Pattern.of("mimikatz")), "*mimikatz*"),
        (Or((Keyword(Pattern.of("a.b")), Keyword(Pattern.of("c d")))), '_raw IN ("*a.b*", "*c d*")'),
        (
            Or((is_("a", "x", ONE), is_("a", "y", ONE), is_("b", "z"))),
            'a IN ("x*", "y*") OR b="z"\n| where match(a, "(?is)(?:^x.\\\\z|^y.\\\\z)") OR lower(b)=="z"',
        ),
        (Keyword(Pattern.of("web error")), '_raw="*web error*"'),
        (Or((Keyword(Pattern.of("x")), Keyword(Pattern.of("y", ANY, "z")))), '*x* OR _raw="*y*z*"'),
        (Keyword(Pattern.of("select *")), '_raw="*select *"\n| regex _raw="(?i)select \\\\*"'),
        (Keyword(Regex(r"a\d")), '*\n| regex _raw="a\\\\d"'),
        (Not(Keyword(Pattern.of("x"))), "NOT *x*"),
    ],
)
def test_said_exactly(condition: Expr, text: str) -> None:
    found, codes = lower(condition)
    assert found == text
    assert codes in ([], ["SPL006"])


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (Match(Field("a"), Regex("(?<=x*)y(")), "SPL001"),
        (Or((NET, Match(Field("a"), Regex(f"(?<{'n' * 33}>x)")))), "SPL001"),
        (Match(Field("a"), TimePart(TimeUnit.HOUR, 3)), "SPL002"),
        (is_("it's", "x", ONE), "SPL003"),
        (is_("a\nb", "x"), "SPL003"),
        (is_("", "x"), "SPL003"),
        (Match(Field("a", repeated=True), FieldRef(Field("b"))), "SPL004"),
        (Match(Field("a"), FieldRef(Field("it's"))), "SPL004"),
        (Keyword(Regex("^x")), "SPL005"),
        (Not(Keyword(Regex("x$"))), "SPL005"),
    ],
)
def test_refused(condition: Expr, code: str) -> None:
    report = Report()
    DIALECT.print(arms.lower(DIALECT, Rule.on_events("", condition, Source("")), report))
    assert [diagnostic.code for diagnostic in report.diagnostics] == [code]
    assert report.diagnostics[0].severity is Severity.ERROR


def test_a_keyword_that_raw_text_may_spell_differently_is_noted() -> None:
    _, codes = lower(Or((Keyword(Pattern.of("a\\b")), Keyword(Pattern.of("c")))))
    assert codes == ["SPL006"]


def test_a_field_that_is_null_does_not_exist() -> None:
    exists = Match(Field("a"), Exists())
    assert lower(exists) == ("a=*", ["SPL008N"])
    assert lower(Not(exists)) == ("NOT a=*", ["SPL008W"])
    assert lower(Not(Or((NET, Not(exists)))))[1] == ["SPL008N"]


def process(name: str) -> Field:
    return Field(f"Processes.{name}", mapped=True)


def test_a_data_model_is_searched_with_tstats() -> None:
    text, codes = lower(Match(process("process_name"), Pattern.of("net.exe")), "Endpoint.Processes")
    assert text.splitlines() == [
        '| tstats summariesonly=false allow_old_summaries=true fillnull_value="null"'
        " count min(_time) as firstTime max(_time) as lastTime",
        "    from datamodel=Endpoint.Processes",
        '    where Processes.process_name="net.exe"',
        "    by Processes.dest Processes.user Processes.process_name",
        "| `drop_dm_object_name(Processes)`",
    ]
    assert codes == []


def test_what_tstats_cannot_say_is_asked_of_its_rows() -> None:
    regex, network = Match(process("process"), Regex("x")), Match(process("dest"), Cidr("10.0.0.0/8"))
    text, _ = lower(And((Match(process("user"), Pattern.of("u")), Not(regex), network)), "Endpoint.Processes")
    assert text.splitlines()[2:] == [
        '    where Processes.user="u"',
        "    by Processes.dest Processes.user Processes.process",
        "| eval Processes.process=nullif('Processes.process', \"null\"),",
        "    Processes.dest=nullif('Processes.dest', \"null\")",
        '| where NOT match(coalesce(\'Processes.process\', ""), "x")',
        "| where cidrmatch(\"10.0.0.0/8\", 'Processes.dest')",
        "| `drop_dm_object_name(Processes)`",
    ]


def test_a_data_model_holds_no_raw_text() -> None:
    _, codes = lower(And((Keyword(Pattern.of("x")), Match(process("user"), Pattern.of("u")))), "Endpoint.Processes")
    assert codes == ["SPL007"]


def test_the_same_rule_gives_the_same_text() -> None:
    condition = And((NET, Not(Or((USE, DIGITS, Match(Field("a"), Null()))))))
    assert lower(condition) == lower(condition)
