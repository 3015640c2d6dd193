"""What searches mean: each form, as the condition that is read from it, and what is left."""

from __future__ import annotations

from typing import Any

import pytest

from transpile.codes import Direction, Effect
from transpile.dialects.base import Lifted, ReadOptions
from transpile.dialects.spl import DIALECT
from transpile.dialects.spl.lift import lift
from transpile.dialects.spl.parse import parse
from transpile.evaluate.reference import matches
from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import (
    ANY,
    ONE,
    Boolean,
    Call,
    Case,
    Cidr,
    Compare,
    Field,
    FieldRef,
    Function,
    Literal,
    Null,
    Number,
    Order,
    Part,
    Pattern,
    Regex,
    Shape,
)
from transpile.ir.passes import simplify_expr
from transpile.ir.stream import Aggregate, Events, Measure, MeasureKind, Where, Window, WindowKind
from transpile.source import Source

PRESENT = Pattern.of(ANY)
CASED = Case.SENSITIVE


def read(text: str, **options: Any) -> Lifted:
    source = Source(text)
    return lift(parse(source), source, ReadOptions(**options))


def condition(text: str, **options: Any) -> Expr:
    """The condition of a search that is read whole, without places and operators."""
    lifted = read(text, **options)
    assert isinstance(lifted.body, Events), lifted
    assert Effect.APPROXIMATE not in {one.effect for one in lifted.diagnostics}, lifted.diagnostics
    return bare(lifted.body.condition)


def bare(expr: Expr) -> Expr:
    match expr:
        case And(args):
            return And(tuple(map(bare, args)))
        case Or(args):
            return Or(tuple(map(bare, args)))
        case Not(arg):
            return Not(bare(arg))
        case Match(value, test):
            return Match(value, test)
        case Keyword(test):
            return Keyword(test)
        case _:
            return expr


def is_(name: str, *parts: Part, case: Case = Case.UNICODE) -> Match:
    return Match(Field(name), Pattern.of(*parts, case=case))


def has(name: str) -> Match:
    return Match(Field(name), PRESENT)


