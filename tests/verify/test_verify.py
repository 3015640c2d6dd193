"""Proofs: verdicts, directions, the part at fault, storage by a data model, and the command."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from tests import arms
from transpile import dialects
from transpile.cli import Exit
from transpile.cli.main import main
from transpile.codes import Direction, Effect
from transpile.conversion import Conversion, Options, Status, convert_source
from transpile.diagnostics import Diagnostic, Report, Severity
from transpile.dialects.base import Dialect
from transpile.evaluate import Unproven
from transpile.ir.expr import Expr, Keyword, Match
from transpile.ir.match import ANY, ONE, Number, Pattern
from transpile.ir.rule import Rule
from transpile.ir.walk import replace_leaves
from transpile.report.codes import all_codes
from transpile.source import Source
from transpile.verify import Proof, Verdict, reject_disproven, verify_conversions, verify_source
from transpile.verify.proof import Counterexample
from transpile.verify.storage import Storage

RULE = """\
title: Net
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\\net?.exe'
    CommandLine|contains:
      - ' use '
      - ' user '
  filter:
    ParentImage: 'C:\\Program Files\\x.exe'
  condition: selection and not filter
"""
ALL = Options(("spl", "kql", "eql", "yaral"), models=("none",), allow_approximate=True)


def breaking(change: Callable[[Match | Keyword], Expr], monkeypatch: pytest.MonkeyPatch, name: str = "spl") -> None:
    """Make one dialect lower every rule with this mistake."""
    real = dialects.load

    def load(wanted: str) -> Dialect:
        dialect = real(wanted)
        if wanted != name:
            return dialect

        def lower(rule: Rule, report: Report) -> Any:
            return arms.lower(dialect, rule.with_events(condition=replace_leaves(rule.condition, change)), report)

        return replace(dialect, lower=lower)

    monkeypatch.setattr(dialects, "load", load)


def widen(leaf: Match | Keyword) -> Expr:
    """`?` as `*`."""
    if isinstance(leaf.test, Pattern):
        parts = (ANY if part is ONE else part for part in leaf.test.parts)
        return replace(leaf, test=Pattern.of(*parts, case=leaf.test.case))
    return leaf


def test_right_queries_are_proven_in_every_language() -> None:
    proofs = verify_source(Source(RULE, "net.yml"), ALL)
    assert [proof.target for proof in proofs] == list(ALL.targets)
    assert {proof.verdict for proof in proofs} == {Verdict.PROVEN}, proofs
    assert all(proof.events > 50 and proof.matching > 5 for proof in proofs)


def test_the_part_at_fault_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    breaking(widen, monkeypatch)
    (proof,) = verify_source(Source(RULE, "net.yml"), Options(("spl",), models=("none",)))
    assert proof.verdict is Verdict.DISPROVEN
    found = proof.counterexample
    assert isinstance(found, Counterexample) and found.span is not None
    assert (found.span.line, found.predicate) == (6, "Image|endswith: '\\net?.exe'")
    assert found.event in (
        {"Image": "\\net.exe", "CommandLine": " use "},
        {"Image": "\\net.exe", "CommandLine": " user "},
    )
    assert found.query_matches and not found.rule_matches


def test_a_number_at_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    breaking(lambda leaf: replace(leaf, test=Number(5)) if isinstance(leaf.test, Number) else leaf, monkeypatch)
    text = RULE.replace("ParentImage: 'C:\\Program Files\\x.exe'", "LogonType: 4")
    (proof,) = verify_source(Source(text, "net.yml"), Options(("spl",), models=("none",)))
    assert isinstance(proof.counterexample, Counterexample)
    assert proof.counterexample.predicate == "LogonType: 4"


def conversion_of(query: str, *directions: Direction) -> Conversion:
    (made,) = convert_source(Source(RULE, "net.yml"), Options(("spl",), models=("none",)))
    diagnostics = tuple(Diagnostic(APPROXIMATE, Severity.WARNING, "said", direction=one) for one in directions)
    return replace(made, query=query, diagnostics=diagnostics, status=Status.APPROXIMATE)


APPROXIMATE = next(code for code in all_codes().values() if code.effect is Effect.APPROXIMATE)


@pytest.mark.parametrize(
    ("query", "side", "verdict"),
    [
        ('Image="*"', Direction.WIDER, Verdict.PROVEN),
        ('Image="*"', Direction.NARROWER, Verdict.DISPROVEN),
        ('Image="*nothing*" Image="*" AND CommandLine="* use *"', Direction.NARROWER, Verdict.PROVEN),
        ('Image="*nothing*"', Direction.WIDER, Verdict.DISPROVEN),
    ],
)
def test_an_approximate_query_is_held_to_its_direction(query: str, side: Direction, verdict: Verdict) -> None:
    (proof,) = verify_conversions([conversion_of(query, side)], ALL)
    assert proof.verdict is verdict
    assert proof.direction is side


def test_wider_here_and_narrower_there_cannot_be_proven() -> None:
    (proof,) = verify_conversions([conversion_of('Image="*"', Direction.WIDER, Direction.NARROWER)], ALL)
    assert proof.verdict is Verdict.UNPROVEN
    assert "wider in one place and narrower in another" in proof.reason


def test_what_a_language_does_not_document_is_unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    real = dialects.load

    def run(tree: object, events: object) -> Any:
        raise Unproven("nobody knows")

    monkeypatch.setattr(dialects, "load", lambda name: replace(real(name), run=run))
    (proof,) = verify_source(Source(RULE, "net.yml"), Options(("spl",), models=("none",)))
    assert (proof.verdict, proof.reason) == (Verdict.UNPROVEN, "nobody knows")


def test_one_event_that_nobody_can_tell_leaves_the_rest_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    load = dialects.load
    real = load("spl")

    def run(tree: object, events: Any) -> Any:
        events = list(events)
        if any("ParentImage" in event for event in events):
            raise Unproven("parents")
        assert real.run is not None
        return real.run(tree, events)

    monkeypatch.setattr(dialects, "load", lambda name: replace(real, run=run) if name == "spl" else load(name))
    (proof,) = verify_source(Source(RULE, "net.yml"), Options(("spl",), models=("none",)))
    assert (proof.verdict, proof.reason) == (Verdict.UNPROVEN, "parents")
    assert proof.events > 30


@pytest.mark.parametrize(
    ("detection", "reason"),
    [
        ("{s: {A|re: '^(?=x)(?=y)'}, condition: s}", "no event that the rule matches was found"),
        ("{s: {A|re: '(?<=a+)b'}, condition: s}", "cannot be run"),
    ],
)
def test_a_rule_without_witnesses_is_unproven(detection: str, reason: str) -> None:
    text = f"title: Case\nlogsource: {{product: windows}}\ndetection: {detection}\n"
    (proof,) = verify_source(Source(text), Options(("spl",), models=("none",)))
    assert proof.verdict in (Verdict.UNPROVEN, Verdict.REFUSED)
    assert reason in proof.reason or proof.verdict is Verdict.REFUSED


def test_refused_and_unreadable_rules_keep_their_reasons() -> None:
    refused, unreadable = (
        verify_source(Source(text), Options(("eql",), models=("none",)))[0]
        for text in (
            RULE.replace("  filter:", "  words: [mimikatz]\n  filter:").replace("selection and", "words and"),
            "title: x\ndetection: [",
        )
    )
    assert refused.verdict is Verdict.REFUSED and refused.reason
    assert unreadable.verdict is Verdict.ERROR and unreadable.reason


def test_disproven_queries_are_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    breaking(widen, monkeypatch)
    options = Options(("spl", "kql"), models=("none",))
    spl, kql = reject_disproven(convert_source(Source(RULE, "net.yml"), options), options)
    assert spl.query is None and spl.status is Status.REFUSED
    assert [one.code for one in spl.diagnostics] == ["RUN001"]
    assert spl.diagnostics[0].span is not None
    assert kql.query is not None and kql.status is Status.EXACT


# --- data models


def store(event: dict[str, Any], target: str, model: str, rule: str = RULE) -> Any:
    (made,) = convert_source(Source(rule), Options((target,), models=(model,)))
    assert made.rule is not None
    storage = Storage(made.rule, target, model, made.applied)
    return storage.store(storage.complete(event))


def test_events_are_stored_under_the_platforms_names() -> None:
    stored = store({"Image": "C:\\net1.exe", "CommandLine": "net use "}, "eql", "ecs")
    assert stored["process.executable"] == "C:\\net1.exe"
    assert stored["event.category"] == ["process"]


def test_without_a_data_model_events_stay_as_they_are() -> None:
    assert store({"Image": "x"}, "spl", "none") == {"Image": "x"}


def test_events_say_what_their_log_source_says() -> None:
    rule = RULE.replace("ParentImage: 'C:\\Program Files\\x.exe'", "EventID: 5")
    stored = store({"Image": "C:\\net1.exe"}, "spl", "windows-xml", rule)
    assert stored["EventCode"] == 1
    assert store({"Image": "C:\\net1.exe", "EventID": None}, "spl", "windows-xml", rule) is None


def test_several_values_where_the_platform_holds_one_cannot_be_stored() -> None:
    assert store({"Image": ["C:\\a.exe", "C:\\b.exe"]}, "kql", "sentinel") is None


@pytest.mark.parametrize(
    ("target", "model"), [("spl", "windows-xml"), ("kql", "sentinel"), ("kql", "defender"), ("eql", "ecs")]
)
def test_mapped_queries_are_proven_on_mapped_events(target: str, model: str) -> None:
    (proof,) = verify_source(Source(RULE, "net.yml"), Options((target,), models=(model,)))
    assert proof.verdict is Verdict.PROVEN, proof
    assert proof.model == model


PREFETCH = """\
title: Prefetch
logsource: {product: windows, category: file_delete}
detection: {selection: {TargetFilename|endswith: '.pf'}, condition: selection}
"""


@pytest.mark.parametrize(
    ("old", "new", "matches"),
    [
        ("EventCode IN (23, 26)\n", "", False),  # events of any number
        ("EventCode IN (23, 26)", "EventCode IN (23, 27)", True),  # one of the two numbers lost
    ],
)
def test_events_of_other_log_sources_are_told_from_the_rules_own(old: str, new: str, matches: bool) -> None:
    options = Options(("spl",), models=("windows-xml",))
    (made,) = convert_source(Source(PREFETCH), options)
    assert made.query is not None and old in made.query
    (right, wrong) = verify_conversions([made, replace(made, query=made.query.replace(old, new))], options)
    assert right.verdict is Verdict.PROVEN
    assert wrong.verdict is Verdict.DISPROVEN
    found = wrong.counterexample
    assert isinstance(found, Counterexample) and found.why.startswith("EventCode: ")
    assert (found.rule_matches, found.query_matches) == (matches, not matches)
    assert found.span is not None and found.span.line == 2


def test_the_event_category_is_part_of_the_log_source() -> None:
    options = Options(("eql",), models=("ecs",))
    (made,) = convert_source(Source(RULE), options)
    assert made.query is not None and made.query.startswith("process where")
    (proof,) = verify_conversions([replace(made, query="any" + made.query.removeprefix("process"))], options)
    assert proof.verdict is Verdict.DISPROVEN
    assert isinstance(proof.counterexample, Counterexample)
    assert proof.counterexample.stored["event.category"] == ["zq7"]


def test_two_names_for_one_column_hold_the_same() -> None:
    """Event 4624 has a WorkstationName, 4776 a Workstation; UDM keeps both in one place."""
    text = """\
