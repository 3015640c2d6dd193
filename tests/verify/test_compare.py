"""Two rules by what they match, and queries that somebody else wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from transpile.batch.find import RuleFile
from transpile.batch.queries import Given
from transpile.cli import Exit
from transpile.cli.main import main
from transpile.conversion import Options, convert_source, read_source_rules
from transpile.ir.rule import Rule
from transpile.source import Source
from transpile.verify import Verdict
from transpile.verify.audit import audit, audit_files
from transpile.verify.compare import Relation, compare_rules

RULE = "title: t\nlogsource: {product: windows, category: process_creation}\ndetection: "


def rule_of(detection: str) -> Rule:
    (found,) = read_source_rules(Source(RULE + detection, "r.yml"), Options(()))
    assert found.rule is not None
    return found.rule


@pytest.mark.parametrize(
    ("first", "second", "relation"),
    [
        ("{s: {A: x}, condition: s}", r"{s: {A|re: '(?i)\Ax\z'}, condition: s}", Relation.EQUAL),
        ("{s: {A: [x, y]}, condition: s}", "{s: {A: y}, t: {A: x}, condition: 1 of *}", Relation.EQUAL),
        ("{s: {A: x}, condition: s}", "{s: {A: [x, y]}, condition: s}", Relation.WIDER),
        ("{s: {A|contains: x}, condition: s}", "{s: {A|contains: xy}, condition: s}", Relation.NARROWER),
        ("{s: {A: x}, condition: s}", "{s: {A: y}, condition: s}", Relation.DIFFERENT),
        ("{s: {A: x}, f: {B: y}, condition: s and not f}", "{s: {A: x}, condition: s}", Relation.WIDER),
    ],
)
def test_relations(first: str, second: str, relation: Relation) -> None:
    found = compare_rules(rule_of(first), rule_of(second))
    assert found.relation is relation
    assert (found.only_first is not None) == (relation in (Relation.NARROWER, Relation.DIFFERENT))
    assert (found.only_second is not None) == (relation in (Relation.WIDER, Relation.DIFFERENT))


def test_the_event_is_the_smallest() -> None:
    found = compare_rules(rule_of("{s: {A: x}, condition: s}"), rule_of("{s: {A|contains: x}, condition: s}"))
    assert found.only_second is not None
    assert len(found.only_second["A"]) == 2


WRONG = [
    ("spl", "none", 'A="*net.exe" B=1', Verdict.DISPROVEN),
    ("spl", "none", 'A IN ("*\\\\net.exe", "*\\\\net1.exe")', Verdict.PROVEN),
    ("kql", "none", 'Events | where A endswith @"\\net.exe" or A endswith @"\\net1.exe"', Verdict.PROVEN),
    (
        "kql",
        "none",
        'Events | where A endswith @"\\net.exe" or A endswith @"\\net1.exe" or A == "z"',
        Verdict.DISPROVEN,
    ),
    ("eql", "none", 'any where A : ("*\\\\net.exe", "*\\\\net1.exe")', Verdict.PROVEN),
    ("eql", "none", "any where A :", Verdict.DISPROVEN),
]


@pytest.mark.parametrize(("target", "model", "query", "verdict"), WRONG)
def test_a_query_is_judged(target: str, model: str, query: str, verdict: Verdict) -> None:
    options = Options((target,), models=(model,), allow_approximate=True)
    rule = RULE + r"{s: {A|endswith: ['\net.exe', '\net1.exe']}, condition: s}"
    (conversion,) = convert_source(Source(rule, "r.yml"), options)
    assert audit(conversion, query, options).verdict is verdict


def test_what_a_query_adds_is_seen_in_its_own_events() -> None:
    options = Options(("eql",), allow_approximate=True)
    text = r"{s: {Image|endswith: '\net.exe'}, condition: s}"
    (conversion,) = convert_source(Source(RULE + text, "r.yml"), options)
    assert conversion.query is not None
    wider = conversion.query.replace('"net.exe"', '("net.exe", "netsh.exe")')
    assert wider != conversion.query
    proof = audit(conversion, wider, options)
    assert proof.verdict is Verdict.DISPROVEN
    assert proof.counterexample is not None
    assert "netsh.exe" in json.dumps(proof.counterexample.to_dict())


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule, query, folder = tmp_path / "r.yml", tmp_path / "other.spl", tmp_path / "queries"
    rule.write_text(RULE + "{s: {A: x}, condition: s}")
    query.write_text("A=x")
    folder.mkdir()
    (folder / "r.kql").write_text('Events | where A == "x"')
    assert main(["verify", str(rule), "--query", str(query), "-m", "none", "-q"]) == Exit.FINE
    assert main(["verify", str(rule), "--queries", str(folder), "-m", "none", "-q"]) == Exit.FINDINGS
    capsys.readouterr()
    other = tmp_path / "o.eql"
    other.write_text('any where A : "y"')
    assert main(["diff", str(rule), str(other), "--source-model", "none", "-f", "json"]) == Exit.FINDINGS
    (row,) = json.loads(capsys.readouterr().out)
    assert row["relation"] == "different"
    assert main(["diff", str(rule), str(rule)]) == Exit.FINE
    assert main(["verify", str(rule), "--query", str(tmp_path / "none.spl")]) == Exit.USAGE_ERROR
    (tmp_path / "q.txt").write_bytes(b"")
    assert main(["verify", str(rule), "--query", str(tmp_path / "q.txt")]) == Exit.USAGE_ERROR


CONF = "\ufeff[Some rule]\r\n# by hand\r\nsearch = A=x\r\n[another]\r\nsearch = A=y\r\n"


def test_queries_of_a_platforms_rule_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule, conf = tmp_path / "r.yml", tmp_path / "savedsearches.conf"
    rule.write_text(RULE.replace("title: t", "title: Some rule") + "{s: {A: x}, condition: s}")
    conf.write_text(CONF, newline="")
    (tmp_path / "deployed").mkdir()
    (tmp_path / "deployed" / "all.conf").write_text(CONF.replace("A=x", "A=z"), newline="")
    command = ["verify", str(rule), "-m", "none", "-q"]
    assert main([*command, "--query", str(conf)]) == Exit.FINE
    assert main([*command, "--queries", str(conf)]) == Exit.FINE
    assert main([*command, "--queries", str(tmp_path / "deployed")]) == Exit.FINDINGS
    conf.write_text(CONF.replace("Some rule", "else"))
    capsys.readouterr()
    assert main([*command, "--query", str(conf)]) == Exit.USAGE_ERROR
    assert "none of them with the id or title of the rule" in capsys.readouterr().err


def test_queries_of_another_converter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sigma.backends.splunk")
    rule = tmp_path / "r.yml"
    rule.write_text(RULE + "{s: {A|endswith: net.exe}, condition: s}")
    assert main(["verify", str(rule), "--backend", "splunk", "-f", "json"]) == Exit.FINE
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["verdict"], row["query"]) == ("proven", 'A="*net.exe"')
    rule.write_text(RULE + "{s: {A|neq: x, B|fieldref|cased: C}, condition: s}")
    main(["verify", str(rule), "--backend", "splunk", "-f", "json"])
    (row,) = json.loads(capsys.readouterr().out)
    assert row["verdict"] == "refused"
    assert row["reason"].startswith("the backend splunk has no query: ")
    assert main(["verify", str(rule), "--backend", "nope"]) == Exit.USAGE_ERROR


def test_macros_and_indexes_of_deployed_searches(tmp_path: Path) -> None:
    rule, conf, macros = tmp_path / "rules" / "r.yml", tmp_path / "app" / "savedsearches.conf", tmp_path / "other.conf"
    rule.parent.mkdir()
    conf.parent.mkdir()
    rule.write_text(RULE.replace("title: t", "title: Some rule") + "{s: {A: x}, condition: s}")
    conf.write_text(CONF.replace("A=x", "`transpile_index_windows` A=x"), newline="")
    macros.write_text("[transpile_index_windows]\ndefinition = (index=wineventlog OR index=main)\n")
    command = ["verify", str(rule), "-m", "none", "-q", "--strict", "--query", str(conf)]
    assert main(command) == Exit.FINDINGS
    assert main([*command, "--macros", str(macros)]) == Exit.FINE
    (conf.parent / "macros.conf").write_text(macros.read_text())
    assert main(command) == Exit.FINE
    conf.write_text(conf.read_text().replace("A=x", "A=z"))
    assert main(command) == Exit.FINDINGS


def test_a_projects_data_models_are_for_their_own_languages(tmp_path: Path) -> None:
    rule, query = tmp_path / "r.yml", tmp_path / "q.spl"
    rule.write_text(RULE + "{s: {CommandLine: x}, condition: s}")
    options = Options(("kql", "spl"), models=("sentinel", "windows-xml"))
    file = RuleFile(str(rule), rule.name)
    made = {one.target: one.query for one in convert_source(Source(rule.read_text(), str(rule)), options)}
    given = [Given(file, target, str(text), str(query)) for target, text in made.items()]
    assert [proof.verdict for proofs in audit_files(given, options) for proof in proofs] == [Verdict.PROVEN] * 2