A1 = Match(Field("a"), Number(1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the search language
        ("a=x", is_("a", "x")),
        ('a="x y"', is_("a", "x y")),
        ("a=*x*", is_("a", ANY, "x", ANY)),
        ('a="C:\\\\x*"', is_("a", "C:\\x", ANY)),
        ("a=1", A1),
        ('a="1"', A1),
        ("a=01", is_("a", "01")),
        ("a=1.5", is_("a", "1.5")),
        ("a=true", Match(Field("a"), Boolean(True))),
        ('a="true"', is_("a", "true")),
        ('a=""', is_("a")),
        ("a=*", has("a")),
        ("a!=x", And((has("a"), Not(is_("a", "x"))))),
        ('a!=""', Not(Match(Field("a"), Null()))),
        ("NOT a=x", Not(is_("a", "x"))),
        ("a IN (x, y*)", Or((is_("a", "x"), is_("a", "y", ANY)))),
        ('a IN ("x",, "y")', Or((is_("a", "x"), is_("a", "y")))),
        ('a IN (,"x")', is_("a", "x")),
        ("a=10.0.0.0/8", Match(Field("a"), Cidr("10.0.0.0/8"))),
        ("a IN (10.1.0.0/8, x)", Or((Match(Field("a"), Cidr("10.0.0.0/8")), is_("a", "x")))),
        ("a>=5", Match(Field("a"), Compare(Order.GTE, 5))),
        ("a=CASE(Foo)", is_("a", "Foo", case=CASED)),
        ("a=C:\\Program*(x86)*", is_("a", "C:\\Program", ANY, "(x86)", ANY)),
        ("x.y{}.z=v", is_("x.y{}.z", "v")),
        ("a=x b=y OR c=z", And((is_("a", "x"), Or((is_("b", "y"), is_("c", "z")))))),
        ("*mimi*", Keyword(Pattern.of("mimi"))),
        ('_raw="*a b*"', Keyword(Pattern.of("a b"))),
        ("a=x ```a comment``` b=y", And((is_("a", "x"), is_("b", "y")))),
        # where: cased, with functions
        ('* | where a="x"', is_("a", "x", case=CASED)),
        ('* | where a!="x"', And((has("a"), Not(is_("a", "x", case=CASED))))),
        ('* | where NOT a="x"', And((has("a"), Not(is_("a", "x", case=CASED))))),
        ('* | where a="x" and not b="y"', And((is_("a", "x", case=CASED), has("b"), Not(is_("b", "y", case=CASED))))),
        ('* | where lower(a)="x"', is_("a", "x")),
        ('* | where like(a, "x%y_")', is_("a", "x", ANY, "y", ONE, case=CASED)),
        ('* | where LIKE(a, "%x%")', is_("a", ANY, "x", ANY, case=CASED)),
        ('* | where match(a, "x")', is_("a", ANY, "x", ANY, case=CASED)),
        ('* | where match(a, "(?i)^x\\\\d")', Match(Field("a"), Regex("^x\\d", Case.UNICODE))),
        ('* | where cidrmatch("10.0.0.0/8", a)', Match(Field("a"), Cidr("10.0.0.0/8"))),
        ("* | where isnotnull(a)", has("a")),
        ("* | where isnull(a) AND b=1", And((Not(has("a")), Match(Field("b"), Number(1))))),
        ('* | where a IN ("x", "y")', Or((is_("a", "x", case=CASED), is_("a", "y", case=CASED)))),
        ("* | where len(a)>5", Match(Call(Function.LENGTH, (Field("a"),)), Compare(Order.GT, 5))),
        ("* | where a=b", Match(Field("a"), FieldRef(Field("b"), Shape.EQUALS, CASED))),
        ("* | where lower(a)=lower(b)", Match(Field("a"), FieldRef(Field("b")))),
        ('* | where coalesce(a, "")="x"', is_("a", "x", case=CASED)),
        ('* | where NOT coalesce(a, "")="x"', Not(is_("a", "x", case=CASED))),
        ('* | where if(a=1, "y", "n")="y"', A1),
        ('* | regex a="x"', is_("a", ANY, "x", ANY, case=CASED)),
        ('* | regex a!="x"', Not(is_("a", ANY, "x", ANY, case=CASED))),
        ('* | regex "x\\d"', Keyword(Regex("x\\d"))),
        # put in place: eval, rename, rex, fillnull
        ('* | eval b=lower(a) | where b="x"', is_("a", "x")),
        ("a=1 | rename a AS b | search b=1", A1),
        ('* | eval ok=if(match(a, "x"), 1, 0) | where ok=1', is_("a", ANY, "x", ANY, case=CASED)),
        ('* | eval ok=case(a="x", "one", true(), "two") | search ok=one', is_("a", "x", case=CASED)),
        ('* | rex field=a "^(?<u>\\w+)@" | where isnotnull(u)', Match(Field("a"), Regex("^(?<u>\\w+)@"))),
        (
            '* | rex field=a "^(?<u>\\w+)@" | search u=bob',
            Match(Call(Function.CAPTURE, (Field("a"), Literal("^(?<u>\\w+)@"), Literal(1))), Pattern.of("bob")),
        ),
        ("a=1 | fillnull value=x b | search b=x", And((A1, Or((Not(has("b")), is_("b", "x")))))),
        ("a=1 | spath output=c path=d.e | search c=f", And((A1, is_("d.e", "f")))),
        ("a=1 | spath | search c=f", And((A1, is_("c", "f")))),
        ("a=1 c=* | spath input=b | search c=f", And((A1, is_("c", "f")))),
        # presentation
        ("a=1 | table a b | sort - a", A1),
        ("a=1 | stats count by b", And((A1, has("b")))),
        ("a=1 | dedup b", And((A1, has("b")))),
        ("a=1 | dedup b sortby -c", And((A1, has("b")))),
        ("a=1 | dedup b | search b=x", And((A1, is_("b", "x")))),
        ("a=1 | top limit=0 b | search b=x", And((A1, is_("b", "x")))),
        ("a=1 | sort 0 b | search b=x", And((A1, is_("b", "x")))),
        ("a=1 | mvexpand b | search b=x", And((A1, is_("b", "x")))),
        (
            "a=1 | stats values(c) as c values(d) as d by b | search c=x OR d=y",
            And((A1, has("b"), Or((is_("c", "x"), is_("d", "y"))))),
        ),
        ("a=1 | stats values(c) as d by b | search d=x", And((A1, has("b"), is_("c", "x")))),
        ("a=1 earliest=-1h", A1),
        ('_time>=relative_time(now(), "-1d") a=1', A1),
        # alternatives
        ("| multisearch [search a=1] [search b=x]", Or((A1, is_("b", "x")))),
    ],
)
def test_read_exactly(text: str, expected: Expr) -> None:
    assert condition(text) == simplify_expr(expected)


