"""A rule put through a data model: which place serves it, what is added, what is refused, and what is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.pipeline_making import PROCESS, SECURITY, match, rule
from transpile.conversion import Options, convert_source
from transpile.diagnostics import Report
from transpile.ir.expr import And, Expr, Keyword, Match, Not, Or
from transpile.ir.match import ANY, Case, Field, FieldRef, FieldType, Number, Pattern, Regex, Shape
from transpile.ir.passes import simplify_expr
from transpile.ir.rule import Rule
from transpile.ir.stream import LogSource
from transpile.pipelines.apply import Applied, apply
from transpile.pipelines.events import map_event
from transpile.pipelines.load import load
from transpile.pipelines.model import Model
from transpile.source import Source

MODEL = """\
for: kql
tables:
  audit: {CommandLine: CommandLine, NewProcessName Image: NewProcessName, EventID: EventID number}
  agent:
    Image: Folder
    CommandLine: ProcessCommandLine
    Hashes: {hashes: {MD5: MD5}}
    ParentImage: {file: Parent}
    ProcessId: Pid number
    ParentProcessId: ParentPid number
    Data: {any: [Param1, Param2]}
    TargetImage: {file: {path: TargetPath, name: TargetName}}
    RuleName: Kind
sources:
  - for: [windows/process_creation, windows/security 4688]
    dataset: Audit
    where: {Channel: Security, EventID number: 4688}
    fields: audit
  - for: windows/process_creation
    dataset: Agent
    where: {Kind: [Start, "Run*"]}
    fields: agent
  - for: windows/security
    dataset: Other
    fields: {EventID: EventID number, "*": "Data.{name} dynamic"}
  - for: windows/powershell
    fields: {ScriptBlockText: Script}
    keywords: [Script, Message]
  - for: windows/system
    assumed: nothing is told of it
    where: {Channel: System}
    fields: {EventID: EventID number}
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = Path(tmp_path_factory.mktemp("models")) / "mine.yml"
    path.write_text(MODEL, encoding="utf-8")
    return load(str(path))


def put(rule: Rule, model: Model, unmapped: str = "refuse") -> tuple[Applied, list[str]]:
    report = Report()
    return apply(rule, model, report, unmapped=unmapped), [one.code for one in report.diagnostics]


def on(name: str, text: str, type_: FieldType = FieldType.STRING) -> Match:
    return Match(Field(name, type_, True), match(name, text).test)


def test_the_first_place_that_says_the_rule_exactly_serves_it(model: Model) -> None:
    for name, dataset in (("Image", "Audit"), ("Hashes", "Agent")):
        value = r"*\a.exe" if name == "Image" else f"*MD5={'0' * 32}*"
        applied, codes = put(rule(match(name, value)), model)
        assert (applied.rule.dataset, codes) == (dataset, [])


def test_one_place_serves_the_whole_rule(model: Model) -> None:
    applied, codes = put(rule(And((match("NewProcessName", "a"), match("Hashes", f"*MD5={'0' * 32}*")))), model)
    assert codes == ["MAP002"]
    assert applied.rule.dataset == "Audit"


def test_the_log_sources_conditions_are_added(model: Model) -> None:
    applied, _ = put(rule(match("Image", "a")), model)
    assert applied.rule.condition == And(
        (
            on("Channel", "Security"),
            Match(Field("EventID", FieldType.NUMBER, True), Number(4688)),
            on("NewProcessName", "a"),
        )
    )


def test_what_the_rule_says_itself_is_not_said_twice(model: Model) -> None:
    condition = And((match("EventID", Number(4688)), match("Image", "a")))
    applied, codes = put(rule(condition, SECURITY), model)
    said = simplify_expr(applied.rule.condition)
    assert codes == []
    assert isinstance(said, And)
    assert [arg.field.name for arg in said.args if isinstance(arg, Match)] == ["Channel", "EventID", "NewProcessName"]


@pytest.mark.parametrize(
    ("value", "is_within"), [("Start", True), ("RunOnce", True), ("Runs*x", True), ("*Run", False)]
)
def test_a_condition_that_the_rule_makes_narrower_is_not_said_beside_it(
    model: Model, value: str, is_within: bool
) -> None:
    applied, codes = put(rule(match("RuleName", value)), model)
    said = simplify_expr(applied.rule.condition)
    assert codes == []
    assert said == (
        on("Kind", value) if is_within else And((Or((on("Kind", "Start"), on("Kind", "Run*"))), on("Kind", value)))
    )


def test_a_condition_stays_beside_alternatives_of_which_one_is_outside_of_it(model: Model) -> None:
    applied, _ = put(rule(Or((match("RuleName", "Start"), match("RuleName", "Stop")))), model)
    assert isinstance(applied.rule.condition, And)
    assert applied.rule.condition.args[0] == Or((on("Kind", "Start"), on("Kind", "Run*")))


