"""Text that a platform keeps as XML spells it: tests of it, and the events that they are about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pipelines.pipeline_making import PROCESS, match, rule
from transpile.conversion import Options, convert_source
from transpile.diagnostics import Report
from transpile.ir.expr import Keyword, Match, Or
from transpile.ir.match import ANY, Case, Null, Pattern, Regex, Test
from transpile.ir.stream import LogSource
from transpile.pipelines.apply import apply
from transpile.pipelines.escapes import escaped, escaped_value, spellings, unescaped, unescaped_value
from transpile.pipelines.events import map_event
from transpile.pipelines.leaf import Unsupported
from transpile.pipelines.load import load
from transpile.pipelines.model import Model
from transpile.regex.parse import parse
from transpile.regex.print import to_python
from transpile.source import Source

MODEL = """\
for: spl
sources:
  - for: [windows/process_creation, windows/any]
    as: xml
    fields: {"*": "{name}"}
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = Path(tmp_path_factory.mktemp("models")) / "mine.yml"
    path.write_text(MODEL, encoding="utf-8")
    return load(str(path))


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("2>&1", True),
        ("a && b", True),
        ("<", True),
        ("&", False),
        ("&l", False),
        ("x & lt", True),
        ("&amp", False),
        ("&&", True),
    ],
)
def test_what_no_xml_can_hold_is_sought_as_it_is_too(text: str, both: bool) -> None:
    test = Pattern.of(ANY, text, ANY)
    assert spellings(test) == ((test, escaped(test)) if both else (escaped(test),))
    assert not both or not any(text in escaped_value(value) for value in (*VALUES, text, "&amp;lt", "a && b", "&l"))


@pytest.mark.parametrize(
    ("test", "spelled"),
    [
        (Pattern.of(ANY, "a & b > c", ANY), Pattern.of(ANY, "a &amp; b &gt; c", ANY)),
        (Pattern.of("<x>", case=Case.SENSITIVE), Pattern.of("&lt;x&gt;", case=Case.SENSITIVE)),
        (Pattern.of(ANY, 'say "it\'s"', ANY), Pattern.of(ANY, 'say "it\'s"', ANY)),
        (Regex("a&&b"), Regex("a&&b|a&amp;&amp;b")),
        (Regex("a&"), Regex("a&amp;")),
        (Regex("(?i)&&set"), Regex("(?i)(?:&&|&amp;&amp;)set")),
        (Regex("&?x"), Regex("(?:&amp;)?x")),
        (Regex("(?<=a)[>|]b"), Regex("(?<=a)(?:&gt;|[>|])b")),
        (Regex("[^a]b"), Regex("[^a]b")),
        (Null(), Null()),
    ],
)
def test_what_is_asked_is_spelled_as_it_is_kept(test: Test, spelled: Test) -> None:
    assert escaped(test) == spelled


def test_a_set_that_leaves_such_a_character_out_cannot_be_said() -> None:
    with pytest.raises(Unsupported):
        escaped(Regex("[^&]b"))


VALUES = ["a&b", "a;b", "<a>;b", "&iex", ";iex", "lt", "a<lt", "x>;iex y", "A;", "&;"]


@pytest.mark.parametrize(
    "pattern",
    [
        Pattern.of(ANY, ";iex", ANY),
        Pattern.of(ANY, ";"),
        Pattern.of(ANY, "lt", ANY),
        Pattern.of("a", ANY, ";b"),
        Pattern.of(ANY, "p", ANY, case=Case.SENSITIVE),
    ],
)
def test_nothing_is_found_inside_of_the_spelling_of_a_character(pattern: Pattern) -> None:
    kept = escaped(pattern)
    assert isinstance(kept, Regex)
    tree = parse(kept.pattern, ignore_case=kept.ignore_case, dotall=kept.dotall)
    for value in VALUES:
        plain = "".join(re.escape(part) if isinstance(part, str) else ".*" for part in pattern.parts)
        wanted = re.fullmatch(plain, value, re.DOTALL if pattern.cased else re.DOTALL | re.IGNORECASE)
        assert bool(re.search(to_python(tree), escaped_value(value))) == bool(wanted), (pattern, value)