def test_a_data_model() -> None:
    lifted = read(
        "| tstats `security_content_summariesonly` count min(_time) as firstTime from datamodel=Endpoint.Processes"
        " where Processes.process_name=cmd.exe by Processes.user Processes.process"
        ' | `drop_dm_object_name(Processes)` | where match(process, "x") | `security_content_ctime(firstTime)`'
        " | `some_filter`"
    )
    assert isinstance(lifted.body, Events)
    assert lifted.body.dataset == "Endpoint.Processes"
    assert bare(lifted.body.condition) == And(
        (is_("Processes.process_name", "cmd.exe"), is_("Processes.process", ANY, "x", ANY, case=CASED))
    )
    assert {one.effect for one in lifted.left} == {Direction.EXACT}
    assert lifted.fields == ("Processes.user", "Processes.process")


def test_fields_that_a_data_model_fills_in_are_there() -> None:
    text = "| tstats count from datamodel=Web where Web.a=1 by Web.b | rename Web.* as * | where isnotnull(b)"
    assert condition(text) == Match(Field("Web.a"), Number(1))
    assert condition(f'{text} | where b!="x"') == And(
        (Match(Field("Web.a"), Number(1)), Not(is_("Web.b", "x", case=CASED)))
    )


@pytest.mark.parametrize(
    ("text", "by", "measure", "window", "test"),
    [
        (
            "a=1 | stats count by g | where count > 5",
            ("g",),
            Measure("count", MeasureKind.COUNT),
            None,
            Compare(Order.GT, 5),
        ),
        (
            "a=1 | bin _time span=5m | stats dc(u) as users by _time g | where users>=3",
            ("g",),
            Measure("users", MeasureKind.DISTINCT, ("u",)),
            Window(300, WindowKind.TUMBLING),
            Compare(Order.GTE, 3),
        ),
        (
            "| tstats sum(W.n) as s from datamodel=W where W.a=1 by _time span=1h W.g | search s>9",
            ("W.g",),
            Measure("s", MeasureKind.SUM, ("W.n",)),
            Window(3600, WindowKind.TUMBLING),
            Compare(Order.GT, 9),
        ),
        (
            "a=1 | stats count by g u | stats count as users by g | where users>2",
            ("g",),
            Measure("users", MeasureKind.DISTINCT, ("g", "u")),
            None,
            Compare(Order.GT, 2),
        ),
        (
            "a=1 | stats count by g | eval many=if(count>5, 1, 0) | where many=1",
            ("g",),
            Measure("count", MeasureKind.COUNT),
            None,
            Compare(Order.GT, 5),
        ),
    ],
)
def test_a_test_of_an_aggregate_is_a_stage(
    text: str, by: tuple[str, ...], measure: Measure, window: Window | None, test: Compare
) -> None:
    lifted = read(text)
    assert isinstance(lifted.body, Where)
    assert isinstance(lifted.body.input, Aggregate)
    assert lifted.body.input.by == by
    assert lifted.body.input.measures == (measure,)
    assert lifted.body.input.window == window
    assert bare(lifted.body.condition) == Match(Field(measure.name), test)
    assert Effect.APPROXIMATE not in {one.effect for one in lifted.diagnostics}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a=1 `what`", "SPL010W"),
        ("a=1 | `what`", "SPL010W"),
        ("a=1 | lookup t a OUTPUT b | search b=x", "SPL011W"),
        ("a=1 | transaction a maxspan=5m", "SPL012W"),
        ("a=1 | strange x", "SPL012W"),
        ("a=1 | convert ctime(b) as c | search c=x", "SPL012W"),
        ("a=1 | nomv b | search b=x", "SPL012W"),
        ("a=1 | mvcombine b | search b=x", "SPL012W"),
        ("a=1 | addinfo | search info_min_time>5", "SPL012W"),
        ('a=1 | where mvjoin(b, "")="x"', "SPL013W"),
        ("a=1 | where b>c", "SPL013W"),
        ("a=1 [search b=1 | fields c]", "SPL014W"),
        ("a=1 NOT [search b=1 | fields c]", "SPL014W"),
        ("a=1 | join c [search b=1]", "SPL014W"),
        ("a=1 | append [search b=1]", "SPL014N"),
        ("a=1 | eventstats avg(n) as m | where n>m*2", "SPL015W"),
        ("a=1 | stats stdev(n) as d by g | where d>5", "SPL015W"),
        ("a=1 | stats values(c) as c by b | where isnull(c)", "SPL015W"),
        ("a=1 | stats values(c) as c by b | search NOT c=x", "SPL015W"),
        ("a=1 | mvexpand c | search NOT c=x", "SPL015W"),
        ("a=1 | top c | where count>5", "SPL015W"),
        ("a=1 | head 5", "SPL026W"),
        ("a=1 | sort 10 - b | table a", "SPL026W"),
        ("a=1 | top b", "SPL026W"),
        ("a=1 | head 5 | search b=2", "SPL024W"),
        ("a=1 | dedup b | where c=2", "SPL024W"),
        ('a=1 | sort 10 - b | regex c="x"', "SPL024W"),
        ("a=1 | sort 10 ip(b) | search c=x", "SPL012W"),
        ("a=1 | head (b>5) | search c=x", "SPL012W"),
        ("a=1 | dedup b | stats count by c | where count>5", "SPL024W"),
        ("a=1 | top b | search b=2", "SPL024W"),
        ("a=1 | stats values(c) as c values(d) as d by b | search c=x d=y", "SPL025N"),
        ('a=1 | stats values(c) as c by b | where match(c, "x") AND match(c, "y")', "SPL025N"),
        ("a=1 | stats values(c) as c by b | search c=x | search c=y", "SPL025N"),
    ],
)
def test_what_has_no_form_is_left_out_and_named(text: str, code: str) -> None:
    lifted = read(text)
    assert code in [one.code for one in lifted.diagnostics]
    assert lifted.body is not None
    assert code[:6] in [one.code.id for one in lifted.left if one.effect is not Direction.EXACT]
    assert lifted.left[0].span is not None


