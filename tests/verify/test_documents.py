"""Documents that platforms made, asked by small rules: what counts as found, missed and wrong."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from transpile.conversion import Options
from transpile.dialects.sigma.read import read
from transpile.ir.stream import LogSource
from transpile.source import Source
from transpile.verify.documents import Answer, DocumentError, DocumentResult, ask, count_uses, read_documents, sum_up

PROCESS = LogSource(category="process_creation", product="windows")
DOCUMENT = {
    "id": "one",
    "logs": ["windows/process_creation/-"],
    "raw": {"Image": r"C:\Tools\a*b.exe", "ProcessId": 7, "CommandLine": "run me\\", "User": r"D\u"},
    "soft": ["User"],
    "doc": {
        "event.category": ["process"],
        "event.type": ["start"],
        "host.os.type": "windows",
        "process.executable": r"C:\Tools\a*b.exe",
        "process.name": "a*b.exe",
        "process.pid": 7,
        "process.command_line": "run me\\",
    },
}
ECS = Options(("eql",), models=("ecs",))


def answers(tmp_path: Path, document: object = DOCUMENT) -> list[Answer]:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return [answer for one in read_documents(path) for answer in ask(one, ECS)]


def test_a_stored_event_is_found_by_each_field_and_by_no_altered_value(tmp_path: Path) -> None:
    found = answers(tmp_path)
    assert {one.found for one in found} == {DocumentResult.RIGHT}
    asked = Counter(one.field for one in found)
    assert asked["Image"] > 6, "a path is asked whole, in another case, by its parts, and altered"
    assert asked["ProcessId"] == 2
    assert "User" not in asked, "the value of a soft field is doubtful"


def test_what_is_stored_elsewhere_is_missed(tmp_path: Path) -> None:
    stored = {**DOCUMENT["doc"], "process.command_line": "other"}  # type: ignore[dict-item]
    found = answers(tmp_path, {**DOCUMENT, "doc": stored})
    assert {one.found for one in found if one.field == "CommandLine"} == {DocumentResult.MISSED, DocumentResult.RIGHT}
    share = sum_up(found)
    assert (share.wrong, share.refused) == (0, 0)
    assert 0 < share.found < 1


def test_a_value_that_the_event_has_not_is_wrong_to_find(tmp_path: Path) -> None:
    stored = {**DOCUMENT["doc"], "process.pid": [7, 8]}  # type: ignore[dict-item]
    found = answers(tmp_path, {**DOCUMENT, "doc": stored})
    assert [one.test for one in found if one.found is DocumentResult.WRONG] == ["altered"]
    assert sum_up(found).wrong == 1


def test_answers_weigh_as_many_rules_as_ask_the_field(tmp_path: Path) -> None:
    text = """
title: Two fields
logsource: {category: process_creation, product: windows}
detection:
  selection: {Image: a, CommandLine|fieldref: Image}
  condition: selection
"""
    rule = read(Source(text))[0].rule
    assert rule is not None
    uses = count_uses([rule, rule])
    assert uses == {(PROCESS, "Image"): 2, (PROCESS, "CommandLine"): 2}
    path = tmp_path / "one.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    (document,) = read_documents(path)
    found = list(ask(document, ECS, uses))
    assert {one.field for one in found} == {"Image", "CommandLine"}
    assert {one.rules for one in found} == {2}


def test_a_field_may_be_called_otherwise_in_one_log_source(tmp_path: Path) -> None:
    document = {**DOCUMENT, "raw": {}, "raw_for": {"windows/process_creation/-": {"ProcessId": 7}}}
    assert {one.field for one in answers(tmp_path, document)} == {"ProcessId"}


@pytest.mark.parametrize("text", ["{", "[1]", '{"raw": {}}'])
def test_a_file_without_documents_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError, match=r"bad\.json"):
        list(read_documents(path))
