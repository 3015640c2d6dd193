"""The matcher finds what the reference meaning finds, no more and no less, however it looks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.batch import find
from transpile.evaluate.reference import compile_rule
from transpile.evaluate.witness import make_witnesses
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
    Null,
    Number,
    Order,
    Pattern,
    Regex,
    Shape,
)
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.matching.index import REMEMBERED
from transpile.matching.matcher import Matcher
from transpile.matching.needles import Needle, needles
from transpile.matching.route import route_of
from transpile.matching.rules import Unusable, load_rules
from transpile.matching.shapes import UNKNOWN, EventOrigin, origin_of
from transpile.source import Source

quick = settings(derandomize=True, deadline=None, max_examples=200)


def rule_of(condition: Expr, logsource: LogSource = LogSource()) -> Rule:  # noqa: B008 (immutable)
    return Rule.on_events("Case", condition, Source(""), logsource=logsource)


NAMES = st.sampled_from(["a", "b", "c.d"])
TEXTS = st.sampled_from(["", "x", "X", "xy", "abcd", "ABCDe", "abc*", "10.0.0.1", "1", "true", "İß", "needle in hay"])
PATTERNS = st.builds(
    lambda parts, case: Pattern.of(*parts, case=case),
    st.lists(st.one_of(TEXTS, st.sampled_from([ANY, ONE])), max_size=4),
    st.sampled_from((Case.UNICODE, Case.SENSITIVE)),
)
REGEXES = st.sampled_from(["abc", "^a(bc|x)d?", "(?i)ABC", ".*", "", "x{2,}|needle", "[a-c]+d"]).map(Regex)
FIELDS = NAMES.map(Field)
TESTS = st.one_of(
    PATTERNS,
    REGEXES,
    st.sampled_from([Number(1), Number(1.5), Boolean(True), Cidr("10.0.0.0/8"), Exists(), Null()]),
    st.builds(Compare, st.sampled_from(list(Order)), st.integers(0, 2)),
    st.builds(FieldRef, FIELDS, st.sampled_from([Shape.EQUALS, Shape.STARTS])),
)
LEAVES = st.one_of(
    st.builds(Match, FIELDS, TESTS), st.builds(Keyword, st.one_of(PATTERNS, REGEXES)), st.sampled_from([TRUE, FALSE])
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=8,
)
VALUES = st.one_of(TEXTS, st.integers(0, 2), st.booleans(), st.none(), st.just(1.5), st.just({"z": "abcd"}))
EVENTS = st.dictionaries(
    st.sampled_from(["a", "b", "c.d", "e"]), st.one_of(VALUES, st.lists(VALUES, max_size=3)), max_size=4
)


@quick
@given(st.lists(CONDITIONS, max_size=6), st.lists(EVENTS, min_size=1, max_size=5))
def test_the_matcher_agrees_with_the_reference(conditions: list[Expr], events: list[dict[str, Any]]) -> None:
    rules = [rule_of(condition) for condition in conditions]
    matcher = Matcher(rules)
    for event in [*events, {"c": {"d": "abcd"}}]:
        assert matcher.match(event) == [at for at, rule in enumerate(rules) if compile_rule(rule)(event)]


@quick
@given(CONDITIONS, EVENTS)
def test_a_needle_is_in_every_event_that_matches(condition: Expr, event: dict[str, Any]) -> None:
    found = needles(condition)
    if found is not None and compile_rule(condition)(event):
        assert Matcher([rule_of(condition)]).match(event) == [0]


def test_needles_are_the_rarest_that_will_do() -> None:
    image, user = Match(Field("Image"), Pattern.of(ANY, "\\Net.exe")), Match(Field("User"), Pattern.of("x"))
    assert needles(And((image, user))) == frozenset({Needle("Image", "\\net.exe")})
    assert needles(Or((image, user))) == frozenset({Needle("Image", "\\net.exe"), Needle("User", "x", True)})
    assert needles(Or((image, Not(user)))) is None
    assert needles(Match(Field("f"), Regex("(foo|barfoo)x+[0-9]"))) == frozenset(
        {Needle("f", "foo"), Needle("f", "barfoo")}
    )


def test_many_needles_of_one_field() -> None:
    rules = [rule_of(Match(Field("f"), Pattern.of(ANY, f"word{number:03}", ANY))) for number in range(100)]
    rules.append(rule_of(Match(Field("f"), Pattern.of(ANY, "wo", ANY))))
    matcher = Matcher(rules)
    assert matcher.match({"f": "a WORD007 and word042"}) == [7, 42, len(rules) - 1]
    assert matcher.match({"f": "nothing"}) == []


def test_a_needle_is_found_wherever_it_stands() -> None:
    words = [f"{number:04}é"[-size:] + "-" * (size - 5) for number in range(20) for size in range(3, 9)]
    rules = [rule_of(Keyword(Pattern.of(word))) for word in words]
    matcher = Matcher(rules)
    for before in range(9):
        for word in words[:12]:
            event = {"f": "." * before + word + ".."}
            assert matcher.match(event) == [at for at, one in enumerate(words) if one in word], (before, word)


def test_what_is_remembered_is_forgotten_in_time() -> None:
    rules = [rule_of(Keyword(Pattern.of("bad"))), rule_of(Match(Field("f"), Pattern.of(ANY, "x")))]
    matcher = Matcher(rules)
    for number in range(REMEMBERED * 2):
        assert matcher.match({"f": f"{number}x", "g": f"bad{number}"}) == [0, 1]
        assert matcher.match({"f": number, "g": f"good{number}"}) == []
    assert matcher.match({"f": "a" * 5000 + "badx"}) == [0, 1]


@pytest.mark.parametrize("word", ["1", "true", "0"])
def test_true_is_not_taken_for_one(word: str) -> None:
    matcher = Matcher([rule_of(Keyword(Pattern.of(word)))])
    for _ in range(2):
        assert [
            bool(matcher.match({"a": one, "b": two})) for one, two in ((True, 5), (1, 5), (True, 1), (0, False))
        ] == [
            word == "true",
            word == "1",
            word != "0",
            word == "0",
        ]


@pytest.mark.parametrize("keyword", ["-3", "+", "5e-0", "ru", "F", "inf", "aN", "9223372036854775808", "1", ".5"])
def test_keywords_in_what_is_no_text(keyword: str) -> None:
    rule = rule_of(Keyword(Pattern.of(keyword)))
    values = [-3, 1e22, 1.5e-07, True, False, float("inf"), float("-inf"), float("nan"), 9223372036854775808, 1.0, 0.5]
    for value in [*values, None, {"b": True}, [0.5, ["inf"]], "x"]:
        event = {"a": value, "t": "text"}
        assert Matcher([rule]).match(event) == [0] * compile_rule(rule)(event), value


def test_public_rules_on_events_made_from_them(corpora: Path) -> None:
    loaded = [one for one in load_rules(find([str(corpora / "sigma" / "rules")])) if not isinstance(one, Unusable)]
    rules = loaded[::15]
    matcher = Matcher(rules)
    compiled = [compile_rule(rule) for rule in rules]
    compared = 0
    for rule in rules[::10]:
        for witness in make_witnesses(rule).events[::4]:
            compared += 1
            assert matcher.match(witness.event) == [at for at, check in enumerate(compiled) if check(witness.event)]
    assert compared > 300


# --- log sources


def windows(channel: str, number: int) -> EventOrigin:
    return origin_of({"Channel": channel, "EventID": number})


SYSMON = "Microsoft-Windows-Sysmon/Operational"


def test_windows_events_tell_their_log_source() -> None:
    process = route_of(LogSource(category="process_creation", product="windows"))
    security = route_of(LogSource(product="windows", service="security"))
    assert process.takes(windows(SYSMON, 1)) and process.takes(windows("Security", 4688))
    assert not process.takes(windows(SYSMON, 3))
    assert security.takes(windows("Security", 4624)) and not security.takes(windows(SYSMON, 1))
    assert route_of(LogSource(category="process_creation")).takes(windows(SYSMON, 1))
    assert not route_of(LogSource(category="process_creation")).takes(windows(SYSMON, 3))


@pytest.mark.parametrize(
    "logsource",
    [
        LogSource(product="linux", category="process_creation"),
        LogSource(product="zeek", service="dns"),
        LogSource(product="cisco", service="aaa"),
        LogSource(category="webserver"),
        LogSource(category="proxy"),
    ],
)
def test_a_rule_for_another_product_does_not_see_windows(logsource: LogSource) -> None:
    assert not route_of(logsource).takes(windows("Security", 4624))
    assert route_of(logsource).takes(UNKNOWN)


def test_what_cannot_be_told_takes_every_event() -> None:
    for logsource in LogSource(), LogSource(product="windows"), LogSource(category="antivirus"):
        assert route_of(logsource).takes(windows("Security", 4624)) and route_of(logsource).takes(UNKNOWN)


def test_a_product_that_an_event_tells() -> None:
    aws = origin_of({"eventSource": "s3.amazonaws.com", "eventName": "x", "awsRegion": "y"})
    assert aws.product == "aws"
    assert route_of(LogSource(product="aws", service="cloudtrail")).takes(aws)
    assert not route_of(LogSource(product="azure")).takes(aws)
    assert not route_of(LogSource(product="windows", category="process_creation")).takes(EventOrigin("unix"))
    assert route_of(LogSource(product="linux", service="sshd")).takes(EventOrigin("unix"))


def test_the_logs_own_channel_comes_before_one_that_the_event_speaks_of() -> None:
    assert origin_of({"Channel": ["System", "Security"], "EventID": 104})[1:3] == ("system", "104")


def test_rules_are_asked_only_about_their_own_events() -> None:
    condition = Match(Field("Image"), Pattern.of(ANY, "x.exe"))
    rules = [
        rule_of(condition, LogSource(category="process_creation", product="windows")),
        rule_of(condition, LogSource(category="image_load", product="windows")),
        rule_of(condition, LogSource(product="linux")),
    ]
    event = {"Image": "C:\\x.exe", "EventID": 1, "Channel": SYSMON}
    assert Matcher(rules, routed=True).match(event) == [0]
    assert Matcher(rules).match(event) == [0, 1, 2]
    assert Matcher(rules, routed=True).match({"Image": "/x.exe"}) == [0, 1, 2]


@pytest.mark.parametrize("routed", [False, True])
def test_real_events_match_their_rules(corpora: Path, routed: bool) -> None:
    """Every rule that a folder of real events names matches one of them, among all rules at once."""
    import yaml

    from transpile.matching.run import RunTally, match_logs

    named: dict[str, Path] = {}
    for info in sorted((corpora / "events" / "sigma-regression").rglob("info.yml")):
        for rule in yaml.safe_load(info.read_text(encoding="utf-8"))["rule_metadata"]:
            named[rule["id"]] = next(info.parent.glob("*.json"))
    assert len(named) > 100
    loaded = load_rules(find([str(corpora / "sigma")]))
    rules = [one for one in loaded if not isinstance(one, Unusable) and one.id in named]
    assert len(rules) == len(named)
    tally = RunTally()
    hits = {
        (rules[hit.rule].id, Path(hit.path))
        for hit in match_logs(Matcher(rules, routed=routed), sorted(set(named.values())), tally)
    }
    assert tally.broken == 0
    assert set(named.items()) - hits == set()


def test_an_event_too_deep_to_walk_through_is_one_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from transpile.matching import run
    from transpile.matching.logs import LogRecord

    deep: Any = "mimikatz"
    for _ in range(100_000):
        deep = [deep]
    records = [LogRecord(1, {"f": deep}), LogRecord(2, {"f": "mimikatz"})]
    monkeypatch.setattr(run, "read_logs", lambda *_: iter(records))
    tally = run.RunTally()
    hits = list(run.match_logs(Matcher([rule_of(Keyword(Pattern.of("mimikatz")))]), [tmp_path], tally))
    assert [hit.number for hit in hits] == [2]
    assert (tally.events, tally.problems) == (1, [f"{tmp_path}:1: nested too deeply"])