def test_what_is_left_out_under_a_not_or_an_or_makes_the_rule_wider() -> None:
    for text in ("a=1 (b=1 OR `what`)", "a=1 NOT (b=1 `what`)"):
        lifted = read(text)
        assert isinstance(lifted.body, Events)
        for event in ({"a": 1}, {"a": 1, "b": 1}):
            assert matches(lifted.body.condition, event)


@pytest.mark.parametrize("text", ["*", "| inputlookup t", "| makeresults", "index=main", "| rest /x | search a=1"])
def test_no_condition_is_no_rule(text: str) -> None:
    lifted = read(text) if text != "index=main" else read("index=*")
    assert lifted.body is None
    assert [one.code for one in lifted.diagnostics if one.effect is Effect.REFUSED] == ["SPL016"]


def test_macros_are_pasted_as_text() -> None:
    macros = {"either": "a=1 OR b=x", "named(2)": '$field$="$value$"', "outer": "`either` c=z", "loop": "`loop`"}
    assert condition("`either` c=z", macros=macros) == And((Or((A1, is_("b", "x"))), is_("c", "z")))
    assert condition("`named(f, v w)`", macros=macros) == is_("f", "v w")
    assert condition("`outer`", macros=macros) == And((Or((A1, is_("b", "x"))), is_("c", "z")))
    assert [one.code for one in read("a=1 `loop`", macros=macros).diagnostics] == ["SPL010W"]


