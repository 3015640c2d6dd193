"""What is read from a query matches what the query matches; what is left out is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import arms
from tests.kql.microsoft import check, needs_microsoft
from tests.yaml_files import read_beside
from transpile.codes import Direction, Effect
from transpile.diagnostics import Report
from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.kql import DIALECT
from transpile.dialects.kql.lift_literals import texts_of as held_texts
from transpile.dialects.kql.literals import unquote
from transpile.dialects.kql.parse import split
from transpile.dialects.kql.parse_scalar import LEXER
from transpile.dialects.reading import read_query
from transpile.dialects.sigma.read import read
from transpile.evaluate import Unproven
from transpile.evaluate.reference import compile_rule, matches
from transpile.evaluate.witness import make_witnesses
from transpile.ir.expr import TRUE, And, Expr, Match, Not
from transpile.ir.match import ANY, Case, Cidr, Compare, Field, FieldType, Null, Order, Pattern, Regex
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.ir.stream import Aggregate, Events, MeasureKind, Union, Where, Window, WindowKind
from transpile.ir.walk import all_events, conditions, leaves
from transpile.regex import escape_pcre
from transpile.source import Source

CASES = read_beside(__file__, "conformance.yml")
# Queries whose columns are of a type that an event does not tell, are lists or hold JSON as text; and what a rule's
# regexes, whose sets are ASCII, do not say.
UNTYPED = (
    "parse_json(D)",
    r"\d",
    "isnull(",
    "isnotnull(",
    "todatetime",
    "array_length",
    "set_has_element",
    "strcat_array",
    "n == m",
)


def lifted(query: str) -> Lifted:
    return read_query(DIALECT, Source(query), ReadOptions())


def condition(query: str) -> Expr:
    body = lifted(query).body
    assert isinstance(body, Events)
    return body.condition


def written(query: str) -> str:
    """The query that is written from what a query means."""
    body = lifted(query).body
    assert body is not None
    return DIALECT.print(arms.lower(DIALECT, Rule("", body, Source("")), Report()))


def is_exact(found: Lifted) -> bool:
    return found.body is not None and not any(one.effect is Effect.APPROXIMATE for one in found.diagnostics)


@pytest.mark.parametrize(
    "case", [case for case in CASES if isinstance(case["matches"], list)], ids=lambda c: c["query"]
)
def test_conformance_cases_mean_the_same_when_read(case: dict[str, Any]) -> None:
    found = lifted(case["query"])
    if not isinstance(found.body, Events) or not is_exact(found) or any(one in case["query"] for one in UNTYPED):
        return
    try:
        got = [number for number, event in enumerate(case["events"]) if matches(found.body.condition, event)]
    except Unproven:
        return
    assert got == case["matches"]


A, B = Field("a"), Field("b")


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ('a == "x"', Match(A, Pattern.of("x", case=Case.SENSITIVE))),
        ('a =~ "x"', Match(A, Pattern.of("x", case=Case.ASCII))),
        ('a != "x"', Not(Match(A, Pattern.of("x", case=Case.SENSITIVE)))),
        ('a == "1"', Match(A, Pattern.of("1"))),
        ('a == ""', Match(A, Null())),
        ("isempty(a)", Match(A, Null())),
        ('a contains "x"', Match(A, Pattern.of(ANY, "x", ANY, case=Case.ASCII))),
        ('a contains ""', TRUE),
        ('a has "x.y"', Match(A, Regex(r"(?:^|[^A-Za-z0-9])x\.y(?:$|[^A-Za-z0-9])", Case.ASCII))),
        ('a has_cs "-x"', Match(A, Regex(r"-x(?:$|[^A-Za-z0-9])"))),
        ('a has "-"', Match(A, Pattern.of(ANY, "-", ANY))),
        ('tolower(a) == "x"', Match(A, Pattern.of("x"))),
        ("a > 5", Match(A, Compare(Order.GT, 5))),
        ("not(a > 5)", Match(A, Compare(Order.LTE, 5))),
        ('ipv4_is_in_range(a, "10.1.2.3/8")', Match(A, Cidr("10.0.0.0/8"))),
        ('a matches regex "x.*y"', Match(A, Regex("x.*y"))),
        ('a matches regex "(?is)^x.*y$"', Match(A, Pattern.of("x", ANY, "y"))),
        ('tostring(parse_json(D).x) =~ "y"', Match(Field("D.x", FieldType.DYNAMIC), Pattern.of("y", case=Case.ASCII))),
        ('iff(a == "1", "p", "q") == "p"', Match(A, Pattern.of("1"))),
    ],
)
def test_predicates(predicate: str, expected: Expr) -> None:
    def plain(expr: Any) -> Any:
        match expr:
            case Match(value, test):
                return Match(value, test)
            case Not(arg):
                return Not(plain(arg))
            case _:
                return expr

    found = condition(f"T | where {predicate}")
    if predicate.startswith("iff"):
        assert matches(found, {"a": "1"}) and not matches(found, {"a": "2"}) and not matches(found, {})
    else:
        assert plain(found) == expected


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ('let x = dynamic(["p", "q"]); T | where a in~ (x)', 'T | where a in~ ("p", "q")'),
        ("let n = 2 + 3; T | where a == 5", "T | where a == 5"),
        ('T | extend c = tolower(a) | where c == "x"', 'T | where tolower(a) == "x"'),
        ('T | extend a = tolower(a) | where a == "x"', 'T | where tolower(a) == "x"'),
        ('let f = (s: string) { s has "x" }; T | where f(a)', 'T | where a has "x"'),
        ('let S = T | where a == "x"; S | where b == "y"', 'T | where a == "x" and b == "y"'),
        ('let l = datatable(v: string) ["p", "q"]; T | where a in (l)', 'T | where a in ("p", "q")'),
        ("T | project q = a | where q == 1", "T | where a == 1"),
        ("T | where TimeGenerated > ago(1d) and a == 1", "T | where a == 1"),
    ],
)
def test_definitions_are_put_in_place(query: str, same: str) -> None:
    one, other = lifted(query), lifted(same)
    assert is_exact(one)
    assert isinstance(one.body, Events) and isinstance(other.body, Events)
    assert arms.lower(DIALECT, Rule("", one.body, Source("")), Report()) == arms.lower(
        DIALECT, Rule("", other.body, Source("")), Report()
    )


def test_look_back_and_shown_columns() -> None:
    found = lifted("let t = 2h; T | where Timestamp >= ago(t) | where a == 1 | project Timestamp, b | sort by b")
    assert (found.lookback, found.fields) == (7200, ("Timestamp", "b"))
    assert is_exact(found)
    assert [(one.text, one.effect) for one in found.left] == [
        ("Timestamp >= ago(t)", Direction.EXACT),
        ("project Timestamp, b", Direction.EXACT),
        ("sort by b", Direction.EXACT),
    ] or {one.text for one in found.left} >= {"Timestamp >= ago(t)", "project Timestamp, b", "sort by b"}


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ("T | where a == 1 | where b in (U | project c)", "KQL010W", "b in (U | project c)"),
        ("T | where a == 1 | join kind=inner U on b", "KQL012W", "join kind=inner U on b"),
        ("T | where a == 1 | take 5", "KQL013W", "take 5"),
        ("T | summarize arg_max(TimeGenerated, *) by b | where a == 1", "KQL014W", None),
        ("T | where a == 1 | count | where Count > 5", "KQL010W", "Count > 5"),
        ("T | where a == 1 | mv-expand b", "KQL011W", "mv-expand b"),
        ('T | where not(a == 1 and b has strcat("x", c))', "KQL010W", 'b has strcat("x", c)'),
    ],
)
def test_what_has_no_form_is_left_out_and_said(query: str, code: str, text: str | None) -> None:
    found = lifted(query)
    assert found.body is not None
    assert [one.code for one in found.diagnostics] == [code]
    assert text is None or text in {one.text for one in found.left if one.effect is Direction.WIDER}


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("DeviceProcessEvents | where a == 1 and isnotnull(ProcessCommandLine)", "DeviceProcessEvents | where a == 1"),
        ("SecurityEvent | where a == 1 or isnull(CommandLine)", "SecurityEvent | where a == 1"),
        ("DeviceEvents | project c = FileName | where isnull(c) or c == 'x'", "DeviceEvents | where FileName == 'x'"),
        ("T | extend c = tostring(D.b) | where a == 1 and isnotnull(c)", "T | where a == 1"),
        ('T | where a == 1 and isnotnull(iff(b == 2, tolower(c), ""))', "T | where a == 1"),
    ],
)
def test_a_string_is_never_null(query: str, same: str) -> None:
    assert is_exact(lifted(query))
    assert written(query) == written(same)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("T | where a == 1 and isnotnull(b)", "KQL021N"),
        ("T | where a == 1 and isnull(b)", "KQL021W"),
        ("T | where a == 1 and not(isnull(b))", "KQL021N"),
        ("T | where not(a == 1 and isnotnull(b))", "KQL021W"),
        ("DeviceEvents | where isnull(AdditionalFields)", "KQL021W"),
        ("union SecurityEvent, T | where a == 1 and isnotnull(CommandLine)", "KQL021N"),
        ("T | where a == 1 and isnotnull(tolong(b))", "KQL010W"),
        ('T | where a == 1 and iff(isnull(b), "x", "y") == "x"', "KQL010W"),
        ("T | where a == 1 | summarize n = countif(isnull(b)) by c | where n < 5", "KQL021W"),
    ],
)
def test_a_column_of_unknown_type_may_be_a_string(query: str, code: str) -> None:
    found = lifted(query)
    assert found.diagnostics[0].code == code
    assert (not found.left) is (code[:6] == "KQL021" and "summarize" not in query)


@pytest.mark.parametrize(
    ("table", "column"),
    [("T", "D.b"), ("T", "parse_json(D).b"), ("SecurityEvent", "EventID"), ("SigninLogs", "IsRisky")],
)
def test_what_is_no_string_may_be_null(table: str, column: str) -> None:
    for test, other in (("isnull", "isempty"), ("isnotnull", "isnotempty")):
        query = f'{table} | where a == "x" and {test}({column})'
        assert is_exact(lifted(query))
        assert f"{test}(" in written(query) and other not in written(query)


@pytest.mark.parametrize("column", ["b", "['a.b']"])
def test_a_test_for_null_is_written_as_one(column: str) -> None:
    assert written(f'T | where a == "x" | where isnull({column})') == f'T\n| where a == "x"\n| where isnull({column})'


def test_a_left_out_part_makes_the_rule_wider_under_not_too() -> None:
    kept = condition('T | where not(a == 1 and b has strcat("x", c))')
    assert matches(kept, {"a": 1}) and matches(kept, {"a": 2})


@pytest.mark.parametrize("query", ["let a = 1", "print 1", "externaldata(a: string)['x'] | where a == 1"])
def test_a_query_without_events_is_refused(query: str) -> None:
    found = lifted(query)
    assert found.body is None
    assert [one.code for one in found.diagnostics] == ["KQL016"]


def test_several_tables_are_a_union() -> None:
    body = lifted("union A, (B | where b == 2) | where a == 1").body
    assert isinstance(body, Union)
    first, second = body.inputs
    assert isinstance(first, Events) and isinstance(second, Events)
    assert (first.dataset, second.dataset) == ("A", "B")
    assert isinstance(second.condition, And)


def test_a_test_on_an_aggregate_is_a_correlation() -> None:
    found = lifted(
        "T | where isnotempty(u) | summarize n = count(), dcount(d) by u, bin(TimeGenerated, 1h) | where n > 5"
    )
    body = found.body
    assert is_exact(found) and isinstance(body, Where) and isinstance(body.input, Aggregate)
    assert body.input.window == Window(3600, WindowKind.TUMBLING)
    assert [(one.name, one.kind) for one in body.input.measures] == [("n", MeasureKind.COUNT)]
    assert body.input.by == ("u",)


def test_a_group_of_empty_values_is_said() -> None:
    assert [one.code for one in lifted("T | summarize count() by u | where count_ > 5").diagnostics] == ["KQL015N"]


def test_queries_are_parted_by_blank_lines() -> None:
    text = (
        "let a = 1;\nT\n| where b == a\n\n// next\nU\n| where c == 2\n\n| where d == 3\n\nV | where e ==\n\nW | take 1"
    )
    first, second, *rest = split(Source(text))
    assert "let a = 1" in first.text and "let" not in second.text and "d == 3" in second.text
    assert len(rest) >= 1


def test_a_broken_query_costs_no_other() -> None:
    texts = [one.text for one in split(Source("A | where x has (\n\nB | where y == 1\n\nC\n| where z == 2"))]
    assert [lifted(text).body is not None for text in texts] == [False, True, True]


@pytest.mark.parametrize(
    "query",
    [
        'T | where a has "x.y"',
        'T | where a has_any ("x", "y")',
        'T | where a hasprefix "x"',
        'T | where a !has_cs "-x"',
        "T | where strlen(a) > 5",
        'T | where substring(a, 0, 3) =~ "abc"',
        'T | where extract("a=([0-9]+)", 1, a) == "5"',
        'T | where tostring(split(a, ",")[1]) == "5"',
        'T | where replace_string(a, "^", "") contains "cmd"',
        'T | where coalesce(a, b) == "x"',
        "T | where todouble(n) + todouble(m) > 5",
    ],
)
def test_what_is_read_is_written_with_the_same_meaning(query: str) -> None:
    report = Report()
    found = lifted(query)
    assert is_exact(found) and isinstance(found.body, Events)
    text = DIALECT.print(arms.lower(DIALECT, run_passes(Rule("", found.body, Source(query))), report))
    assert not report.diagnostics
    again = lifted(text)
    assert is_exact(again) and isinstance(again.body, Events)
    values = ["", "x", "x.y", "X.Y z", "-x", "a=5", "1,5", "c^md", "abcdef", "5", "xy"]
    for one in values:
        for event in ({"a": one}, {"b": one}, {"a": one, "n": 3, "m": 4}, {}):
            assert matches(found.body.condition, event) == matches(again.body.condition, event)


def test_pieces_at_the_end_are_equalities_and_endings() -> None:
    found = condition(r'T | where tostring(split(a, "\\")[-1]) =~ "x.exe"')
    assert matches(found, {"a": r"c:\X.exe"}) and matches(found, {"a": "x.EXE"}) and not matches(found, {"a": "yx.exe"})


# --- corpora


@needs_microsoft
def test_public_queries_are_read(corpora: Path) -> None:
    """The bars: a rule out of 83 % of what Microsoft's parser takes, 42 % exact without correlations."""
    texts = [file.read_text(encoding="utf-8") for file in sorted((corpora / "kusto").rglob("*.kql"))]
    good = [text for text, problems in zip(texts, check(texts), strict=True) if not problems]
    found = [lifted(text) for text in good]
    out = [one for one in found if one.body is not None]
    exact = [one for one in out if is_exact(one) and isinstance(one.body, Events | Union)]
    assert len(out) >= 0.83 * len(good)
    assert len(exact) >= 0.42 * len(good)