def test_rules_keywords_and_events_go_the_same_way(model: Model) -> None:
    applied = apply(rule(match("CommandLine", "*2>&1*")), model, Report())
    assert isinstance(applied.rule.condition, Or)
    tests = [arg.test for arg in applied.rule.condition.args if isinstance(arg, Match)]
    assert tests == [Pattern.of(ANY, "2>&1", ANY), Pattern.of(ANY, "2&gt;&amp;1", ANY)]
    found = apply(rule(Keyword(Pattern.of("a&b")), LogSource(None, "windows", None)), model, Report())
    assert found.rule.condition == Keyword(Pattern.of("a&amp;b"))
    event = {"CommandLine": "x 2>&1", "Tags": ["<", "b"]}
    assert map_event(event, model, PROCESS) == {"CommandLine": "x 2&gt;&amp;1", "Tags": ["&lt;", "b"]}


def test_what_cannot_be_said_is_refused(model: Model) -> None:
    report = Report()
    apply(rule(Keyword(Regex("[^&]b")), LogSource(None, "windows", None)), model, report)
    apply(rule(match("CommandLine", Regex("[^<]b"))), model, report)
    assert [one.code for one in report.diagnostics] == ["MAP004", "MAP004"]


@pytest.mark.parametrize(
    ("test", "plain"),
    [
        (Pattern.of(ANY, "2&gt;&amp;1", ANY), Pattern.of(ANY, "2>&1", ANY)),
        (Pattern.of("&amp;gt;", case=Case.SENSITIVE), Pattern.of("&gt;", case=Case.SENSITIVE)),
        (Pattern.of("&QUOT;a&apos;&nbsp;&"), Pattern.of("\"a'&nbsp;&")),
        (Regex("(?i)&&set|&amp;&amp;set"), Regex("(?i)&&set")),
        (Regex(r"(?:&amp;)?x[&gt;]\&lt;"), Regex(r"&?x[\&gt;]&lt;")),
    ],
)
def test_what_is_read_is_the_text_that_is_kept(test: Pattern | Regex, plain: Pattern | Regex) -> None:
    assert unescaped(test) == plain


def test_values_go_there_and_back() -> None:
    for value in (*VALUES, "&amp;lt;", "2>&1", ["<", 1]):
        assert unescaped_value(escaped_value(value)) == value


XML_SOURCE = 'source="XmlWinEventLog:Microsoft-Windows-Sysmon/Operational" EventCode=1 '
CIM = "| tstats count from datamodel=Endpoint.Processes where Processes.process_name=cmd.exe "


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (XML_SOURCE + 'CommandLine="*2&gt;&amp;1*"', '"2>&1"'),
        (XML_SOURCE + 'CommandLine IN ("*2>&1*", "*2&gt;&amp;1*")', '"2>&1"'),
        (CIM + 'Processes.process="*2&gt;&amp;1*" by Processes.dest', '"2>&1"'),
        ('source="WinEventLog:Security" EventCode=4688 CommandLine="*2&gt;&amp;1*"', '"2&gt;&amp;1"'),
    ],
)
def test_queries_are_read_as_their_platform_keeps_text(query: str, wanted: str) -> None:
    (conversion,) = convert_source(Source(query, "q.spl"), Options(("kql",)))
    assert conversion.query is not None
    assert conversion.query.rpartition("| where ")[2].split(" contains ")[1] == wanted


@pytest.mark.parametrize("data_model", ["cim", "windows-xml"])
def test_a_rule_comes_back_as_it_was(data_model: str) -> None:
    text = """
title: t
logsource: {product: windows, category: process_creation}
detection:
    sel:
        Image|endswith: 'cmd.exe'
        CommandLine|contains: ['2>&1', 'a&b', "x"]
    condition: sel
"""
    (there,) = convert_source(Source(text, "r.yml"), Options(("spl",), models=(data_model,)))
    assert "2&gt;&amp;1" in str(there.query)
    (back,) = convert_source(Source(str(there.query), "q.spl"), Options(("sigma",)))
    listed = re.search(r"CommandLine\|contains:((?:\s+- '[^']*')+)", str(back.query))
    assert listed is not None
    assert re.findall("'(.*)'", listed[1]) == ["2>&1", "a&b", "x"]
