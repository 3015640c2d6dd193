"""A line that the prefilter skips is an event that no rule matches, however the event is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st

from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import ANY, Exists, Field, FieldRef, Null, Number, Order, Pattern, Regex, Shape
from transpile.ir.match import Compare as Comparison
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.matching.logs import LogRecord, read_logs
from transpile.matching.matcher import Matcher
from transpile.matching.prefilter import Prefilter
from transpile.matching.run import RunTally, match_logs
from transpile.matching.shapes import EventReader
from transpile.source import Source

SOURCES = st.sampled_from(
    [
        LogSource(),
        LogSource(None, "windows"),
        LogSource("process_creation", "windows"),
        LogSource(None, "windows", "security"),
        LogSource(None, "windows", "system"),
        LogSource("webserver"),
    ]
)
NAMES = st.sampled_from(
    ["Image", "NewProcessName", "Data", "a.b", "EventID", "Channel", "Provider_Name", "Level", "Security_UserID", "@x"]
)
WORDS = ["C:\\Users\\x", "Größe", "/c", 'say "x"', "evil", "EVIL.exe", "4688", "1", "true", "\u0130", "tab\there", "💀"]
TEXTS = st.sampled_from(WORDS)
PATTERNS = st.builds(
    lambda text, before, after: Pattern.of(*before, text, *after),
    TEXTS,
    st.sampled_from([(), (ANY,)]),
    st.sampled_from([(), (ANY,)]),
)
TESTS = st.one_of(
    PATTERNS,
    st.sampled_from([Regex("(?i)evil|gr..e"), Number(4688), Number(1), Exists(), Null(), Comparison(Order.GT, 5)]),
    st.builds(FieldRef, NAMES.map(Field), st.just(Shape.EQUALS)),
)
LEAVES = st.one_of(st.builds(Match, NAMES.map(Field), TESTS), st.builds(Keyword, PATTERNS))
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Not, inner),
    ),
    max_leaves=5,
)
PLAIN = st.one_of(TEXTS, st.sampled_from([1, 1.0, 4688, 0.5, True, None, "", "0x1"]))
NESTED = st.one_of(PLAIN, st.lists(PLAIN, max_size=2), st.dictionaries(st.sampled_from(["#text", "b", "Image"]), PLAIN))
FIELDS = st.sampled_from(["Image", "NewProcessName", "Data", "a.b"])
DATA = st.one_of(
    st.dictionaries(FIELDS, PLAIN, max_size=3),
    st.dictionaries(FIELDS, PLAIN, max_size=3),
    st.dictionaries(FIELDS, PLAIN, max_size=3),
    st.dictionaries(NAMES, PLAIN, max_size=4),
    st.dictionaries(NAMES, NESTED, max_size=4),
    st.sampled_from([None, "evil", {"Data": [{"#attributes": {"Name": "Image"}, "#text": "evil"}]}]),
)
CHANNELS = st.sampled_from(["Security", "System", "Microsoft-Windows-Sysmon/Operational", "security", "Other"])
NUMBERS = st.one_of(
    st.sampled_from([1, 4688, 7045, {"#text": "1"}, {"#text": 4688}]),
    st.sampled_from([1, 4688, "1", "4688", "04688", 4688.0, "x", None]),
)
CHILDREN = st.dictionaries(
    st.sampled_from([*["Level", "Computer", "Security", "Task"] * 3, "Image", "Provider_attributes"]),
    st.one_of(PLAIN, st.just({"#attributes": {"UserID": "evil"}}), st.just({"#text": "evil"})),
    max_size=2,
)
NAMED = [{"#attributes": {"Name": "evil"}}, {"#attributes": {"Name": "x", "Guid": "{1}"}}]
PROVIDERS = st.sampled_from([*NAMED * 4, "evil"])


@st.composite
def lines(draw: st.DrawFn) -> str:
    """An event in the shape that is looked at, or nearly so, as one of the ways to write it in JSON."""
    system = {"Provider": draw(PROVIDERS), "EventID": draw(NUMBERS), "Channel": draw(CHANNELS), **draw(CHILDREN)}
    body: dict[str, Any] = {"System": system, "EventData": draw(DATA)}
    if draw(st.integers(0, 9)) == 0:
        body["UserData"] = draw(DATA)
    whole: dict[str, Any] = {"Event": body}
    if draw(st.integers(0, 9)) == 0:
        whole["_raw"] = "evil"
    text = json.dumps(whole, ensure_ascii=draw(st.booleans()), separators=draw(st.sampled_from([None, (",", ":")])))
    if draw(st.booleans()):
        text = text.replace("evil", "ev\\u0069l").replace("/", "\\/")
    return text.replace('"Image"', '"\\u0049mage"') if draw(st.integers(0, 5)) == 0 else text


def rule_of(condition: Expr, logsource: LogSource) -> Rule:
    return Rule.on_events("Case", condition, Source(""), logsource=logsource)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    st.lists(st.builds(rule_of, CONDITIONS, SOURCES), min_size=1, max_size=3),
    st.lists(lines(), min_size=2, max_size=6),
    st.booleans(),
)
def test_what_is_skipped_matches_no_rule(rules: list[Rule], written: list[str], routed: bool) -> None:
    prefilter, reader = Prefilter(Matcher(rules, routed=routed)), EventReader()
    for line in written:
        if prefilter.skips(line):
            note("skipped")
            event, origin = reader.read(json.loads(line))
            assert Matcher(rules, routed=routed).match(event, origin) == [], line
        else:
            note("looked at")


def line_of(number: int, channel: str = "Security", **data: object) -> str:
    system = {"Provider": {"#attributes": {"Name": "p"}}, "EventID": number, "Channel": channel, "Level": 4}
    return json.dumps({"Event": {"System": system, "EventData": data}}, ensure_ascii=False)


IMAGE = rule_of(Match(Field("Image"), Pattern.of(ANY, "\\evil.exe")), LogSource("process_creation", "windows"))
LEVEL = rule_of(Match(Field("Level"), Number(4)), LogSource(None, "windows", "system"))
WORD = rule_of(Keyword(Pattern.of("Größe")), LogSource(None, "windows", "application"))


@pytest.mark.parametrize(
    ("line", "skipped"),
    [
        (line_of(4624, TargetUserName="x"), True),  # of no rule's log source
        (line_of(4688, NewProcessName="C:\\ok.exe"), True),
        (line_of(4688, NewProcessName="C:\\EVIL.exe"), False),  # under Sysmon's name
        (line_of(4688, NewProcessName="C:\\ok.exe", Image="C:\\evil.exe"), False),
        (line_of(7036, "System"), False),  # what `System` has besides is not looked at
        (line_of(1000, "Application", Text="die gRÖSSE"), True),
        (line_of(1000, "Application", Text="die GRÖßE"), False),
        (line_of(1000, "Application", Text="x").replace('"x"', '"\\u0041"'), False),
        (line_of(4624).replace("}}}", "}}"), False),  # no JSON
        (line_of(4624, X="\x01").replace("\\u0001", "\x01"), False),
        ('{"EventID": 4624, "Channel": "Security"}', False),  # another shape
        ("\n", False),
    ],
)
def test_lines_that_are_skipped(line: str, skipped: bool) -> None:
    assert Prefilter(Matcher([IMAGE, LEVEL, WORD], routed=True)).skips(line) is skipped


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        (Match(Field("EventID"), Number(4688)), line_of(1, EventID=4688)),  # both values are the event's
        (Match(Field("Data"), Pattern.of("1")), line_of(1, Data=1.0)),
        (Match(Field("Data"), Pattern.of("true")), line_of(1, Data=True)),
    ],
)
def test_values_that_are_not_plain_texts(condition: Expr, line: str) -> None:
    matcher, reader = Matcher([rule_of(condition, LogSource())]), EventReader()
    event, origin = reader.read(json.loads(line))
    assert matcher.match(event, origin) == [0]
    assert not Prefilter(matcher).skips(line)


def test_skipped_lines_are_counted_as_events(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    path.write_text(f"{line_of(4624)}\n\nno json\n{line_of(4688, Image='evil.exe')}\n" * 300, encoding="utf-8")
    tally = RunTally()
    assert list(match_logs(Matcher([IMAGE], routed=True), [path], tally)) == []
    assert (tally.events, tally.broken) == (600, 300)


def test_a_log_that_matches_is_read_without_it(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    path.write_text(f"{line_of(4688, Image=chr(92) + 'evil.exe')}\n" * 400 + f"{line_of(4624)}\n" * 9000, "utf-8")
    tally = RunTally()
    assert len(list(match_logs(Matcher([IMAGE], routed=True), [path], tally))) == 400
    assert tally.events == sum(isinstance(one, LogRecord) for one in read_logs(path)) == 9400