title: Ruler
logsource: {product: windows, service: security}
detection:
  ntlm: {EventID: 4776, Workstation: RULER}
  logon: {EventID: 4624, WorkstationName: RULER}
  condition: ntlm or logon
"""
    (made,) = convert_source(Source(text), Options(("yaral",), models=("udm",)))
    assert made.rule is not None and made.query is not None and made.query.count("principal.hostname") == 2
    storage = Storage(made.rule, "yaral", "udm", made.applied)
    event = {"EventID": 4624, "Workstation": "RULER"}
    assert storage.complete(event) == {**event, "WorkstationName": "RULER"}
    (proof,) = verify_conversions([made], Options(("yaral",), models=("udm",)))
    assert proof.verdict is Verdict.PROVEN, proof


# --- the command


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "net.yml").write_text(RULE)
    (tmp_path / "copy.yml").write_text(RULE.replace("title: Net", 'title: "Copy <of> & it\\a"'))
    return tmp_path


def run_verify(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(["verify", "--model", "none", "--jobs", "1", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_the_command_proves(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_verify([str(rules / "net.yml"), "--to", "spl,kql"], capsys)
    assert code == Exit.FINE
    assert "proven  spl, model none: Net" in out
    assert [line.split() for line in err.splitlines() if line.startswith(("spl", "kql"))] == [
        ["spl", "1", "-", "-", "-", "-"],
        ["kql", "1", "-", "-", "-", "-"],
    ]


def test_ndjson_is_one_object_a_rule_and_language(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run_verify([str(rules), "--to", "spl,eql", "--format", "ndjson", "--quiet"], capsys)
    objects = [json.loads(line) for line in out.splitlines()]
    assert code == Exit.FINE and err == ""
    assert [one["target"] for one in objects] == ["spl", "eql", "spl", "eql"]
    assert all(one["verdict"] == "proven" and one["counterexample"] is None for one in objects)


def test_a_disproof_shows_its_event_and_fails(
    rules: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(widen, monkeypatch)
    code, out, _ = run_verify([str(rules / "net.yml"), "--to", "spl"], capsys)
    assert code == Exit.FINDINGS
    assert out.startswith("disproven  spl, model none: Net")
    event = json.loads(next(line for line in out.splitlines() if "event:" in line).partition(":")[2])
    assert event["Image"] == "\\net.exe"
    assert "at fault, line 6: Image|endswith: '\\net?.exe'" in out


def test_junit_holds_failures(rules: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    breaking(widen, monkeypatch)
    code, out, _ = run_verify([str(rules), "--to", "spl,kql", "--format", "junit", "--quiet"], capsys)
    root = Xml.fromstring(out.encode())
    assert code == Exit.FINDINGS
    assert {suite.get("name"): suite.get("failures") for suite in root} == {"spl (none)": "2", "kql (none)": "0"}
    assert "predicate" not in out and "at fault, line 6" in out


def test_convert_writes_no_disproven_query(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(widen, monkeypatch)
    folder = tmp_path / "out"
    arguments = [str(rules / "net.yml"), "--to", "spl,kql", "--model", "none", "-o", str(folder), "--verify"]
    assert main(["convert", *arguments]) == Exit.FINDINGS
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == ["net.kql"]
    assert "RUN001" in capsys.readouterr().err


def test_unproven_is_a_finding_only_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "never.yml"
    path.write_text(
        "title: Never\nlogsource: {product: windows}\n"
        "detection: {s: {A: x}, t: {A: y}, f: {A: [x, y, z]}, condition: (s or t) and not f}\n"
    )
    assert run_verify([str(path), "--to", "spl"], capsys)[0] == Exit.FINE
    assert run_verify([str(path), "--to", "spl", "--strict"], capsys)[0] == Exit.FINDINGS


def test_tests_that_never_help_are_counted() -> None:
    text = "title: T\nlogsource: {product: windows}\ndetection: {s: {A: [x, y]}, f: {A: Y}, condition: s and not f}\n"
    (proof,) = verify_source(Source(text), Options(("spl",), models=("none",)))
    assert (proof.verdict, proof.unreached) == (Verdict.PROVEN, 1)


def test_proofs_say_everything_in_json() -> None:
    proof = Proof("a.yml", None, "t", "spl", "none", Verdict.PROVEN)
    assert set(proof.to_dict()) == {
        "path", "id", "title", "target", "model", "verdict", "reason", "direction", "events", "matching", "unreached",
        "query", "counterexample",
    }  # fmt: skip