def test_several_values_of_a_condition_are_alternatives_and_may_hold_wildcards(model: Model) -> None:
    applied, _ = put(rule(match("ParentProcessId", Number(4))), model)
    assert isinstance(applied.rule.condition, And)
    assert applied.rule.condition.args[0] == Or((on("Kind", "Start"), on("Kind", "Run*")))


@pytest.mark.parametrize(
    ("condition", "dataset"),
    [
        (match("EventID", Number(4688)), "Audit"),
        (match("EventID", "4688"), "Audit"),
        (match("EventID", Number(4624)), "Other"),
        (Or((match("EventID", Number(4688)), match("EventID", Number(4624)))), "Other"),
        (And((match("EventID", Number(4688)), match("CommandLine", "a"))), "Audit"),
        (And((Not(match("EventID", Number(4688))), match("CommandLine", "a"))), "Other"),
        (match("CommandLine", "a"), "Other"),
    ],
)
def test_the_event_numbers_that_a_rule_keeps_to_choose_the_place(condition: Expr, dataset: str, model: Model) -> None:
    assert put(rule(condition, SECURITY), model)[0].rule.dataset == dataset


def test_fields_without_a_line_of_their_own_follow_the_template_if_the_log_source_has_them(model: Model) -> None:
    applied, codes = put(rule(match("TargetUserName", "a"), SECURITY), model)
    assert (applied.rule.condition, codes) == (on("Data.TargetUserName", "a", FieldType.DYNAMIC), [])
    assert put(rule(match("TargetUserNam", "a"), SECURITY), model)[1] == ["MAP002"]


def test_an_unknown_field_is_refused_with_the_nearest_names(model: Model) -> None:
    report = Report()
    apply(rule(match("CommandLin", "a")), model, report)
    assert [one.code for one in report.diagnostics] == ["MAP002"]
    assert "'CommandLin'" in report.diagnostics[0].message
    assert "near: CommandLine" in report.diagnostics[0].message


def test_of_many_values_of_an_unknown_field_it_is_told_once(model: Model) -> None:
    values = Or(tuple(match("Nothing", text) for text in "abc"))
    assert put(rule(values), model)[1] == ["MAP002"]


def test_an_unknown_log_source_is_refused_with_the_nearest(model: Model) -> None:
    report = Report()
    apply(rule(match("a", "b"), LogSource("process_create", "windows")), model, report)
    assert [one.code for one in report.diagnostics] == ["MAP001"]
    assert "process_creation" in report.diagnostics[0].message


def test_unknown_names_may_be_kept(model: Model) -> None:
    applied, codes = put(rule(match("Nothing", "a")), model, "keep")
    assert codes == ["MAP009"]
    assert match("Nothing", "a") in getattr(applied.rule.condition, "args", ())
    applied, codes = put(rule(match("a", "b"), LogSource("nowhere")), model, "keep")
    assert (codes, applied.rule.condition, applied.source) == (["MAP008"], match("a", "b"), None)


def test_a_field_compared_with_another_is_mapped_on_both_sides(model: Model) -> None:
    compared = Match(Field("ProcessId"), FieldRef(Field("ParentProcessId"), Shape.EQUALS, Case.UNICODE))
    applied, codes = put(rule(compared), model)
    assert codes == []
    assert isinstance(applied.rule.condition, And)
    (leaf,) = (one for one in applied.rule.condition.args if isinstance(one, Match))
    assert isinstance(leaf.test, FieldRef)
    assert (leaf.field.name, leaf.test.field.name) == ("Pid", "ParentPid")
    otherwise = Match(Field("ProcessId"), FieldRef(Field("ParentImage"), Shape.EQUALS, Case.UNICODE))
    assert put(rule(otherwise), model)[1] == ["MAP004"]


def test_a_field_is_compared_with_a_path_as_a_whole(model: Model) -> None:
    compared = Match(Field("Image"), FieldRef(Field("TargetImage"), Shape.EQUALS, Case.UNICODE))
    applied, codes = put(rule(compared), model)
    assert codes == []
    (leaf,) = (one for one in getattr(applied.rule.condition, "args", ()) if isinstance(one, Match))
    assert isinstance(leaf.test, FieldRef)
    assert leaf.test.field.name == "TargetPath"


