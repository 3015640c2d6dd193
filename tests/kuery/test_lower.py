"""What rules become in Kibana's query language, and what it cannot say."""

from __future__ import annotations

import pytest

from transpile.diagnostics import Report
from transpile.dialects.kuery import DIALECT
from transpile.evaluate import Unproven
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
    Test,
    TimePart,
    TimeUnit,
)
from transpile.ir.passes import run_passes
from transpile.ir.rule import Rule
from transpile.source import Source


def is_(name: str, test: Test, type_: FieldType | None = None) -> Match:
    return Match(Field(name, type_, mapped=True) if type_ else Field(name), test)


def text(*parts: object, case: Case = Case.SENSITIVE) -> Pattern:
    return Pattern.of(*parts, case=case)  # type: ignore[arg-type]


def lower(condition: Expr, dataset: str | None = None) -> tuple[Rule, str, Report]:
    rule = run_passes(Rule.on_events("test", condition, Source(""), dataset=dataset))
    report = Report()
    assert DIALECT.lower is not None
    return rule, DIALECT.print(DIALECT.lower(rule, report)), report


NUMBER, IP = FieldType.NUMBER, FieldType.IP

EXACT = [
    (is_("a", text("net.exe")), "a:net.exe"),
    (is_("a", text("a b")), 'a:"a b"'),
    (is_("a", text("a*b")), 'a:"a*b"'),
    (is_("a", text("true")), 'a:"true"'),
    (is_("a", text("4-8", case=Case.UNICODE)), "a:4-8"),
    (is_("a", text("C:\\x", ANY)), r"a:C\:\\x*"),
    (is_("a", text(ANY, "a or b", ANY)), r"a:*a \u006fr b*"),
    (is_("a", text("x*", ANY)), r"a:x\**"),
    (is_("a", text()), 'a:""'),
    (is_("a", text(ANY)), "a:*"),
    (is_("a b", text("x")), '"a b":x'),
    (Or((is_("a", text("x")), is_("a", text("y", ANY)), is_("b", text("z")))), "a:(x or y*) or b:z"),
    (And((is_("a", text("x")), Or((is_("b", text("y")), is_("c", text("z")))))), "a:x and (b:y or c:z)"),
    (Not(Or((is_("a", text("x")), is_("a", text("y"))))), "not a:(x or y)"),
    (is_("a", Number(4688)), "a:4688"),
    (is_("a", Boolean(True)), "a:true"),
    (is_("a", Compare(Order.GTE, 5)), "a >= 5"),
    (is_("a", Null()), 'not a:* or a:""'),
    (Or((is_("a", Cidr("10.0.0.0/8")), is_("a", Cidr("fe80::/10")))), 'a:("10.0.0.0/8" or "fe80::/10")'),
    (is_("a", Cidr("10.0.0.0/8"), IP), 'a:"10.0.0.0/8"'),
    (is_("a", Regex("^foo.*bar$", dotall=True)), None),
    (is_("a", Regex("foo")), "a:*foo*"),
    (is_("a.caseless", text("Net.exe", case=Case.UNICODE)), "a.caseless:Net.exe"),
]


@pytest.mark.parametrize(("condition", "query"), EXACT, ids=[str(query) for _, query in EXACT])
def test_said_exactly(condition: Expr, query: str | None) -> None:
    rule, printed, report = lower(condition)
    if query is None:  # `$` also matches before a line break at the end
        assert [finding.code for finding in report.diagnostics] == ["KUE002"]
        return
    assert printed == query
    assert all(finding.severity == "note" for finding in report.diagnostics)
    agreed = {True: 0, False: 0}
    for witness in make_witnesses(rule).events:
        try:
            assert DIALECT.run is not None
            found = bool(list(DIALECT.run(DIALECT.parse(Source(printed)), [witness.event])))
        except Unproven:
            continue
        assert found == witness.matches, witness
        agreed[witness.matches] += 1
    assert all(agreed.values())


OTHER = [
    (is_("a", text("net.exe", case=Case.UNICODE)), ["KUE001N"]),
    (Not(is_("a", text("net.exe", case=Case.ASCII))), ["KUE001W"]),
    (is_("a", Regex("ab+c")), ["KUE002"]),
    (is_("a", text("a", ONE, "b")), ["KUE003W"]),
    (is_("a", TimePart(TimeUnit.HOUR, 5)), ["KUE004"]),
    (is_("a", FieldRef(Field("b"))), ["KUE004"]),
    (is_("a", text("x"), NUMBER), ["KUE005"]),
    (is_("a", Exists()), ["KUE006N"]),
    (Keyword(text("mimikatz", case=Case.UNICODE)), ["KUE008N"]),
    (Keyword(Regex("x")), ["KUE002"]),
    (is_("a", text(" x", ANY)), ["KUE009"]),
    (is_("message", text(ANY, "refused", ANY, case=Case.UNICODE)), ["KUE015N"]),
    (is_("message", text("refused", case=Case.UNICODE)), ["KUE014"]),
]


@pytest.mark.parametrize(("condition", "codes"), OTHER, ids=[f"{codes} {n}" for n, (_, codes) in enumerate(OTHER)])
def test_not_exact(condition: Expr, codes: list[str]) -> None:
    assert [finding.code for finding in lower(condition)[2].diagnostics] == codes


def test_what_is_no_text_is_never_empty() -> None:
    assert lower(is_("a", Null(), NUMBER))[1] == "not a:*"


def test_the_data_set_is_the_event_category() -> None:
    assert lower(is_("a", text("x")), "process")[1] == "event.category:process and a:x"
    assert lower(is_("a", text("x")), "any")[1] == "a:x"


def test_long_queries_take_a_line_for_each_part() -> None:
    values = Or(tuple(is_("process.executable", text(ANY, f"\\program{number}.exe")) for number in range(8)))
    assert lower(And((values, Not(is_("a", text("x"))))))[1] == "\n".join(
        [
            "process.executable:(",
            *(f"  *\\\\program{number}.exe{' or' * (number < 7)}" for number in range(8)),
            ") and",
            "not a:x",
        ]
    )