def test_every_constant_is_in_the_rule_or_in_what_is_left(corpora: Path) -> None:
    for file in sorted((corpora / "kusto").rglob("*.kql")):
        source = Source(file.read_text(encoding="utf-8"))
        found = read_query(DIALECT, source, ReadOptions())
        if found.body is None:
            continue
        held = "\n".join(
            [
                *(text for each in conditions(found.body) for leaf in leaves(each) for text in held_texts(leaf)),
                *(one.text for one in found.left),
                *(str(events.dataset) for events in all_events(found.body)),
            ]
        ).lower()
        for token in LEXER.tokens(source):
            if token.kind == "string":
                value = unquote(token.text).lower()
                assert value in held or escape_pcre(value) in held or token.text.lower() in held, (file, token.text)


def test_sigma_rules_come_back(corpora: Path) -> None:
    """Sigma to Kusto to IR, without a data model: the same on the events that put the rule to the test."""
    files = sorted((corpora / "sigma").rglob("*.yml"))[::25]
    checked = 0
    for file in files:
        for reading in read(Source(file.read_text(encoding="utf-8"), str(file))):
            if reading.rule is None or not reading.rule.is_single:
                continue
            rule, report = run_passes(reading.rule), Report()
            tree = arms.lower(DIALECT, rule, report)
            if report.diagnostics:
                continue
            found = lifted(DIALECT.print(tree))
            assert is_exact(found) and isinstance(found.body, Events), file
            again = run_passes(rule.with_events(condition=found.body.condition))
            one, other = compile_rule(rule), compile_rule(again)
            for source in (rule, again):
                assert not [w.event for w in make_witnesses(source).events if one(w.event) != other(w.event)], file
            checked += 1
    assert checked > 100