def test_alternatives_in_several_fields_stand_field_by_field(model: Model) -> None:
    applied, _ = put(rule(Or((match("Data", "a"), match("Data", "b"), match("Image", "c")))), model)
    assert isinstance(applied.rule.condition, And)
    alternatives = applied.rule.condition.args[-1]
    assert isinstance(alternatives, Or)
    found = [(one.field.name, one.test) for one in alternatives.args if isinstance(one, Match)]
    names = ["Param1", "Param1", "Param2", "Param2", "Folder"]
    assert found == list(zip(names, map(Pattern.of, "ababc"), strict=True))


def test_what_a_place_assumes_is_told(model: Model) -> None:
    report = Report()
    apply(rule(match("EventID", "1"), LogSource(None, "windows", "system")), model, report)
    assert [one.code for one in report.diagnostics] == ["MAP010"]
    assert "in Channel System: nothing is told of it" in report.diagnostics[0].message


def test_keywords_are_sought_in_the_fields_of_the_message(model: Model) -> None:
    powershell = LogSource(None, "windows", "powershell")
    applied, codes = put(rule(Keyword(Pattern.of("evil"), None), powershell), model)
    assert codes == []
    assert isinstance(applied.rule.condition, Or)
    sought = [(arg.field.name, arg.test) for arg in applied.rule.condition.args if isinstance(arg, Match)]
    assert sought == [(name, Pattern.of(ANY, "evil", ANY)) for name in ("Script", "Message")]
    applied, _ = put(rule(Keyword(Regex("e.il"), None), powershell), model)
    assert isinstance(applied.rule.condition, Or)
    assert all(isinstance(arg, Match) and arg.test == Regex("e.il") for arg in applied.rule.condition.args)


def test_the_trace_names_each_line_that_was_used(model: Model) -> None:
    applied, _ = put(rule(match("Hashes", f"*MD5={'0' * 32}*")), model)
    assert applied.trace == (
        "Hashes -> MD5  (mine.yml:7)",
        "category process_creation, product windows -> Agent  (mine.yml:19)",
        "category process_creation, product windows -> Kind = Start or Run*  (mine.yml:19)",
    )


def test_without_a_model_nothing_changes() -> None:
    before = rule(match("a", "b"))
    applied, codes = put(before, load("none"))
    assert applied.rule is before
    assert codes == []


def test_the_fields_to_be_shown_are_mapped_too(model: Model) -> None:
    shown = Rule.on_events(
        "a", match("Image", "a"), rule(match("a", "b")).source, logsource=PROCESS, fields=("Image", "Nothing")
    )
    assert put(shown, model)[0].rule.fields == ("NewProcessName",)


def test_an_event_is_stored_where_the_rule_looks(model: Model) -> None:
    event = {"NewProcessName": "a", "EventID": "4688", "More": {"Inner": 1}}
    assert map_event(event, model, SECURITY) == {
        "NewProcessName": "a",
        "EventID": 4688,
        "More.Inner": 1,
        "Channel": "Security",
    }


def test_the_keys_of_a_map_are_gathered(tmp_path: Path) -> None:
    path = tmp_path / "udm.yml"
    path.write_text(
        """\
for: yaral
sources: [{for: windows/security, where: {'m["k"]': v, p list: w}, fields: {"*": 'm["{name}"]'}}]
""",
        encoding="utf-8",
    )
    stored = map_event({"TargetUserName": "a"}, load(str(path)), SECURITY)
    assert stored == {"m": {"TargetUserName": "a", "k": "v"}, "p": ["w"]}


def test_what_a_wildcard_of_a_condition_stands_for_is_the_events_own(model: Model) -> None:
    agent = model.sources[PROCESS][1]
    for value, kept in (("RunOnce", "RunOnce"), ("START", "Start")):
        assert map_event({"Image": "a", "RuleName": value}, model, PROCESS, agent)["Kind"] == kept


EXCLUDES = """\
title: t
logsource: {category: file_event, product: macos}
detection:
  selection: {TargetFilename|endswith: /Run/x}
  filter: {Image|endswith: /a.app}
  condition: selection and not filter
"""


def test_an_exclusion_by_a_field_that_is_not_kept_can_be_left_out() -> None:
    def converted(text: str, approximate: bool) -> tuple[str, list[str], str]:
        (found,) = convert_source(Source(text), Options(("spl",), models=("cim",), allow_approximate=approximate))
        return found.status, [one.code for one in found.diagnostics if one.code.startswith("MAP0")], found.query or ""

    assert converted(EXCLUDES, False)[:2] == ("refused", ["MAP023W", "MAP010"])
    status, codes, query = converted(EXCLUDES, True)
    assert (status, codes) == ("approximate", ["MAP023W", "MAP010"])
    assert "Run" in query and "a.app" not in query
    assert converted(EXCLUDES.replace("and not", "and"), True)[:2] == ("refused", ["MAP003", "MAP010"])
