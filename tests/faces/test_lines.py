"""A session over JSON lines answers every line, in order, whatever it holds."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from transpile.conversion import convert
from transpile.faces.lines import answer, serve

RULE = """\
title: Whoami
logsource: {product: windows, category: process_creation}
detection:
  selection: {Image|endswith: '\\whoami.exe'}
  condition: selection
"""


def ask(**question: Any) -> dict[str, Any]:
    return answer(json.dumps(question))


def test_it_converts_as_the_library_does() -> None:
    found = ask(id=7, method="convert", rule=RULE, to=["kql", "spl"], path="a.yml")
    assert found["id"] == 7
    rows = found["result"]["conversions"]
    assert [row["target"] for row in rows] == ["kql", "spl"]
    assert rows[0]["query"] == convert(RULE, write="kql").query
    assert {row["path"] for row in rows} == {"a.yml"}
    (row,) = ask(method="convert", rule=RULE, to=["eql"], models=["none"])["result"]["conversions"]
    assert row["query"] == convert(RULE, write="eql", model="none").query


def test_it_explains_checks_and_verifies() -> None:
    (rule,) = ask(method="explain", rule=RULE, to=["kql"])["result"]["rules"]
    assert rule["title"] == "Whoami"
    codes = {one["code"] for one in ask(method="check", rule=RULE, to=["kql"])["result"]["findings"]}
    assert any(code.startswith("LNT") for code in codes)
    (proof,) = ask(method="verify", rule=RULE, to=["kql"], models=["none"])["result"]["proofs"]
    assert proof["verdict"] == "proven"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Expecting"),
        ("[]", "a JSON object"),
        ('{"method": "convret"}', "unknown method 'convret'; expected one of convert"),
        ('{"method": "convert"}', "text of a rule"),
        ('{"method": "convert", "rule": "title: x", "too": []}', "unknown key 'too'"),
        ('{"method": "convert", "rule": "title: x", "to": "kql"}', "`to` must be"),
        ('{"method": "convert", "rule": "title: x", "to": [1]}', "`to` must be"),
        ('{"method": "convert", "rule": "title: x", "to": ["kqll"]}', "did you mean 'kql'?"),
        ('{"method": "convert", "rule": "title: x", "to": ["kql"], "models": ["nosuch"]}', "nosuch"),
    ],
)
def test_what_cannot_be_meant_is_said(line: str, said: str) -> None:
    found = answer(line)
    assert said in found["error"]
    assert "result" not in found


def test_every_line_has_its_answer() -> None:
    question = json.dumps({"id": "a", "method": "convert", "rule": RULE, "to": ["kql"]})
    found = [json.loads(line) for line in serve([question, "\n", "nonsense\n", question])]
    assert [one["id"] for one in found] == ["a", None, "a"]
    assert found[0] == found[2]


def test_the_command_answers_line_by_line() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "transpile", "serve", "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(2):
            process.stdin.write(json.dumps({"id": number, "method": "convert", "rule": RULE, "to": ["kql"]}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(20) == 0