@pytest.mark.parametrize("before", ["where a=1", 'where (a=1 OR a="x")', 'where like(b, "%x%")', 'regex b="x"'])
def test_a_macro_behind_an_expression_begins_with_a_pipe_of_its_own(before: str) -> None:
    assert condition(f"a=1 | {before} `collect`", macros={"collect": "| collect index=alerts"}) == condition(
        f"a=1 | {before}"
    )
    assert [one.code for one in read(f"a=1 | {before} `collect`").diagnostics] == ["SPL010W"]


@pytest.mark.parametrize(
    "query", ["a=1 | where b=1 AND `m`", "a=1 | where NOT `m`", "a=1 | where b=`m`", "a=1 | where `m`"]
)
def test_a_macro_in_an_expression_is_a_part_of_it(query: str) -> None:
    assert len(parse(Source(query)).commands) == 2


def test_places_in_a_text_with_macros_are_those_of_the_text() -> None:
    text = "`either`\n  c=z"
    lifted = read(text, macros={"either": "a=1 OR b=x"})
    assert isinstance(lifted.body, Events)
    spans = [leaf.span for leaf in _leaves(lifted.body.condition)]
    assert [(span.line, span.column, span.end_column) for span in spans if span] == [(1, 1, 9), (1, 1, 9), (2, 3, 6)]


def _leaves(expr: Expr) -> list[Match]:
    from transpile.ir.walk import leaves

    return [leaf for leaf in leaves(expr) if isinstance(leaf, Match)]


def test_a_macro_that_does_not_fit_is_an_error() -> None:
    lifted = read("a=1 `broken`", macros={"broken": "b=("})
    assert lifted.body is None
    assert [one.code for one in lifted.diagnostics] == ["SPL020"]


def test_lookups_that_are_given_are_put_in_place() -> None:
    tables = {"t": [{"name": "cmd.exe", "bad": "true"}, {"name": "ls", "bad": "false"}]}
    found = condition("a=1 | lookup t name AS b OUTPUT bad | search bad=true", lookups=tables)
    assert found == And((A1, is_("b", "cmd.exe")))
    found = condition("a=1 [| inputlookup t.csv | fields name | rename name AS b]", lookups=tables)
    assert found == And((A1, Or((is_("b", "cmd.exe"), is_("b", "ls")))))


def test_the_time_that_a_search_covers_is_its_look_back() -> None:
    assert read("a=1 earliest=-24h@h latest=now").lookback == 86_400
    assert read("a=1").lookback is None


def test_what_is_compared_as_a_number_is_noted() -> None:
    assert "SPL019" in [one.code for one in read("a>5").diagnostics]
    assert "SPL019" not in [one.code for one in read("a=1 | stats count by b | where count>5").diagnostics]


def test_later_names_are_those_of_the_rows() -> None:
    lifted = read("a=1 | stats count by b | search c=x")
    assert isinstance(lifted.body, Events)
    assert not matches(lifted.body.condition, {"a": 1, "b": 1, "c": "x"})  # no such column is left


def test_the_record_reads() -> None:
    assert DIALECT.lift is not None
    source = Source("a=1")
    assert DIALECT.lift(parse(source), source, ReadOptions()).body is not None


def test_a_number_in_quotes_is_not_taken_for_its_size() -> None:
    lifted = read('a=1 | where f>"5"')
    assert {one.code for one in lifted.diagnostics} == {"SPL013W"}
    assert [one.text for one in lifted.left] == ['f>"5"']
    assert condition("a=1 | where f>5") == And((A1, Match(Field("f"), Compare(Order.GT, 5))))


def test_macros_that_keep_every_event_are_one_note() -> None:
    lifted = read("a=1 | `security_content_ctime(x)` | `security_content_ctime(y)` | `mine_filter`")
    (note,) = (one for one in lifted.diagnostics if one.code == "SPL018")
    assert note.message.endswith("`security_content_ctime(x)`, `security_content_ctime(y)`, `mine_filter`")
    assert [one.code.id for one in lifted.left] == ["SPL018"] * 3
