"""Queries on a user's own documents: each agrees with its rule, or is named with the document on which it does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from transpile.batch.find import find
from transpile.cli.main import main
from transpile.conversion import Options
from transpile.matching.logs import Broken
from transpile.verify import Proof, Verdict
from transpile.verify.exported import ExportedDocument, judge_files, read_export
from transpile.verify.proof import NONE_MATCHES, Counterexample

RULE = """\
title: A
logsource: {product: windows, category: process_creation}
detection:
  s: {Image|endswith: '\\certutil.exe', CommandLine|contains: 'a&b'}
  filter: {User: 'D\\x'}
  condition: s and not filter
"""

PROCESS = {
    "host": {"os": {"type": "windows"}},
    "event": {"category": ["process"], "type": ["start"], "code": "1"},
    "winlog": {"channel": "Microsoft-Windows-Sysmon/Operational", "event_id": "1"},
    "process": {
        "executable": "C:\\T\\CertUtil.exe",
        "name": "CertUtil.exe",
        "command_line": "certutil a&b",
    },
    "user": {"domain": "D", "name": "y"},
}
OTHER = {**PROCESS, "user": {"domain": "D", "name": "x"}}
ADD_ON = {
    "source": "XmlWinEventLog:Microsoft-Windows-Sysmon/Operational",
    "EventCode": "1",
    "Image": "C:\\T\\CertUtil.exe",
    "CommandLine": "certutil a&amp;b",
    "User": "D\\y",
}


def proofs(tmp_path: Path, documents: Sequence[Any], rule: str = RULE, **options: Any) -> list[Proof]:
    (tmp_path / "rule.yml").write_text(rule)
    export = tmp_path / "export.ndjson"
    export.write_text("".join(json.dumps(one) + "\n" for one in documents))
    found = list(read_export([str(export)]))
    assert all(isinstance(one, ExportedDocument) for one in found)
    kept = [one for one in found if isinstance(one, ExportedDocument)]
    files = find([str(tmp_path / "rule.yml")])
    return [proof for some in judge_files(files, Options(**options), kept) for proof in some]


@pytest.mark.parametrize("target", ["eql", "esql", "lucene"])
@pytest.mark.parametrize("around", [lambda one: one, lambda one: {"_index": "i", "_source": one}])
def test_a_query_agrees_with_its_rule(tmp_path: Path, target: str, around: Any) -> None:
    (proof,) = proofs(tmp_path, [around(PROCESS), around(OTHER)], targets=(target,))
    assert (proof.verdict, proof.events, proof.matching) == (Verdict.PROVEN, 2, 1), proof


def test_what_splunk_exports_is_read_back_from_its_spelling_in_xml(tmp_path: Path) -> None:
    (proof,) = proofs(tmp_path, [{"preview": False, "result": ADD_ON}], targets=("spl",))
    assert (proof.verdict, proof.matching) == (Verdict.PROVEN, 1), proof


def test_each_table_of_a_union_is_read_by_its_own_columns(tmp_path: Path) -> None:
    row = {
        "TimeGenerated": "2026-01-01T00:00:00Z",
        "Type": "SecurityEvent",
        "EventID": 4688,
        "NewProcessName": "C:\\T\\certutil.exe",
        "CommandLine": "a&b",
        "SubjectDomainName": "D",
        "SubjectUserName": "y",
    }
    rule = RULE.replace("  filter: {User: 'D\\x'}\n", "").replace("s and not filter", "s")
    (proof,) = proofs(tmp_path, [row], rule, targets=("kql",))
    assert (proof.verdict, proof.matching) == (Verdict.PROVEN, 1), proof


def test_an_event_of_the_log_source_that_the_query_cannot_see_is_named(tmp_path: Path) -> None:
    without = {name: value for name, value in PROCESS.items() if name != "host"}
    (proof,) = proofs(tmp_path, [OTHER, without], targets=("eql",))
    assert proof.verdict is Verdict.DISPROVEN
    assert isinstance(proof.counterexample, Counterexample)
    assert proof.counterexample.document.endswith("export.ndjson:2")
    assert proof.counterexample.event["Image"] == "C:\\T\\CertUtil.exe"
    assert proof.to_dict()["counterexample"]["rule_matches"] is True


def test_what_no_document_tells_is_not_proven(tmp_path: Path) -> None:
    (proof,) = proofs(tmp_path, [OTHER], targets=("eql",))
    assert (proof.verdict, proof.reason) == (Verdict.UNPROVEN, NONE_MATCHES)
    keywords = "title: K\nlogsource: {product: linux, service: auth}\ndetection:\n  k: [abc]\n  condition: k\n"
    (proof,) = proofs(tmp_path, [ADD_ON], keywords, targets=("spl",))
    assert proof.verdict is Verdict.UNPROVEN and "words" in proof.reason


def test_the_command_names_the_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    export = tmp_path / "export.ndjson"
    export.write_text(json.dumps({**PROCESS, "host": {}}) + "\nnonsense\n")
    command = ["verify", str(tmp_path / "rule.yml"), "--to", "eql", "--documents", str(export)]
    assert main(command) == 1
    told = capsys.readouterr()
    assert f"document: {export}:1" in told.out
    assert f"{export}:2: " in told.err
    assert any(isinstance(one, Broken) for one in read_export([str(export)]))
